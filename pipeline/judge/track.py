"""What the windows of one metric in one cluster say, and how much longer the evidence will take."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf, log

from pipeline.settings import Judge

from . import waits
from .alone import HarmOrPromise, WithinPromise
from .counts import NOTHING, Window
from .forecast import Forecast
from .metrics import (
    ERRORS,
    LATENCY,
    PODS,
    Process,
    Shown,
    compared,
    harm_after,
    kind,
    margin_of,
    process,
    shown,
    shown_after,
)
from .not_worse import OUTAGE
from .slowness import SLOW
from .units import ErrorUnits
from .units_not_worse import UnitsNotWorse
from .windows import Piece

CALM = 5.0  # no step forward while the evidence for harm is this high
_CALM_LOG = log(CALM)


@dataclass(frozen=True, slots=True)
class Track:
    """What the readings of one metric say.

    `not_worse`: one for each margin that is asked of this metric. `passable`: when a judge could last have agreed, by
    its margin for errors, which names the rung.
    """

    harm: Process
    forecast: Forecast = Forecast()
    not_worse: tuple[Shown, ...] = ()
    judged: Window = NOTHING  # sums of all windows that count
    judged_from: datetime | None = None  # start of the latest one in which both arms had requests
    passable: Mapping[float | None, datetime] = field(default_factory=dict)
    seen: datetime | None = None  # the latest reading of both arms
    traffic: datetime | None = None  # the canary's latest request
    failure: datetime | None = None  # the canary's first bad request, warm-up included
    recent: Window = NOTHING  # about the last 10 s
    metric: str = ERRORS

    def shown_for(self, judge: Judge) -> Shown | None:
        """The evidence that `judge` asks of this metric. None: nothing, as it is usual for many to be this slow."""
        margin = margin_of(self.metric, judge)
        if kind(self.metric) == LATENCY and self.judged.k_b > SLOW * self.judged.n_b:
            return None
        asked = [one for one in self.not_worse if one.margin == margin]
        return next((one for one in asked if isinstance(one, WithinPromise) is self.alone), None)

    @property
    def alone(self) -> bool:
        """It is held against its promise, as stable had no request yet to compare it with."""
        return isinstance(self.harm, HarmOrPromise) and not self.judged.n_b and bool(self.judged.n_c)

    @property
    def share(self) -> float | None:
        """Measured share of the canary in the recent traffic, in percent."""
        total = self.recent.n_c + self.recent.n_b
        return 100 * self.recent.n_c / total if total else None

    def promote_wait(self, process: Shown, beta: float) -> float | None:
        """Seconds until `process` suffices, at the recent traffic and if the canary is as good as stable; of pods, at
        the pace so far."""
        if isinstance(process, UnitsNotWorse):
            return self._at_the_pace(process, beta)
        if isinstance(process, WithinPromise):
            nats, seconds = waits.promote_nats(beta, max(process.logs)), self.recent.seconds
            return process.wait(nats, self.recent.n_c / seconds, self.forecast.rate) if seconds else None
        recent = compared(self.metric, self.recent)
        n_c, n_b = recent.n_c, recent.n_b
        if not n_c or not n_b or self.forecast.rate > OUTAGE:
            return None
        speed, share = (n_c + n_b) / recent.seconds, n_c / (n_c + n_b)
        nats = waits.promote_nats(beta, max(process.logs))
        return waits.to_promote(nats, speed, share, self.forecast.rate, process.margin)

    def _at_the_pace(self, process: UnitsNotWorse, beta: float) -> float | None:
        if process.log_value <= 0 or not self.judged.seconds:
            return None
        return max(0.0, -log(beta) - process.log_value) * self.judged.seconds / process.log_value

    def roll_back_wait(self, alpha: float) -> float | None:
        """Seconds until harm is found, at the recent traffic and the rates seen so far; None = it is not in sight."""
        n_c, n_b, judged = self.recent.n_c, self.recent.n_b, self.judged
        if self.metric == PODS or not n_c or not judged.n_c or not judged.n_b:
            return None
        speed, share = (n_c + n_b) / self.recent.seconds, n_c / (n_c + n_b)
        nats = waits.roll_back_nats(alpha, self.harm.log_value)
        seconds = waits.to_roll_back(nats, speed, share, judged.k_c / judged.n_c, judged.k_b / judged.n_b)
        return seconds if seconds < inf else None


def begun(metric: str, judges: Sequence[Judge], horizon: float, *, by_pods: bool) -> Track:
    """Nothing is seen of `metric` yet."""
    harm = process(metric, judges, horizon, by_pods=by_pods)
    return Track(harm, not_worse=shown(metric, judges, by_pods=by_pods), metric=metric)


def moved(track: Track, part: Piece, judges: Sequence[Judge], *, counts: bool) -> Track:
    """The track once the window `part` is seen as well; it `counts` unless the canary warms up."""
    track = _judged(track, part, judges) if counts else _taught(track, part)
    return replace(track, forecast=track.forecast.after(part.window))


def _taught(track: Track, part: Piece) -> Track:
    """What does not count shows at least what is usual for stable's pods."""
    if not isinstance(track.harm, ErrorUnits):
        return track
    alone = replace(part, pods=tuple(pod for pod in part.pods if not pod.canary))
    still = replace(alone, window=replace(part.window, seconds=0.0))
    taught = tuple([shown_after(one, alone, PODS, 0.0) for one in track.not_worse])
    return replace(track, harm=harm_after(track.harm, still), not_worse=taught)


def _judged(track: Track, part: Piece, judges: Sequence[Judge]) -> Track:
    window, rate = part.window, track.forecast.rate
    track = replace(
        track,
        harm=harm_after(track.harm, part),
        not_worse=tuple([shown_after(one, part, track.metric, rate) for one in track.not_worse]),
        judged=track.judged + window,
    )
    if not window.n_c or not (window.n_b or track.alone):
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


def _reaches(asked: Shown, needed: float) -> bool:
    best = max(asked.logs)  # the mean lies between its part of the best and the best, which are cheaper
    return best >= needed and (best - log(len(asked.logs)) >= needed or asked.log_value >= needed)
