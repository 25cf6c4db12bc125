"""Drawings as values: pure functions from what is known to shapes, which one template writes as SVG."""
