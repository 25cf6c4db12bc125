"""A sparkline: how a number went, without axes; its label says it in words."""

from collections.abc import Sequence

from .shapes import Drawing, Shape, dot, path

WIDTH, HEIGHT, EDGE = 88, 24, 2


def spark(values: Sequence[float], label: str) -> Drawing:
    """At least two values, oldest first; the last one has a dot."""
    low, high = min(values), max(values)
    span = high - low or 1.0
    step = (WIDTH - 2 * EDGE - 2) / (len(values) - 1)
    points = [(EDGE + at * step, 20 - (value - low) / span * 16) for at, value in enumerate(values)]
    shapes: tuple[Shape, ...] = (path(points, "sp"), dot(*points[-1], ""))
    return Drawing(WIDTH, HEIGHT, label, shapes, "spark")
