"""Is the canary slow more often than stable, by more than matters, and not just for a moment? For limits of latency.

A running service taught three things that independent requests do not. A fresh canary with a small share is slower by
nature, since fewer requests keep it warm. A process that stalls makes all requests of that moment slow. And almost
every request goes over a low limit now and then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

from .counts import NOTHING, Window
from .exceedance import ODDS, raised
from .forecast import Forecast
from .mixture import HORIZON, Mixed, Mixture

SLOW = 0.1  # only limits that at most this share of stable's requests goes over are looked at
SPAN = 5.0  # seconds that are one window here: about as long as a process stalls
CAP = log(4.0)  # no window multiplies a bet by more, so at least three of them decide


@dataclass(frozen=True, slots=True)
class Slowness(Mixed):
    """
    Evidence that more of the canary's requests go over a fixed limit, by more than `margin`.

    Null: P(over)_C ≤ P(over)_B + margin in every window. The bets are those of `raised` with δ = margin, each factor
    cut off at `CAP`: min(e, cap) ≤ e, so E ≤ 1 holds as before, and one moment alone convinces nobody. Whether a limit
    is looked at follows from stable's past windows, how long a window is from the clock, never from what they show.
    """

    margin: float
    forecast: Forecast = Forecast()  # of both arms, as the bets have it
    stable: Forecast = Forecast()
    held: Window = NOTHING

    @classmethod
    def begin(cls, margin: float, horizon: float = HORIZON) -> "Slowness":
        """No evidence yet."""
        return cls(Mixture.begin(len(ODDS), horizon), margin)

    def after(self, window: Window) -> "Slowness":
        """The evidence once `window` is seen as well."""
        whole = self.held + window
        if whole.seconds < SPAN:
            return replace(self, held=whole)
        alone = Window(whole.seconds, 0, 0, whole.n_b, whole.k_b)
        return Slowness(
            self.mixture.due().after(self._gains(whole), whole.seconds),
            self.margin,
            self.forecast.after(whole),
            self.stable.after(alone),
        )

    def _gains(self, window: Window) -> Sequence[float] | None:
        if not window.n_c or not window.n_b or self.stable.rate > SLOW:
            return None
        rate, ratio = self.forecast.rate, window.n_c / window.n_b
        return [min(CAP, raised(rate, odds, ratio, self.margin).counted(window)) for odds in ODDS]
