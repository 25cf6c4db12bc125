"""The version of the shop, when whoever runs it does not say otherwise."""

VERSION = "1.0.0"
