"""The evidence as numbers: what the judge has, what it needs, and how long that will take."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.judge.apart import Path
from pipeline.judge.case import Case
from pipeline.judge.curve import Segment
from pipeline.judge.evidence import Evidence
from pipeline.judge.phrases import amount, duration, limit
from pipeline.plan import Stage, passage
from pipeline.release import Release, Target
from pipeline.settings import Judge
from pipeline.states import State
from pipeline.store.shown import Told

from .draw.evidence import evidence_chart, rate_chart
from .draw.scale import NARROW, WIDE
from .draw.shapes import Drawing

MOST = 3  # clusters drawn of one wave; the table has all
Curve = Callable[[str, Mapping[int, Judge]], tuple[Segment, ...]]  # of a cluster, by who guards the way on from where


@dataclass(frozen=True, slots=True)
class Line:
    """One cluster and one share to be earned."""

    cluster: str
    before: str  # the passage the evidence opens
    margin: str
    harm: str
    not_worse: str
    wait: str
    current: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """All requests of one cluster that were judged."""

    cluster: str
    canary: str
    stable: str
    first_failure: str


def lines(told: Told) -> tuple[tuple[Line, ...], tuple[Sum, ...]]:
    """Evidence by cluster and rung, and the requests behind it. Empty while nothing was judged."""
    release = told.release
    if release is None:
        return (), ()
    found: list[Line] = []
    sums: list[Sum] = []
    for target in release.targets:
        if case := _read(told, target):
            found += _cluster(release, target, case.evidence)
            sums.append(_sum(target.cluster, case.evidence))
    return tuple(found), tuple(sums)


def paths(told: Told) -> dict[str, Path]:
    """What is one observation in each cluster in which it is compared, and why."""
    release, found = told.release, {}
    for target in release.targets if release else ():
        asked = tuple(judges(release, target).values()) if release else ()
        if asked:
            case = told.said.cases.get(target.cluster) or Case.begin(asked)
            found[target.cluster] = case.apart.path(asked[0])
    return found


def rungs(release: Release, target: Target) -> tuple[tuple[str, Judge], ...]:
    """The passages of a cluster that the judge guards by a margin, in order."""
    return tuple((_opens(name), judge) for _, name, judge in _ladder(release, target) if judge.margin is not None)


def judges(release: Release, target: Target) -> dict[int, Judge]:
    """The judge's settings that guard the way on from each share in a cluster; of two the one with a margin."""
    found: dict[int, Judge] = {}
    for share, _, judge in _ladder(release, target):
        if share not in found or found[share].margin is None:
            found[share] = judge
    return found


def _ladder(release: Release, target: Target) -> Iterator[tuple[int, str, Judge]]:
    """Each share with the judge before the next one, and what that opens. A first version is judged alone, or not."""
    for place, step in enumerate(release.plan):
        if step.wave != target.wave:
            continue
        for share in (0, *(rung.percent for rung in step.rungs)):
            ahead = passage(release.plan, place, share)
            for gate in ahead.gates:
                if isinstance(gate, Judge) and gate.alone is not bool(target.previous):
                    yield share, ahead.name, gate


@dataclass(frozen=True, slots=True)
class Chart:
    """The evidence of one cluster, drawn wide and narrow, and its rates, one metric after the other."""

    cluster: str
    evidence: tuple[Drawing, Drawing]
    rates: tuple[tuple[str, Drawing, Drawing], ...]


def charts(told: Told, curve: Curve) -> tuple[Chart, ...]:
    """The clusters it is in now, or was in last; none where nothing was compared."""
    release = told.release
    if release is None:
        return ()
    judged = [one for one in release.targets if _read(told, one)]
    wave = max((one.wave for one in judged), default=0)
    going_on = release.state is State.RUNNING and release.step.wave == wave
    found = [_chart(curve(one.cluster, judges(release, one)), one, going_on) for one in judged if one.wave == wave]
    return tuple(chart for chart in found if chart is not None)[:MOST]


def _chart(parts: tuple[Segment, ...], target: Target, going_on: bool) -> Chart | None:
    if not parts:
        return None
    both = tuple(evidence_chart(parts, width, going_on=going_on) for width in (WIDE, NARROW))
    rates = tuple(
        (
            arms.metric,
            rate_chart(parts, WIDE, going_on=going_on, metric=place),
            rate_chart(parts, NARROW, going_on=going_on, metric=place),
        )
        for place, arms in enumerate(parts[-1].points[-1].arms)
    )
    return Chart(target.cluster, (both[0], both[1]), rates)


def _read(told: Told, target: Target) -> Case | None:
    """What the judge has of a cluster. None: nothing was read there."""
    case = told.said.cases.get(target.cluster)
    return case if case and case.at else None


def _opens(name: str) -> str:
    word = name.rsplit(" ", 1)[-1]
    return word.replace("%", " %") if word.endswith("%") else "rollout"


def _cluster(release: Release, target: Target, evidence: Evidence) -> list[Line]:
    guarded = rungs(release, target)
    here = release.state is State.RUNNING and release.step.stage is Stage.CANARY and release.step.wave == target.wave
    ahead = _opens(release.ahead.name) if here else ""
    return [
        _line(target.cluster, [before for before, one in guarded if one == judge], judge, evidence, ahead)
        for judge in dict.fromkeys(judge for _, judge in guarded)
    ]


def _line(cluster: str, befores: list[str], judge: Judge, evidence: Evidence, ahead: str) -> Line:
    margin = judge.margin or 0.0
    value, needed = evidence.not_worse(margin), 1 / judge.beta
    seconds = evidence.to_promote(margin, judge.beta)
    current = ahead in befores
    wait = "enough" if value >= needed else f"about {duration(seconds)}" if seconds and current else ""
    return Line(
        cluster=cluster,
        before=", ".join(befores),
        margin=f"{100 * margin:g} points",
        harm=f"{_number(evidence.harm_most)} of {limit(1 / judge.alpha)}",
        not_worse=f"{_number(value)} of {limit(needed)}",
        wait=wait,
        current=current,
    )


def _number(value: float) -> str:
    return "> 1,000,000" if value >= 1_000_000 else amount(value)


def _sum(cluster: str, evidence: Evidence) -> Sum:
    total = evidence.sums
    first = evidence.first_failure
    return Sum(
        cluster,
        f"{total.k_c:,} of {total.n_c:,}",
        f"{total.k_b:,} of {total.n_b:,}",
        f"{first:%H:%M:%S}" if first else "none",
    )
