"""Is the canary worse than stable in one cluster? The evidence of all metrics, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from pipeline.facts import Reading
from pipeline.settings import Judge
from pipeline.states import Reason
from pipeline.verdict import Fail, Pass, Verdict, Wait

from .alone import HarmOrPromise
from .apart import REQUEST, Path
from .combined import combine
from .counts import Window
from .metrics import ERRORS, Shown, told, weights
from .mixture import HORIZON
from .phrases import amount, duration, limit
from .track import CALM, Track, by_metric, follow
from .windows import GAP, healthy_seconds, windows

__all__ = ["RULES", "Evidence", "healthy_seconds", "judge_cluster", "verdict", "windows"]

RULES = 3  # goes up with every change that may change a verdict; each judgement is stored with it

_PEOPLE = "A release manager can promote it or roll it back"
_PLATFORM = "The platform team can look at the metrics"


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


def judge_cluster(
    readings: Sequence[Reading], judges: Sequence[Judge], now: datetime, horizon: float = HORIZON
) -> Evidence:
    """
    The evidence in the readings of one cluster, oldest first, for these settings of the judge (at least one).

    It is folded from the first reading on, so it is carried over from rung to rung. `horizon`: seconds for which the
    canary may live, as declared beforehand.
    """
    past = [reading for reading in readings if reading.at <= now]
    if not past:
        return Evidence("", 0, (follow((), judges, horizon),), tuple(judges))
    by, way = by_metric(past, judges[0])
    tracks = tuple(follow(by[metric], judges, horizon, metric, by_pods=way.by_pods) for metric in sorted(by))
    return Evidence(past[-1].cluster, past[-1].percent, tracks, tuple(judges), way)


def verdict(evidence: Evidence, judge: Judge, rung_since: datetime, now: datetime) -> Verdict:
    """
    May the release go on from the rung it reached at `rung_since`?

    The deadline counts from then, or from when the evidence last sufficed if that was later: a release that waits for
    something else (a soak, a freeze, a person) does not run out of time.
    """
    if evidence.harm_most >= 1 / judge.alpha:
        found = f"evidence for harm was {amount(evidence.harm_most)}, the limit is {limit(1 / judge.alpha)}"
        return Fail(f"{_counts(evidence.leading)}; {found}", Reason.HARMED)
    lack = _blind(evidence, judge, rung_since, now) or _undecided(evidence, judge)
    if lack is None:
        return Pass(_agreed(evidence, judge))
    ends = max(rung_since, evidence.passable(judge.margin) or rung_since) + timedelta(seconds=judge.deadline)
    if now < ends:
        return Wait(lack.why, lack.who, ends)
    after = f"inconclusive after {duration(judge.deadline)}: {_small(lack.why)}"
    if judge.inconclusive == "undo":
        return Fail(after)
    return Wait(f"Held, {after}", _PEOPLE)


def _blind(evidence: Evidence, judge: Judge, rung_since: datetime, now: datetime) -> Wait | None:
    """Why there is nothing to judge by now. No data and no traffic are no evidence, and never let a release go on."""
    recently = now - timedelta(seconds=GAP)
    if evidence.seen is None or evidence.seen < recently:
        since = f" since {evidence.seen:%H:%M:%S}" if evidence.seen else ""
        of = f" of {evidence.cluster}" if evidence.cluster else ""
        named = "the metrics" if evidence.lacking == ERRORS else f"the counter of {evidence.lacking}"
        return Wait(f"No data: {named}{of} cannot be read{since}", _PLATFORM)
    if evidence.traffic is None:
        return Wait(f"No traffic reached the canary{_on(evidence)} yet")
    if evidence.traffic < recently:
        return Wait(f"No traffic reached the canary{_on(evidence)} since {evidence.traffic:%H:%M:%S}")
    if judge.warm_up and not evidence.sums.seconds:
        return Wait(f"The canary{_on(evidence)} warms up: its first {duration(judge.warm_up)} are not judged")
    if evidence.judged_from is None:
        return Wait(f"Nothing to judge{_on(evidence)} yet: canary and stable need requests at the same time")
    if evidence.judged_from < rung_since:
        return Wait(f"The canary{_on(evidence)} was not judged at this share yet")
    return None


def _undecided(evidence: Evidence, judge: Judge) -> Wait | None:
    """What the evidence still lacks."""
    where = f"Canary{_on(evidence)} at {evidence.percent} %"
    if evidence.harm >= CALM:
        bounds = f"must fall below {limit(CALM)}; at {limit(1 / judge.alpha)} it is rolled back"
        return Wait(
            f"{where}. {_large(_counts(evidence.leading))}. Evidence for harm is {amount(evidence.harm)} and {bounds}"
        )
    if judge.margin is None or (now := evidence.not_worse(judge.margin)) >= 1 / judge.beta:
        return None
    left = evidence.to_promote(judge.margin, judge.beta)
    more = f"; at this traffic that takes about {duration(left)} more" if left is not None else ""
    least = evidence.least(judge.margin)
    by = "" if least.metric == ERRORS else f", by {least.metric},"
    where = f"{where}. Evidence that it {_shows(least)}{by} is {amount(now)}"
    return Wait(f"{where} and must reach {limit(1 / judge.beta)}{more}")


def _agreed(evidence: Evidence, judge: Judge) -> str:
    counts = _large(_counts(evidence.errors))
    if judge.margin is None:
        return f"{counts}; evidence for harm is {amount(evidence.harm)}"
    shows = _shows(evidence.least(judge.margin))
    found = f"evidence that it {shows} is {amount(evidence.not_worse(judge.margin))}"
    return f"{counts}; {found} and had to reach {limit(1 / judge.beta)}"


def _shows(track: Track) -> str:
    return "keeps its promise" if track.alone else "is not worse"


def _counts(track: Track) -> str:
    promise = track.harm.alone.promised if isinstance(track.harm, HarmOrPromise) else None
    return told(track.metric, track.judged, promise)


def _on(evidence: Evidence) -> str:
    return f" on {evidence.cluster}" if evidence.cluster else ""


def _large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
