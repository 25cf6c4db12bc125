"""Does the canary get the share of the traffic it should have? If not, routing is broken and nothing can be judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log, log1p

from pipeline.facts import Reading

from .counts import NOTHING, Window
from .metrics import ERRORS
from .mixture import Mixture
from .windows import Merging, Piece, filled, pieces

SETTLED = 30.0  # seconds after a change of the share that are not looked at: counters may be those of a scrape ago
SLACK = 1.1  # the odds of the share may be off by this factor: gateways are not exact
_NEVER = datetime.max.replace(tzinfo=UTC)
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
    latest: Window = NOTHING  # all that was looked at since the share last changed
    percent: float = 0.0  # what the canary should have had then

    def after(self, window: Window, percent: float) -> "Split":
        """The evidence once `window` is seen as well, in which the canary should have had `percent` of the requests."""
        if not 0 < percent < 100:
            return self
        odds, gains = percent / (100 - percent), []
        for factor in FACTORS:
            for edge, beyond in ((odds * SLACK, odds * SLACK * factor), (odds / SLACK, odds / SLACK / factor)):
                gains.append(_gain(window.n_c, window.n_b, edge, beyond))
        latest = self.latest + window if percent == self.percent else window
        return Split(self.mixture.after(gains, window.seconds), latest, percent)

    @property
    def most(self) -> float:
        """The highest evidence so far."""
        return self.mixture.most


@dataclass(frozen=True, slots=True)
class Routed:
    """How the requests of one cluster were split while the share stayed the same."""

    split: Split = Split()
    share: int = -1
    since: datetime = _NEVER  # from when on it is the share
    merging: Merging = Merging()

    def after(self, parts: Iterable[Piece]) -> "Routed":
        """The same once `parts` are seen as well."""
        merging, done = filled(self.merging, parts)
        split, share, since = self.split, self.share, self.since
        for part in done:
            if part.before != part.percent or part.percent != share:
                share, since = part.percent, part.end
            elif (part.start - since).total_seconds() >= SETTLED:
                split = split.after(part.window, share)
        return Routed(split, share, since, merging)


def routed(readings: Iterable[Reading]) -> Split:
    """How the requests were split, by the readings of one cluster, oldest first."""
    return Routed().after(pieces([one for one in readings if one.metric == ERRORS])).split


def told(split: Split) -> str:
    """What was seen, as a sentence begins."""
    requests = split.latest.n_c + split.latest.n_b
    return f"{100 * split.latest.n_c / requests:.2g} % of {requests:,} requests, and should get {split.percent:g} %"


def _gain(n_c: int, n_b: int, edge: float, beyond: float) -> float:
    return n_c * log(beyond / edge) + (n_c + n_b) * (log1p(edge) - log1p(beyond))
