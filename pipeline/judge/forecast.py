"""How many bad requests to expect next, from past windows alone."""

from dataclasses import dataclass

from .counts import Window

HALF_LIFE = 60.0  # seconds after which what was seen weighs half


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
