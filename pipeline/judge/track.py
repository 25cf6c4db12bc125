"""One metric of one cluster, followed through all its readings."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf, log

from pipeline.facts import Reading
from pipeline.settings import Judge

from . import waits
from .counts import NOTHING, Window, added
from .forecast import Forecast
from .metrics import ERRORS, LATENCY, Process, compared, kind, margin_of, process
from .not_worse import OUTAGE, NotWorse
from .slowness import SLOW
from .windows import Piece, merged, pieces, watched

CALM = 5.0  # no step forward while the evidence for harm is this high
_CALM_LOG = log(CALM)
RECENT = 10.0  # seconds that "now" means when traffic is measured


@dataclass(frozen=True, slots=True)
class Track:
    """What the readings of one metric say.

    `not_worse`: one for each margin that is asked of this metric. `passable`: when a judge could last have agreed, by
    its margin for errors, which names the rung.
    """

    harm: Process
    forecast: Forecast = Forecast()
    not_worse: tuple[NotWorse, ...] = ()
    judged: Window = NOTHING  # sums of all windows that count
    judged_from: datetime | None = None  # start of the latest one in which both arms had requests
    passable: Mapping[float | None, datetime] = field(default_factory=dict)
    seen: datetime | None = None  # the latest reading of both arms
    traffic: datetime | None = None  # the canary's latest request
    failure: datetime | None = None  # the canary's first bad request, warm-up included
    recent: Window = NOTHING  # about the last `RECENT` seconds
    metric: str = ERRORS

    def shown_for(self, judge: Judge) -> NotWorse | None:
        """The evidence that `judge` asks of this metric. None: nothing, as it is usual for many to be this slow."""
        margin = margin_of(self.metric, judge)
        if kind(self.metric) == LATENCY and self.judged.k_b > SLOW * self.judged.n_b:
            return None
        return next((one for one in self.not_worse if one.margin == margin), None)

    @property
    def share(self) -> float | None:
        """Measured share of the canary in the recent traffic, in percent."""
        total = self.recent.n_c + self.recent.n_b
        return 100 * self.recent.n_c / total if total else None

    def promote_wait(self, process: NotWorse, beta: float) -> float | None:
        """Seconds until `process` suffices, at the recent traffic and if the canary is as good as stable."""
        recent = compared(self.metric, self.recent)
        n_c, n_b = recent.n_c, recent.n_b
        if not n_c or not n_b or self.forecast.rate > OUTAGE:
            return None
        speed, share = (n_c + n_b) / recent.seconds, n_c / (n_c + n_b)
        nats = waits.promote_nats(beta, max(process.logs))
        return waits.to_promote(nats, speed, share, self.forecast.rate, process.margin)

    def roll_back_wait(self, alpha: float) -> float | None:
        """Seconds until harm is found, at the recent traffic and the rates seen so far; None = it is not in sight."""
        n_c, n_b, judged = self.recent.n_c, self.recent.n_b, self.judged
        if not n_c or not judged.n_c or not judged.n_b:
            return None
        speed, share = (n_c + n_b) / self.recent.seconds, n_c / (n_c + n_b)
        nats = waits.roll_back_nats(alpha, self.harm.log_value)
        seconds = waits.to_roll_back(nats, speed, share, judged.k_c / judged.n_c, judged.k_b / judged.n_b)
        return seconds if seconds < inf else None


def follow(readings: Sequence[Reading], judges: Sequence[Judge], horizon: float, metric: str = ERRORS) -> Track:
    """Fold the readings of one metric, oldest first. The same readings always give the same track."""
    parts = list(pieces(readings))
    return replace(
        _fold(parts, judges, horizon, metric),
        seen=next((one.at for one in reversed(readings) if one.canary and one.stable), None),
        traffic=next((part.end for part in reversed(parts) if part.window.n_c), None),
        failure=next((part.end for part in parts if part.window.k_c), None),
        recent=_recent(parts),
    )


def steps(
    parts: Sequence[Piece], judges: Sequence[Judge], horizon: float, metric: str = ERRORS
) -> Iterator[tuple[Piece, bool, Track]]:
    """Each window, whether it counts, and the track once it is seen as well."""
    track = _begun(judges, horizon, metric)
    for part, counts in watched(merged(parts), max(judge.warm_up for judge in judges)):
        track = _judged(track, part, judges) if counts else track
        track = replace(track, forecast=track.forecast.after(part.window))
        yield part, counts, track


def _begun(judges: Sequence[Judge], horizon: float, metric: str) -> Track:
    margins = {margin_of(metric, judge) for judge in judges}
    processes = tuple(NotWorse(margin) for margin in sorted(one for one in margins if one is not None))
    return Track(process(metric, judges, horizon), not_worse=processes, metric=metric)


def _fold(parts: Sequence[Piece], judges: Sequence[Judge], horizon: float, metric: str) -> Track:
    latest = deque(steps(parts, judges, horizon, metric), maxlen=1)
    return latest[0][2] if latest else _begun(judges, horizon, metric)


def _judged(track: Track, part: Piece, judges: Sequence[Judge]) -> Track:
    window, rate = part.window, track.forecast.rate
    swapped = compared(track.metric, window)
    track = replace(
        track,
        harm=track.harm.after(window),
        not_worse=tuple([one.after(swapped, rate) for one in track.not_worse]),
        judged=track.judged + window,
    )
    if not window.n_c or not window.n_b:
        return track
    passable = track.passable
    if track.harm.log_value < _CALM_LOG:
        passable = {**passable, **dict.fromkeys(_shown(track, judges), part.end)}
    return replace(track, judged_from=part.start, passable=passable)


def _shown(track: Track, judges: Sequence[Judge]) -> Iterator[float | None]:
    for judge in judges:
        asked = track.shown_for(judge)
        if asked is None or _reaches(asked, -log(judge.beta)):
            yield judge.margin


def _reaches(asked: NotWorse, needed: float) -> bool:
    best = max(asked.logs)  # the mean lies between a third of the best and the best, which are cheaper
    return best >= needed and (best - log(len(asked.logs)) >= needed or asked.log_value >= needed)


def _recent(parts: Sequence[Piece]) -> Window:
    latest: list[Window] = []
    for part in reversed(parts):
        if sum(window.seconds for window in latest) >= RECENT:
            break
        latest.append(part.window)
    return added(latest)
