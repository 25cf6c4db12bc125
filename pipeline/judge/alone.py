"""A canary without a baseline, as a first version has none: judged against the rate that was promised for it."""

from dataclasses import dataclass, replace
from math import log, log1p

from .counts import Window
from .harm import RATIOS, Harm
from .mixture import HORIZON, Mixed, Mixture, evidence, total_log
from .waits import divergence

KEPT = (0.05, 0.3, 0.6)  # which part of the promised rate the canary may really use up
_HIGHEST = 0.999


@dataclass(frozen=True, slots=True)
class OverPromise(Mixed):
    """
    Evidence that the canary fails more often than `promised` (one-sample e-process).

    Null: rate_C ≤ s in every window. e(r) = r^k·((1 − r·s)/(1 − s))^(n − k), the likelihood ratio of a rate r·s against
    s, monotone in k. Ratios that would be no rate are left out. Nobody is compared with, so an outage of something the
    canary uses counts against it.
    """

    promised: float
    ratios: tuple[float, ...]

    @classmethod
    def begin(cls, promised: float, horizon: float = HORIZON) -> "OverPromise":
        """No evidence yet; 0 < promised < 1."""
        ratios = tuple(ratio for ratio in RATIOS if ratio * promised < 1) or ((1 + 1 / promised) / 2,)
        return cls(Mixture.begin(len(ratios), horizon), promised, ratios)

    def after(self, window: Window) -> "OverPromise":
        """The evidence once `window` is seen as well. Stable's counts are not looked at."""
        gains = [_gain(window.n_c, window.k_c, ratio * self.promised, self.promised) for ratio in self.ratios]
        return replace(self, mixture=self.mixture.due().after(gains, window.seconds))


@dataclass(frozen=True, slots=True)
class HarmOrPromise:
    """
    Evidence for harm where stable may have no requests: compared with it in windows in which it has some, held against
    the promise in the others.

    Null: rate_C ≤ rate_B in the former and rate_C ≤ s in the latter. Which a window is follows from its traffic alone,
    and only one of the two moves in it: so the product of both is a supermartingale, as each of them is.
    """

    compared: Harm
    alone: OverPromise
    peak: float = 0.0  # ln of the highest evidence so far

    @classmethod
    def begin(cls, promised: float, horizon: float = HORIZON, tolerance: float = 1.0) -> "HarmOrPromise":
        """No evidence yet."""
        return cls(Harm.begin(horizon, tolerance=tolerance), OverPromise.begin(promised, horizon))

    def after(self, window: Window) -> "HarmOrPromise":
        """The evidence once `window` is seen as well."""
        moved = (
            replace(self, compared=self.compared.after(window))
            if window.n_b
            else replace(self, alone=self.alone.after(window))
        )
        return replace(moved, peak=max(self.peak, moved.log_value))

    @property
    def log_value(self) -> float:
        """ln of the evidence now."""
        return self.compared.log_value + self.alone.log_value

    @property
    def value(self) -> float:
        """The evidence now."""
        return evidence(self.log_value)

    @property
    def most(self) -> float:
        """The highest evidence so far: harm is found when it reaches 1/α."""
        return evidence(self.peak)


@dataclass(frozen=True, slots=True)
class WithinPromise:
    """
    Evidence that the canary fails less often than `promised` and `margin` together: lets it go on at 1/β.

    Null: rate_C ≥ s + Δ in every window. The likelihood ratios of f·(s + Δ) against s + Δ, f in `KEPT`, as a mean. So a
    version that fails just as often as it may is shown to be fit where the margin leaves room for that.
    """

    promised: float
    margin: float = 0.0
    logs: tuple[float, ...] = (0.0,) * len(KEPT)

    @property
    def bound(self) -> float:
        """The rate that is refuted."""
        return min(self.promised + self.margin, _HIGHEST)

    def after(self, window: Window) -> "WithinPromise":
        """The evidence once `window` is seen as well."""
        s, n, k = self.bound, window.n_c, window.k_c
        logs = [so_far + _gain(n, k, part * s, s) for part, so_far in zip(KEPT, self.logs, strict=True)]
        return replace(self, logs=tuple(logs))

    def wait(self, nats: float, requests: float, rate: float) -> float | None:
        """
        Seconds until `nats` more evidence is there, at so many `requests` a second of which `rate` go bad. None: never.

        The best of the bets gains KL(rate || bound) − KL(rate || f·bound) nats with each request.
        """
        bound = self.bound
        speed = requests * max(divergence(rate, bound) - divergence(rate, part * bound) for part in KEPT)
        return max(0.0, nats) / speed if speed > 0 else None

    @property
    def log_value(self) -> float:
        """ln of the evidence now."""
        return total_log(self.logs) - log(len(self.logs))

    @property
    def value(self) -> float:
        """The evidence now."""
        return evidence(self.log_value)


def _gain(n: int, k: int, rate: float, against: float) -> float:
    return k * log(rate / against) + (n - k) * (log1p(-rate) - log1p(-against))
