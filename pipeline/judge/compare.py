"""Is the canary worse than stable in one cluster? What follows from the evidence, and how it is said."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.facts import Reading
from pipeline.settings import Judge
from pipeline.states import Reason
from pipeline.verdict import Fail, Pass, Verdict, Wait

from .alone import HarmOrPromise
from .case import Case
from .evidence import Evidence
from .metrics import ERRORS, told
from .mixture import HORIZON
from .phrases import amount, duration, limit
from .track import CALM, Track
from .windows import GAP

__all__ = ["RULES", "Evidence", "judge_cluster", "verdict"]

RULES = 3  # goes up with every change that may change a verdict; each judgement is stored with it

_PEOPLE = "A release manager can promote it or roll it back"
_PLATFORM = "The platform team can look at the metrics"


def judge_cluster(
    readings: Sequence[Reading], judges: Sequence[Judge], now: datetime, horizon: float = HORIZON
) -> Evidence:
    """
    The evidence in the readings of one cluster, oldest first, for these settings of the judge (at least one).

    It is folded from the first reading on, so it is carried over from rung to rung. `horizon`: seconds for which the
    canary may live, as declared beforehand.
    """
    return Case.begin(judges, horizon).after([one for one in readings if one.at <= now]).evidence


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
