"""How many bad requests a smaller sample of a pod's requests would have held: makes pods of unequal size comparable."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma

_NEGLIGIBLE = 1e-17


@dataclass(frozen=True, slots=True)
class Unit:
    """What one pod did in one window: requests, and how many of them went bad."""

    requests: int
    bad: int

    @property
    def share(self) -> float:
        """Bad requests per request; it had at least one."""
        return self.bad / self.requests


@lru_cache(maxsize=50_000)  # the units of the past are asked again in each window
def beyond(unit: Unit, size: int, cut: int) -> float:
    """
    The chance that `size` requests drawn from the unit, none twice, hold more than `cut` bad ones.

    A unit that has no more than `size` is taken as it is, in proportion: fair for one of exactly `size`, good enough
    to look back with for a smaller one. (Hypergeometric tail, added up from `cut` downward.)

    >>> [round(beyond(Unit(4, 2), 2, cut), 9) for cut in (0, 1, 2)]
    [0.833333333, 0.166666667, 0.0]
    """
    n, k = unit.requests, unit.bad
    if n <= size:
        return float(k * size > cut * n)
    if k <= cut:
        return 0.0
    top = min(cut, size)
    bottom = max(0, size - (n - k))
    if top < bottom:
        return 1.0
    term = exp(_log_comb(k, top) + _log_comb(n - k, size - top) - _log_comb(n, size))
    below, drawn = 0.0, top
    while True:
        below += term
        step = drawn * (n - k - size + drawn) / ((k - drawn + 1) * (size - drawn + 1))
        term *= step
        drawn -= 1
        if drawn < bottom or (step < 1 and term <= _NEGLIGIBLE * below):
            return max(0.0, 1.0 - below)


def _log_comb(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def common_size(canary: Sequence[Unit], stable: Sequence[Unit]) -> int:
    """
    The size all units are brought to: the smallest that is no straggler of its arm (less than half of the median).

    Smaller ones are left out. That depends on the traffic alone, never on what went bad. It is rounded down to a few
    digits, so that the same sizes come again.

    >>> common_size([Unit(1_427, 0)], [Unit(1_533, 0)]), common_size([Unit(27, 0)], [Unit(30, 0)])
    (1408, 27)
    """
    size = min(_smallest(sorted(unit.requests for unit in arm)) for arm in (canary, stable))
    places = max(0, size.bit_length() - 5)
    return size >> places << places


def _smallest(sizes: list[int]) -> int:
    return next(size for size in sizes if 2 * size >= sizes[len(sizes) // 2])
