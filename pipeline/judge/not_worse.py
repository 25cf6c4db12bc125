"""Is it shown that the canary is not worse than stable by a margin? What a promotion waits for."""

from dataclasses import dataclass
from math import log, sqrt

from .counts import Window
from .mixture import evidence, total_log
from .two_sample import bet

SHARES = (0.0, 0.2, 0.45)  # how much of the margin the canary may really use up
OUTAGE = 0.5  # where more is expected to fail, an outage hides how the arms differ
_LOWEST_RATE = 1e-6


def within(rate: float, margin: float) -> float:
    """`rate` as something to bet on: above 0, and such that the canary can be worse by `margin`."""
    return min(max(rate, _LOWEST_RATE), 0.999 * (1 - margin))


def boundary(expected: float, canary: float, margin: float, ratio: float) -> float:
    """
    Stable's rate t at the point of the null "rate_C ≥ rate_B + margin" nearest to (`canary`, `expected`).

    `ratio` = n_C/n_B. It is the positive root of n_C·(canary − t − Δ)/(t + Δ) + n_B·(expected − t)/t = 0, the equation
    for rare events: a quadratic with a closed form, always between max(0, canary − Δ) and `expected`. Beside the exact
    projection for single requests (a cubic) its evidence grows ≥ 99.9 % as fast up to 2 % bad requests.
    """
    slope = ratio * (canary - margin) + expected - margin
    root = sqrt(slope * slope + 4 * (1 + ratio) * expected * margin)
    if slope > 0:  # the usual form; the other one would subtract two nearly equal numbers
        return (slope + root) / (2 * (1 + ratio))
    return 2 * expected * margin / (root - slope)


@dataclass(frozen=True, slots=True)
class NotWorse:
    """Evidence against "the canary is worse by `margin` or more" (non-inferiority).

    Null: rate_C ≥ rate_B + Δ in every window. With p = forecast, p₁ = p + f·Δ, t_B = boundary(p, p₁, …):

        the bet of `two_sample` with r₀ = 1, δ = Δ and a_C = (p₁ − t_C)/(t_C·(1 − t_C)) ≤ 0

    which is valid by its proof whatever was forecast. The stable factors stay positive by themselves, as
    1 − a_B·t_B = (1 − Δ − p)/(1 − t_C). The evidence is the mean over f in `SHARES`. For a rate that must not fall,
    swap the arms. Units: counts; margin is a fraction.
    """

    margin: float
    logs: tuple[float, ...] = (0.0,) * len(SHARES)

    def after(self, window: Window, rate: float) -> "NotWorse":
        """The evidence once `window` is seen as well; `rate` was forecast before it.

        While an outage is expected nothing is bet: a canary that is worse in good times could look as good as stable.
        """
        if not window.n_c or not window.n_b or rate > OUTAGE:
            return self
        ratio, expected = window.n_c / window.n_b, within(rate, self.margin)
        logs = []
        for share, so_far in zip(SHARES, self.logs, strict=True):
            canary = expected + share * self.margin
            t_b = boundary(expected, canary, self.margin, ratio)
            t_c = t_b + self.margin
            found = bet((canary - t_c) / (t_c * (1 - t_c)), t_b, ratio, self.margin)
            logs.append(so_far + found.counted(window))
        return NotWorse(self.margin, tuple(logs))

    @property
    def log_value(self) -> float:
        """ln of the evidence now."""
        return total_log(self.logs) - log(len(self.logs))

    @property
    def value(self) -> float:
        """The evidence now: promote when it reaches 1/β."""
        return evidence(self.log_value)
