"""Shares of the traffic as the parts of a bar."""

from collections.abc import Iterable
from dataclasses import dataclass

LEAST = 1.5  # percent of the width: a share of 1 % must be seen


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar that is 100 wide."""

    x: float
    width: float
    cls: str


def bar(parts: Iterable[tuple[float, str]]) -> tuple[Part, ...]:
    """
    Pieces side by side; what is there at all is wide enough to be seen.

    >>> [(part.x, part.width) for part in bar([(75, "s"), (25, "a")])]
    [(0, 75), (75, 25)]
    """
    drawn: list[Part] = []
    at: float = 0
    for value, cls in parts:
        width = min(100 - at, max(value, LEAST) if value > 0 else 0)
        drawn.append(Part(at, width, cls))
        at += width
    return tuple(drawn)
