"""Does the canary get the share of the traffic it should have? If not, routing is broken and nothing can be judged."""

from dataclasses import dataclass
from math import log, log1p

from .counts import Window
from .mixture import Mixture

SLACK = 1.1  # the odds of the share may be off by this factor: gateways are not exact
FACTORS = (1.25, 2.0, 5.0, 20.0)  # how far beyond that the odds may be


@dataclass(frozen=True, slots=True)
class Split:
    """
    Evidence that the requests are not split as wanted, in either direction (after Lindon & Malek's ratio test).

    Null: each request goes to the canary with odds between w/(1 − w)/SLACK and SLACK·w/(1 − w), w = wanted share. The
    factor for odds beyond is the likelihood ratio against the nearer edge, monotone in n_C, so E[e] ≤ 1 on all of the
    null. The mean over both directions and all factors bets from the start: routing does not break gradually.
    """

    mixture: Mixture = Mixture.begin(2 * len(FACTORS), head=1.0)

    def after(self, window: Window, percent: float) -> "Split":
        """The evidence once `window` is seen as well, in which the canary should have had `percent` of the requests."""
        if not 0 < percent < 100:
            return self
        odds, gains = percent / (100 - percent), []
        for factor in FACTORS:
            for edge, beyond in ((odds * SLACK, odds * SLACK * factor), (odds / SLACK, odds / SLACK / factor)):
                gains.append(_gain(window.n_c, window.n_b, edge, beyond))
        return Split(self.mixture.after(gains, window.seconds))

    @property
    def most(self) -> float:
        """The highest evidence so far."""
        return self.mixture.most


def _gain(n_c: int, n_b: int, edge: float, beyond: float) -> float:
    return n_c * log(beyond / edge) + (n_c + n_b) * (log1p(edge) - log1p(beyond))
