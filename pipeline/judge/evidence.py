"""What all metrics of one cluster say together about its canary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log

from pipeline.settings import Judge

from .apart import REQUEST, Path
from .combined import combine
from .counts import Window
from .metrics import ERRORS, Shown, weights
from .track import Track


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the readings of one cluster say, metric by metric (at least one), for these settings of the judge."""

    cluster: str
    percent: int  # routed to the canary at the latest reading
    tracks: tuple[Track, ...]
    judges: tuple[Judge, ...]
    path: Path = Path(REQUEST, 0.0, "nothing was read yet")

    @property
    def _weighed(self) -> list[tuple[float, Track]]:
        return list(zip(weights([track.metric for track in self.tracks]), self.tracks, strict=True))

    @property
    def leading(self) -> Track:
        """The metric with the largest part of the evidence for harm: the cause, if there is one."""
        return max(self._weighed, key=lambda part: log(part[0]) + part[1].harm.peak)[1]

    @property
    def errors(self) -> Track:
        """The track of failed requests; traffic and shares that people see are its."""
        return next((track for track in self.tracks if track.metric == ERRORS), self.tracks[0])

    @property
    def sums(self) -> Window:
        """All that was judged: seconds, requests and failed ones of both arms."""
        return self.errors.judged

    @property
    def harm(self) -> float:
        """Evidence for harm now."""
        weighed = [(weight, track.harm.value) for weight, track in self._weighed]
        return combine([*weighed, (1 - sum(weight for weight, _ in weighed), 1.0)])

    @property
    def harm_most(self) -> float:
        """The highest evidence for harm so far: what decided once stays decided."""
        # one metric's part alone never exceeds the mean of all, so its peak is safe to act on
        return max(self.harm, *(weight * track.harm.most for weight, track in self._weighed))

    def not_worse(self, margin: float) -> float:
        """Evidence that the canary is not worse at the rung with this margin: that of the metric with the least, 1 as
        long as none that is asked was seen."""
        return min((one.value for _, one in self._asked(margin)), default=1.0)

    def least(self, margin: float) -> Track:
        """The metric with the least evidence of those that are asked at this rung."""
        return min(self._asked(margin), key=lambda pair: pair[1].log_value)[0]

    def _asked(self, margin: float) -> list[tuple[Track, Shown]]:
        judge = next(judge for judge in self.judges if judge.margin == margin)
        pairs = [(track, track.shown_for(judge)) for track in self._comparable]
        return [(track, one) for track, one in pairs if one is not None]

    @property
    def _comparable(self) -> tuple[Track, ...]:
        """What can be said at all: without requests of stable only what was promised."""
        return (self.errors,) if self.errors.alone else self.tracks

    @property
    def share(self) -> float | None:
        """Measured share of the canary over about the last 10 s, in percent."""
        return self.errors.share

    @property
    def seen(self) -> datetime | None:
        """When the metrics could last be read, all of them."""
        return _earliest([track.seen for track in self.tracks])

    @property
    def lacking(self) -> str:
        """The metric that was read longest ago, or never."""
        return min((self.errors, *self.tracks), key=lambda track: track.seen.timestamp() if track.seen else 0.0).metric

    @property
    def traffic(self) -> datetime | None:
        """When the canary last had a request."""
        return _earliest([track.traffic for track in self.tracks])

    @property
    def judged_from(self) -> datetime | None:
        """Start of the latest window that was judged and in which those arms had requests that are compared."""
        return _earliest([track.judged_from for track in self._comparable])

    @property
    def first_failure(self) -> datetime | None:
        """When the canary's first bad request was seen."""
        return self.errors.failure

    def passable(self, margin: float | None) -> datetime | None:
        """When the evidence last sufficed to let the release go on."""
        return _earliest([track.passable.get(margin) for track in self._comparable])

    def to_promote(self, margin: float, beta: float) -> float | None:
        """Seconds until "not worse" is shown at this traffic, if it is true. None: not in sight."""
        waits = [track.promote_wait(process, beta) for track, process in self._asked(margin)]
        known = [wait for wait in waits if wait is not None]
        return max(known) if len(known) == len(waits) else None

    def to_roll_back(self, alpha: float) -> float | None:
        """Seconds until harm is found, at this traffic and the rates so far. None: not in sight."""
        weight, track = next(part for part in self._weighed if part[1] is self.leading)
        return track.roll_back_wait(alpha * weight)


def _earliest(times: Sequence[datetime | None]) -> datetime | None:
    known = [time for time in times if time]
    return min(known) if len(known) == len(times) else None
