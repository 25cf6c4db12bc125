"""Buyers for the shop: an open-loop load generator that counts every answer."""
