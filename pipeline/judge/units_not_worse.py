"""Pods instead of requests, for the promotion: the shares of bad requests of the canary's pods are not larger."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from .mixture import evidence, total_log
from .samples import Unit
from .two_sample import Tally, bet, tally
from .units import REMEMBERED

STAKES = (0.1, 0.3, 0.6, 0.9)  # parts of the largest bet
ROOM = 4.0  # a share counts up to this many margins, or this many standard deviations over what is expected


@dataclass(frozen=True, slots=True)
class UnitsNotWorse:
    """
    Evidence against "a canary pod's share of bad requests is higher by `margin` or more".

    Null: mean_C ≥ mean_B + Δ in every window, of shares cut off at a cap that is fixed before the window is seen: one
    pod that fails altogether says that one pod failed, not that a thousand requests did. y = min(share, cap)/cap and

        the bet of `two_sample` with r₀ = 1, δ = Δ/cap, t_B = stable's past mean, a_C = −stake/(1 − t_C)

    The evidence is the mean over `STAKES`. It needs more time than the request path, as a pod says less than its
    requests would if they were independent: about 10 units of the canary.
    """

    margin: float
    logs: tuple[float, ...] = (0.0,) * len(STAKES)
    past: tuple[float, ...] = ()  # stable's shares

    def after(self, canary: Sequence[Unit], stable: Sequence[Unit]) -> "UnitsNotWorse":
        """The evidence once the units of one window are seen as well. The first stable units only set the scale."""
        past = (*self.past, *[unit.share for unit in stable])[-REMEMBERED:]
        if not canary or not stable or not self.past or not self.margin:  # without a margin nothing can be refuted
            return UnitsNotWorse(self.margin, self.logs, past)
        cap = self._cap(min(unit.requests for unit in (*canary, *stable)))
        t_b = min(max(sum([min(share, cap) for share in self.past]) / len(self.past) / cap, 1e-4), 0.7)
        delta, ratio = self.margin / cap, len(canary) / len(stable)
        low, high = _scaled(canary, cap), _scaled(stable, cap)
        bets = [bet(-stake / (1 - t_b - delta), t_b, ratio, delta) for stake in STAKES]
        logs = [so_far + one.measured(low, high) for one, so_far in zip(bets, self.logs, strict=True)]
        return UnitsNotWorse(self.margin, tuple(logs), past)

    def _cap(self, smallest: int) -> float:
        expected = sum(self.past) / len(self.past) + self.margin
        return max(ROOM * self.margin, expected + ROOM * sqrt(expected / smallest))

    @property
    def log_value(self) -> float:
        """ln of the evidence now."""
        return total_log(self.logs) - log(len(self.logs))

    @property
    def value(self) -> float:
        """The evidence now: promote when it reaches 1/β."""
        return evidence(self.log_value)


def _scaled(units: Sequence[Unit], cap: float) -> Tally:
    return tally(min(unit.share, cap) / cap for unit in units)
