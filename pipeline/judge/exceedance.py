"""Does the canary go over a limit more often than stable? For latency, and for whatever one pod shows in a while."""

from collections.abc import Sequence
from dataclasses import dataclass

from .counts import Window
from .forecast import Forecast
from .mixture import HEAD, HORIZON, Mixed, Mixture
from .two_sample import Bet, bet

ODDS = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)  # how much the odds of going over may have grown
_LEAST, _MOST = 1e-6, 1 - 1e-6


def raised(rate: float, odds: float, ratio: float, delta: float = 0.0) -> Bet:
    """
    The bet that the canary goes over with `odds` times the odds of `rate` + δ, stable with `rate`. `ratio` = n_C/n_B.

        θ_B = rate,  θ_C/(1 − θ_C) = odds·(θ_B + δ)/(1 − θ_B − δ),  t_B = (n_C·(θ_C − δ) + n_B·θ_B)/(n_C + n_B)

    It is the bet of `two_sample` with r₀ = 1, t_C = t_B + δ, a_C = (θ_C − t_C)/(t_C·(1 − t_C)), so it is valid for
    outcomes anywhere between 0 and 1, whatever `rate` was forecast. With δ = 0 its factors for single requests are

        E = θ_C^x_C·(1 − θ_C)^(n_C − x_C)·θ_B^x_B·(1 − θ_B)^(n_B − x_B) / (t_B^X·(1 − t_B)^(N − X))
    """
    low = min(max(rate, _LEAST), _MOST - delta)
    edge = low + delta
    high = odds * edge / (1 - edge + odds * edge)
    middle = (ratio * (high - delta) + low) / (ratio + 1)
    nearest = middle + delta
    return bet((high - nearest) / (nearest * (1 - nearest)), middle, ratio, delta)


@dataclass(frozen=True, slots=True)
class Exceedance(Mixed):
    """Evidence that more of the canary's requests go over a fixed limit; "bad" in its windows means over it.

    Null: P(over)_C ≤ P(over)_B in every window. One limit for each edge of a latency histogram makes it a one-sided
    test of stochastic order. Beside `Harm` it stays strong where most requests go over. The forecast is of both arms.
    """

    forecast: Forecast = Forecast()

    @classmethod
    def begin(cls, horizon: float = HORIZON, head: float = HEAD) -> "Exceedance":
        """No evidence yet."""
        return cls(Mixture.begin(len(ODDS), horizon, head))

    def after(self, window: Window) -> "Exceedance":
        """The evidence once `window` is seen as well."""
        mixture = self.mixture.due().after(self._gains(window), window.seconds)
        return Exceedance(mixture, self.forecast.after(window))

    def _gains(self, window: Window) -> Sequence[float] | None:
        if not window.n_c or not window.n_b:
            return None
        rate, ratio = self.forecast.rate, window.n_c / window.n_b
        return [raised(rate, odds, ratio).counted(window) for odds in ODDS]
