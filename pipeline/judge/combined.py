"""Evidence of several metrics as one, and which of them is the cause."""

from collections.abc import Iterable, Sequence
from math import isclose


def combine(parts: Iterable[tuple[float, float]]) -> float:
    """
    Evidence of several metrics, each with its weight, as one: the weighted mean.

    A mean of e-values is an e-value under any dependence (Vovk & Wang 2021), so the chance that *any* metric takes
    back a good release is at most α.
    """
    weighed = tuple(parts)
    if not isclose(sum(weight for weight, _ in weighed), 1.0):
        raise ValueError("the weights of the metrics must add up to 1")
    return sum(weight * value for weight, value in weighed)


def causes(parts: Sequence[tuple[str, float, float]], limit: float) -> tuple[str, ...]:
    """Of (name, weight, evidence): those that reach `limit` = 1/α by their own part, else the one with the most."""
    alone = tuple(name for name, weight, value in parts if weight * value >= limit)
    return alone or (max(parts, key=lambda part: part[1] * part[2])[0],)
