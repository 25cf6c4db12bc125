"""Is the canary worse than stable in one cluster? The evidence of all metrics, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.facts import Reading
from pipeline.settings import Judge
from pipeline.states import Reason
from pipeline.verdict import Fail, Pass, Verdict, Wait

from .combined import combine
from .counts import Window
from .mixture import HORIZON
from .phrases import amount, duration, limit
from .track import CALM, Track, follow
from .windows import GAP, healthy_seconds, windows

__all__ = ["Evidence", "healthy_seconds", "judge_cluster", "verdict", "windows"]

_PEOPLE = "A release manager can promote it or roll it back"
_PLATFORM = "The platform team can look at the metrics"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the readings of one cluster say, metric by metric (at least one), for these settings of the judge."""

    cluster: str
    percent: int  # routed to the canary at the latest reading
    tracks: tuple[Track, ...]

    @property
    def leading(self) -> Track:
        """The metric with the most evidence for harm; sums and times that people see are its."""
        return max(self.tracks, key=lambda track: track.harm.peak)

    @property
    def sums(self) -> Window:
        """All that was judged: seconds, requests and bad ones of both arms."""
        return self.leading.judged

    @property
    def harm(self) -> float:
        """Evidence for harm now."""
        return combine((1 / len(self.tracks), track.harm.value) for track in self.tracks)

    @property
    def harm_most(self) -> float:
        """The highest evidence for harm so far: what decided once stays decided."""
        # one metric's part alone never exceeds the mean of all, so its peak is safe to act on
        return max(self.harm, self.leading.harm.most / len(self.tracks))

    def not_worse(self, margin: float) -> float:
        """Evidence that the canary is not worse by `margin`: that of the metric with the least."""
        return min(process.value for track in self.tracks for process in track.not_worse if process.margin == margin)

    @property
    def share(self) -> float | None:
        """Measured share of the canary over about the last 10 s, in percent."""
        return self.leading.share

    @property
    def seen(self) -> datetime | None:
        """When the metrics could last be read, all of them."""
        return _earliest([track.seen for track in self.tracks])

    @property
    def traffic(self) -> datetime | None:
        """When the canary last had a request."""
        return _earliest([track.traffic for track in self.tracks])

    @property
    def judged_from(self) -> datetime | None:
        """Start of the latest window that was judged and in which both arms had requests."""
        return _earliest([track.judged_from for track in self.tracks])

    @property
    def first_failure(self) -> datetime | None:
        """When the canary's first bad request was seen."""
        return min((track.failure for track in self.tracks if track.failure), default=None)

    def passable(self, margin: float | None) -> datetime | None:
        """When the evidence last sufficed to let the release go on."""
        return _earliest([track.passable.get(margin) for track in self.tracks])

    def to_promote(self, margin: float, beta: float) -> float | None:
        """Seconds until "not worse" is shown at this traffic, if it is true. None: not in sight."""
        pairs = [(track, one) for track in self.tracks for one in track.not_worse if one.margin == margin]
        waits = [track.promote_wait(process, beta) for track, process in pairs]
        known = [wait for wait in waits if wait is not None]
        return max(known) if len(known) == len(waits) else None

    def to_roll_back(self, alpha: float) -> float | None:
        """Seconds until harm is found, at this traffic and the rates so far. None: not in sight."""
        return self.leading.roll_back_wait(alpha / len(self.tracks))


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
        return Evidence("", 0, (follow((), judges, horizon),))
    metrics = sorted({reading.metric for reading in past})
    tracks = tuple(follow([one for one in past if one.metric == metric], judges, horizon) for metric in metrics)
    return Evidence(past[-1].cluster, past[-1].percent, tracks)


def verdict(evidence: Evidence, judge: Judge, rung_since: datetime, now: datetime) -> Verdict:
    """
    May the release go on from the rung it reached at `rung_since`?

    The deadline counts from then, or from when the evidence last sufficed if that was later: a release that waits for
    something else (a soak, a freeze, a person) does not run out of time.
    """
    if evidence.harm_most >= 1 / judge.alpha:
        found = f"evidence for harm was {amount(evidence.harm_most)}, the limit is {limit(1 / judge.alpha)}"
        return Fail(f"{_counts(evidence)}; {found}", Reason.HARMED)
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
        return Wait(f"No data: the metrics{of} cannot be read{since}", _PLATFORM)
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
            f"{where}. {_counts(evidence).capitalize()}. Evidence for harm is {amount(evidence.harm)} and {bounds}"
        )
    if judge.margin is None or (now := evidence.not_worse(judge.margin)) >= 1 / judge.beta:
        return None
    left = evidence.to_promote(judge.margin, judge.beta)
    more = f"; at this traffic that takes about {duration(left)} more" if left is not None else ""
    return Wait(f"{where}. Evidence that it is not worse is {amount(now)} and must reach {limit(1 / judge.beta)}{more}")


def _agreed(evidence: Evidence, judge: Judge) -> str:
    if judge.margin is None:
        return f"{_counts(evidence).capitalize()}; evidence for harm is {amount(evidence.harm)}"
    found = f"evidence that it is not worse is {amount(evidence.not_worse(judge.margin))}"
    return f"{_counts(evidence).capitalize()}; {found} and had to reach {limit(1 / judge.beta)}"


def _counts(evidence: Evidence) -> str:
    sums = evidence.sums
    return f"the canary failed {sums.k_c:,} of {sums.n_c:,} requests, stable {sums.k_b:,} of {sums.n_b:,}"


def _on(evidence: Evidence) -> str:
    return f" on {evidence.cluster}" if evidence.cluster else ""


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
