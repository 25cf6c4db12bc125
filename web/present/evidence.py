"""The evidence as numbers: what the judge has, what it needs, and how long that will take."""

from dataclasses import dataclass

from pipeline.facts import Reading
from pipeline.judge import compare
from pipeline.judge.phrases import amount, duration, limit
from pipeline.plan import Stage, passage
from pipeline.release import Release, Target
from pipeline.settings import Judge
from pipeline.states import State
from pipeline.store.shown import Told


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
        readings = tuple(one for one in told.said.readings if one.cluster == target.cluster)
        if target.previous and readings:
            found += _cluster(told, release, target, readings)
            sums.append(_sum(told, release, target, readings))
    return tuple(found), tuple(sums)


def rungs(release: Release, wave: int) -> tuple[tuple[str, Judge], ...]:
    """The passages of a wave's canary that the judge guards by a margin, in order."""
    found: list[tuple[str, Judge]] = []
    for place, step in enumerate(release.plan):
        if step.wave != wave or step.stage is not Stage.CANARY:
            continue
        for share in (0, *(rung.percent for rung in step.rungs)):
            ahead = passage(release.plan, place, share)
            judges = [gate for gate in ahead.gates if isinstance(gate, Judge) and gate.margin is not None]
            found += [(_opens(ahead.name), gate) for gate in judges]
    return tuple(found)


def _opens(name: str) -> str:
    word = name.rsplit(" ", 1)[-1]
    return word.replace("%", " %") if word.endswith("%") else "rollout"


def _cluster(told: Told, release: Release, target: Target, readings: tuple[Reading, ...]) -> list[Line]:
    guarded = rungs(release, target.wave)
    evidence = compare.judge_cluster(readings, [judge for _, judge in guarded] or [Judge(None)], told.now)
    here = release.state is State.RUNNING and release.step.stage is Stage.CANARY and release.step.wave == target.wave
    ahead = _opens(release.ahead.name) if here else ""
    return [
        _line(target.cluster, [before for before, one in guarded if one == judge], judge, evidence, ahead)
        for judge in dict.fromkeys(judge for _, judge in guarded)
    ]


def _line(cluster: str, befores: list[str], judge: Judge, evidence: compare.Evidence, ahead: str) -> Line:
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


def _sum(told: Told, release: Release, target: Target, readings: tuple[Reading, ...]) -> Sum:
    judges = [one for _, one in rungs(release, target.wave)] or [Judge(None)]
    evidence = compare.judge_cluster(readings, judges, told.now)
    total = evidence.sums
    first = evidence.first_failure
    return Sum(
        target.cluster,
        f"{total.k_c:,} of {total.n_c:,}",
        f"{total.k_b:,} of {total.n_b:,}",
        f"{first:%H:%M:%S}" if first else "none",
    )
