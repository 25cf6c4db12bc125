"""Observed health of a canary: what a soak adds up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.facts import Reading

from .metrics import ERRORS
from .windows import GAP, Piece, pieces


@dataclass(frozen=True, slots=True)
class Health:
    """
    *Observed* health: seconds at each share, which is what a soak adds up.

    Both ends of a window are healthy and at the share or above it, at most `GAP` seconds apart, and the canary had
    requests between them. An hour in which nobody looked adds nothing.
    """

    seconds: Mapping[int, float] = field(default_factory=dict)

    def after(self, parts: Iterable[Piece]) -> "Health":
        """The same once `parts` are seen as well."""
        seconds = dict(self.seconds)
        for part in parts:
            if part.healthy and part.window.n_c and part.window.seconds <= GAP:
                share = min(part.before, part.percent)
                seconds[share] = seconds.get(share, 0.0) + part.window.seconds
        return Health(seconds)

    def at_least(self, percent: int) -> float:
        """Seconds at `percent` or more."""
        return sum([seconds for share, seconds in sorted(self.seconds.items()) if share >= percent])


def healthy_seconds(readings: Iterable[Reading], percent: int = 95) -> float:
    """Seconds of observed health at `percent` or more, in the readings of one cluster, oldest first."""
    return Health().after(pieces([one for one in readings if one.metric == ERRORS])).at_least(percent)
