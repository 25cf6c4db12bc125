"""A canary without a baseline, as a new endpoint has none: judged against the rate that was promised for it."""

from dataclasses import dataclass
from math import log, log1p

from .counts import Window
from .harm import RATIOS
from .mixture import HORIZON, Mixture, evidence, total_log

KEPT = (0.05, 0.3, 0.6)  # which part of the promised rate the canary may really use up


@dataclass(frozen=True, slots=True)
class OverPromise:
    """
    Evidence that the canary fails more often than `promised` (one-sample e-process).

    Null: rate_C ≤ s in every window. e(r) = r^k·((1 − r·s)/(1 − s))^(n − k), the likelihood ratio of a rate r·s against
    s, monotone in k. Ratios that would be no rate are left out. Nobody is compared with, so an outage of something the
    canary uses counts against it.
    """

    promised: float
    mixture: Mixture
    ratios: tuple[float, ...]

    @classmethod
    def begin(cls, promised: float, horizon: float = HORIZON) -> "OverPromise":
        """No evidence yet; 0 < promised < 1."""
        ratios = tuple(ratio for ratio in RATIOS if ratio * promised < 1) or ((1 + 1 / promised) / 2,)
        return cls(promised, Mixture.begin(len(ratios), horizon), ratios)

    def after(self, window: Window) -> "OverPromise":
        """The evidence once `window` is seen as well. Stable's counts are not looked at."""
        gains = [_gain(window.n_c, window.k_c, ratio * self.promised, self.promised) for ratio in self.ratios]
        return OverPromise(self.promised, self.mixture.due().after(gains, window.seconds), self.ratios)

    @property
    def most(self) -> float:
        """The highest evidence so far."""
        return self.mixture.most


@dataclass(frozen=True, slots=True)
class WithinPromise:
    """
    Evidence that the canary fails less often than `promised`: lets it go on at 1/β.

    Null: rate_C ≥ s in every window. The likelihood ratios of f·s against s, f in `KEPT`, as a mean.
    """

    promised: float
    logs: tuple[float, ...] = (0.0,) * len(KEPT)

    def after(self, window: Window) -> "WithinPromise":
        """The evidence once `window` is seen as well."""
        s, n, k = self.promised, window.n_c, window.k_c
        logs = [so_far + _gain(n, k, part * s, s) for part, so_far in zip(KEPT, self.logs, strict=True)]
        return WithinPromise(s, tuple(logs))

    @property
    def value(self) -> float:
        """The evidence now."""
        return evidence(total_log(self.logs) - log(len(self.logs)))


def _gain(n: int, k: int, rate: float, against: float) -> float:
    return k * log(rate / against) + (n - k) * (log1p(-rate) - log1p(-against))
