"""Expected evidence by adding up every outcome of both arms, each with its chance: exact, for small cases."""

from collections.abc import Callable
from itertools import product
from math import comb

from pipeline.judge.counts import Window

Evidence = Callable[[Window], float]
ROUNDING = 1 + 1e-9


def binomial(n: int, k: int, p: float) -> float:
    """The chance of k bad ones among n."""
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def mean(evidence: Evidence, sizes: tuple[int, int], rates: tuple[float, float], seconds: float = 5.0) -> float:
    """E[evidence(window)] for single requests that fail at these rates (canary, stable)."""
    (n_c, n_b), (p_c, p_b) = sizes, rates
    return sum(
        binomial(n_c, k_c, p_c) * binomial(n_b, k_b, p_b) * evidence(Window(seconds, n_c, k_c, n_b, k_b))
        for k_c, k_b in product(range(n_c + 1), range(n_b + 1))
    )


def mean_of_values(
    evidence: Callable[[tuple[float, ...], tuple[float, ...]], float],
    sizes: tuple[int, int],
    canary: dict[float, float],
    stable: dict[float, float],
) -> float:
    """E[evidence(values of canary, of stable)] for values with these chances, independent of each other."""
    total = 0.0
    for one in product(canary, repeat=sizes[0]):
        for other in product(stable, repeat=sizes[1]):
            total += _chance(one, canary) * _chance(other, stable) * evidence(one, other)
    return total


def _chance(values: tuple[float, ...], of: dict[float, float]) -> float:
    chance = 1.0
    for value in values:
        chance *= of[value]
    return chance


def no_higher(rates: tuple[float, ...]) -> list[tuple[float, float]]:
    """Every pair (canary, stable) in which the canary's rate is not above stable's: the whole null, not its edge."""
    return [(p_c, p_b) for p_c in rates for p_b in rates if p_c <= p_b]
