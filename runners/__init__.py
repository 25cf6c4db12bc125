"""The hands: look at the world, make it so; decide nothing."""
