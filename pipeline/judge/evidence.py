"""Evidence for and against "the canary is worse", multiplied window by window (e-processes).

One may look as often as one likes: a process that starts at 1 and does not grow on average under its null hypothesis
reaches 1/α, ever, with probability at most α (Ville 1939). Nothing here knows a clock, a share or a cluster: only the
counts of both arms matter, so the share of the traffic may change at any time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, isclose, log, log1p, sqrt

RATIOS = (1.5, 2.5, 5.0, 12.0, 40.0, 150.0)  # how many times worse the canary may be
HEAD = 0.8  # start mass that bets from the first window on; the rest waits for harm that starts late
EPOCH = 30.0  # seconds between two releases of waiting mass
HORIZON = 1800.0  # seconds over which the waiting mass is released, unless told otherwise
SHARES = (0.0, 0.2, 0.45)  # how much of the margin the canary may really use up
HALF_LIFE = 60.0  # seconds after which what was seen weighs half in the forecast
OUTAGE = 0.5  # where more is expected to fail, an outage hides how the arms differ
_LOWEST_RATE, _LARGEST_LOG = 1e-6, 700.0


@dataclass(frozen=True, slots=True)
class Window:
    """Requests of canary (`n_c`) and stable (`n_b`) in `seconds`, and how many of them went bad (`k_c`, `k_b`).

    Whole numbers with 0 ≤ k ≤ n ≤ 2**53 in each arm.
    """

    seconds: float
    n_c: int
    k_c: int
    n_b: int
    k_b: int


NOTHING = Window(0.0, 0, 0, 0, 0)


def added(windows: Sequence[Window]) -> Window:
    """All windows seen as one."""
    return Window(
        sum(window.seconds for window in windows),
        sum(window.n_c for window in windows),
        sum(window.k_c for window in windows),
        sum(window.n_b for window in windows),
        sum(window.k_b for window in windows),
    )


def total_log(logs: Sequence[float]) -> float:
    """ln Σ exp(x), without overflow. At least one of them is finite."""
    top = max(logs)
    return top + log(sum([exp(value - top) for value in logs]))


def _log(mass: float) -> float:
    return log(mass) if mass > 0 else -inf


def evidence(log_value: float) -> float:
    """exp(x) as a finite number: nobody needs to tell 10^304 from more."""
    return exp(min(log_value, _LARGEST_LOG))


@dataclass(frozen=True, slots=True)
class Harm:
    """Evidence that the canary fails more often than stable (conditional binomial e-process).

    Null: rate_C ≤ r₀·rate_B in every window. With K = k_C + k_B bad requests in a window, the factor for ratio r is

        e(r) = (r/r₀)^k_C · ((n_C·r₀ + n_B) / (n_C·r + n_B))^K

    the likelihood ratio of Binomial(K, θ(r)) against Binomial(K, θ(r₀)), θ(r) = n_C·r/(n_C·r + n_B). Given K and the
    traffic, k_C is binomial for Poisson counts (Lindon & Malek 2022). For single requests and r₀ = 1 it is
    hypergeometric, which is below the binomial in convex order (Hoeffding 1963), and e is convex and increasing in k_C:
    so E[e] ≤ 1. The rate both arms share cancels: load, daily cycles and outages that hit both arms leave no trace.

    The evidence is a mean over ratios and start times: `HEAD` of the mass bets from the start, the rest every `EPOCH`
    seconds over a horizon declared beforehand. A mean of e-processes is one. Units: counts, seconds; evidence is
    a pure number, kept as logarithms.
    """

    logs: tuple[float, ...]  # ln of the mass that bets on each ratio
    ratios: tuple[float, ...] = RATIOS
    tolerance: float = 1.0  # r₀
    waiting: float = 1 - HEAD  # mass kept back at the start
    epochs: int = int(HORIZON / EPOCH)  # in how many parts it is released
    released: int = 0
    seconds: float = 0.0  # judged so far
    log_value: float = 0.0  # ln of the evidence now, what waits included
    peak: float = 0.0  # the highest log value so far: Ville's bound holds for it

    @classmethod
    def begin(
        cls,
        horizon: float = HORIZON,
        ratios: tuple[float, ...] = RATIOS,
        head: float = HEAD,
        tolerance: float = 1.0,
    ) -> "Harm":
        """No evidence yet. `horizon`: seconds this may have to judge, as far as one knows now."""
        logs = (log(head / len(ratios)),) * len(ratios)
        return cls(logs, ratios, tolerance, waiting=1 - head, epochs=max(1, round(horizon / EPOCH)))

    def after(self, window: Window) -> "Harm":
        """The evidence once `window` is seen as well."""
        n_c, k_c, n_b, bad = window.n_c, window.k_c, window.n_b, window.k_c + window.k_b
        ratios, tolerance, waiting, epochs = self.ratios, self.tolerance, self.waiting, self.epochs
        logs, log_value = self.logs, self.log_value
        due = min(int(self.seconds / EPOCH), epochs)
        if due > self.released:
            logs = self._with_mass(due - self.released)
        if bad and n_c and n_b:
            base = log(n_c * tolerance + n_b)
            logs = tuple(
                [
                    mass + k_c * log(ratio / tolerance) + bad * (base - log(n_c * ratio + n_b))
                    for mass, ratio in zip(logs, ratios, strict=True)
                ]
            )
            log_value = total_log((*logs, _log(waiting * (1 - due / epochs))))
        peak = max(self.peak, log_value)
        return Harm(logs, ratios, tolerance, waiting, epochs, due, self.seconds + window.seconds, log_value, peak)

    def _with_mass(self, parts: int) -> tuple[float, ...]:
        fresh = _log(self.waiting * parts / self.epochs / len(self.ratios))
        return tuple(total_log((mass, fresh)) for mass in self.logs)

    @property
    def value(self) -> float:
        """The evidence now."""
        return evidence(self.log_value)

    @property
    def most(self) -> float:
        """The highest evidence so far: harm is found when it reaches 1/α."""
        return evidence(self.peak)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The share of bad requests to expect next, from both arms: a moving average with half-life `HALF_LIFE` seconds.

    It looks at past windows only. A wrong forecast costs time, never validity.
    """

    bad: float = 0.0
    total: float = 0.0

    def after(self, window: Window) -> "Forecast":
        """The forecast once `window` is seen as well."""
        kept = 0.5 ** (window.seconds / HALF_LIFE)
        bad = self.bad * kept + window.k_c + window.k_b
        return Forecast(bad, self.total * kept + window.n_c + window.n_b)

    @property
    def rate(self) -> float:
        """Bad requests per request. Half a bad one in 50 is assumed before anything is seen."""
        return (self.bad + 0.5) / (self.total + 50)


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

    Null: rate_C ≥ rate_B + Δ in every window. Each request y (1 = bad) multiplies the evidence by 1 + a·(y − t), with

        t_B = boundary(…), t_C = t_B + Δ, a_C = (p₁ − t_C)/(t_C·(1 − t_C)) ≤ 0, a_B = −a_C·n_C/n_B

    p = forecast, p₁ = p + f·Δ. Proof: ln E ≤ n_C·a_C·(µ_C − t_C) + n_B·a_B·(µ_B − t_B) since ln(1 + x) ≤ x, and with
    µ_C ≥ µ_B + Δ, a_C ≤ 0 this is ≤ (n_C·a_C + n_B·a_B)·(µ_B − t_B) = 0. a_B follows from a_C, so the sum is 0
    whatever t_B is: rounding or a coarse boundary can cost time, never validity. The stable factors stay positive as
    1 − a_B·t_B = (1 − Δ − p)/(1 − t_C). After Turner, Ly & Grünwald 2024 and Turner & Grünwald 2023.

    The evidence is the mean over f in `SHARES`. Units: counts; margin is a fraction.
    """

    margin: float
    logs: tuple[float, ...] = (0.0,) * len(SHARES)

    def after(self, window: Window, rate: float) -> "NotWorse":
        """The evidence once `window` is seen as well; `rate` was forecast before it.

        While an outage is expected nothing is bet: a canary that is worse in good times could look as good as stable.
        """
        n_c, k_c, n_b, k_b, margin = window.n_c, window.k_c, window.n_b, window.k_b, self.margin
        if not n_c or not n_b or rate > OUTAGE:
            return self
        ratio, expected = n_c / n_b, within(rate, margin)
        logs = []
        for share, so_far in zip(SHARES, self.logs, strict=True):
            t_b = boundary(expected, canary := expected + share * margin, margin, ratio)
            t_c = t_b + margin
            bet_c = (canary - t_c) / (t_c * (1 - t_c))
            bet_b = -ratio * bet_c
            gain = so_far + (n_c - k_c) * log1p(-bet_c * t_c) + (n_b - k_b) * log1p(-bet_b * t_b)
            if k_c or k_b:
                gain += k_c * log1p(bet_c * (1 - t_c)) + k_b * log1p(bet_b * (1 - t_b))
            logs.append(gain)
        return NotWorse(margin, tuple(logs))

    @property
    def log_value(self) -> float:
        """ln of the evidence now."""
        return total_log(self.logs) - log(len(self.logs))

    @property
    def value(self) -> float:
        """The evidence now: promote when it reaches 1/β."""
        return evidence(self.log_value)


def combine(parts: Iterable[tuple[float, float]]) -> float:
    """Evidence of several metrics, each with its weight, as one: the weighted mean, valid under any dependence."""
    weighed = tuple(parts)
    if not isclose(sum(weight for weight, _ in weighed), 1.0):
        raise ValueError("the weights of the metrics must add up to 1")
    return sum(weight * value for weight, value in weighed)
