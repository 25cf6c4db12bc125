"""The general comparison of two arms with a margin, for any outcomes between 0 and 1."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log1p

from .counts import Window

Tally = Sequence[tuple[float, int]]

_ALMOST = 1 - 1e-9  # a bet that could lose everything is made a little smaller


@dataclass(frozen=True, slots=True)
class Bet:
    """
    A bet on both arms of one window; each outcome y multiplies the evidence by 1 + a·(y − t).

    Null: mean_C ≤ r₀·mean_B + δ (≥ if a_C ≤ 0). With

        t_C = r₀·t_B + δ,    n_C·a_C·r₀ + n_B·a_B = 0,    all factors ≥ 0

    Proof. ln E ≤ n_C·a_C·(µ_C − t_C) + n_B·a_B·(µ_B − t_B), since ln(1 + x) ≤ x. On the null this is at most
    (n_C·a_C·r₀ + n_B·a_B)·(µ_B − t_B) = 0. So E ≤ 1 whatever t_B and a_C are, as long as they follow from the past:
    a poor choice costs time, never validity. Outcomes must be independent given the window's means; the means may
    drift. With single requests and a_C = (p − t_C)/(t_C·(1 − t_C)) it is the e-variable of Turner, Ly & Grünwald 2024,
    with margins Turner & Grünwald 2023.
    """

    t_c: float
    t_b: float
    a_c: float
    a_b: float

    def counted(self, window: Window) -> float:
        """ln of the factor of single requests that went bad (1) or not (0)."""
        n_c, k_c, n_b, k_b = window.n_c, window.k_c, window.n_b, window.k_b
        gain = (n_c - k_c) * log1p(-self.a_c * self.t_c) + (n_b - k_b) * log1p(-self.a_b * self.t_b)
        if k_c or k_b:
            gain += k_c * log1p(self.a_c * (1 - self.t_c)) + k_b * log1p(self.a_b * (1 - self.t_b))
        return gain

    def measured(self, canary: Tally, stable: Tally) -> float:
        """ln of the factor of outcomes anywhere between 0 and 1."""
        of_canary = sum([number * log1p(self.a_c * (y - self.t_c)) for y, number in canary])
        return of_canary + sum([number * log1p(self.a_b * (y - self.t_b)) for y, number in stable])


def tally(values: Iterable[float]) -> Tally:
    """Each value with how often it is there, in the order of values: most are 0 or 1."""
    return sorted(Counter(values).items())


def bet(a_c: float, t_b: float, ratio: float, delta: float = 0.0, r0: float = 1.0) -> Bet:
    """The bet with these, made smaller if a factor could be negative. `ratio` = n_C/n_B, 0 < t_B, t_C < 1."""
    t_c = r0 * t_b + delta
    a_c *= min(_bearable(a_c, t_c), _bearable(-a_c * ratio * r0, t_b))
    return Bet(t_c, t_b, a_c, -ratio * r0 * a_c)


def _bearable(a: float, t: float) -> float:
    """How much of `a` may be bet so that no outcome has a negative factor."""
    worst = a * t if a > 0 else -a * (1 - t)
    return min(1.0, _ALMOST / worst) if worst else 1.0
