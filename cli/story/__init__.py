"""The parts of the demo: a shop's repository, its people, its buyers, and what was seen of its releases."""
