"""Definition and platform make a flat list of steps, each with the settings of its gates.

The position of a release is (step, percent). What lies between two positions is a *passage*: the gates that must
agree before the release crosses it.

    build ─ test ─┬─ canary az1 ── 10 % ── 25 % ── 50 % ─┬─ rollout az1 ── 95 % ── 100 % ─┬─ canary az2 … ─ live
                  tests, turn, approval   capacity, judge …            soak, judge …     healthy, approval …
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import Any

from .definition.app import App, ApprovalGate, Wave
from .definition.judging import JudgeBy
from .definition.platform import Platform
from .settings import AllTests, Approval, Capacity, Freeze, Gate, Healthy, Judge, Soak, Turn, Verified
from .shares import EVEN, beside, by_replicas

BASELINE = 5  # percent the old version keeps during the soak, so that there is something to compare with
WIDEST_MARGIN = 0.02  # no rung is judged by more than two percentage points


class Stage(StrEnum):
    """A kind of step."""

    BUILD = "build"
    TEST = "test"
    CANARY = "canary"
    ROLLOUT = "rollout"


@dataclass(frozen=True, slots=True)
class Rung:
    """A share of the traffic, and the gates before it is given."""

    percent: int
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One stage on one wave's clusters. `enter` is asked before it starts, `leave` before it ends."""

    name: str
    stage: Stage
    service: str = ""
    clusters: tuple[str, ...] = ()
    wave: int = 0  # 1, 2, … ; 0 for build and test
    rungs: tuple[Rung, ...] = ()
    enter: tuple[Gate, ...] = ()
    leave: tuple[Gate, ...] = ()
    by_replicas: bool = False  # its clusters have no gateway: more replicas are more of the traffic


Plan = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """From one position to the next. `at` is the step that is entered; len(plan) means live."""

    name: str
    at: int
    percent: int
    gates: tuple[Gate, ...]


def passage(plan: Plan, at: int, percent: int, *, first: bool = False) -> Passage:
    """
    The passage that lies before a release at (`at`, `percent`).

    A rollout takes over the share its canary had; every other step starts at 0 %. `first`: nothing ran in these
    clusters before, so there is nobody to compare with and only the rung of 100 % counts.
    """
    step = plan[at]
    for rung in step.rungs:
        if rung.percent > percent and (rung.percent == 100 or not first):
            return Passage(f"{step.name} {rung.percent}%", at, rung.percent, rung.gates)
    if at + 1 == len(plan):
        return Passage("live", at + 1, 100, step.leave)
    after = plan[at + 1]
    kept = percent if (after.clusters, after.service) == (step.clusters, step.service) else 0
    return Passage(after.name, at + 1, kept, step.leave + after.enter)


def passages(plan: Plan) -> Iterator[Passage]:
    """Every passage of the plan, in the order in which a release crosses them."""
    at, percent = 0, 0
    while at < len(plan):
        yield (ahead := passage(plan, at, percent))
        at, percent = ahead.at, ahead.percent


def replicas_for(percent: int, replicas: int) -> int:
    """
    Replicas that carry `percent` of what `replicas` carry, at least one.

    >>> [replicas_for(percent, 4) for percent in (1, 25, 26, 95, 100)]
    [1, 1, 2, 4, 4]
    """
    return max(1, ceil(replicas * percent / 100))


def margins(last: float, rungs: int) -> tuple[float, ...]:
    """
    Margin of each rung: the last is as asked, those before are wider, as little is at stake there.

    >>> margins(0.005, 4)
    (0.02, 0.02, 0.01, 0.005)
    >>> margins(0.03, 2)
    (0.03, 0.03)
    """
    widest = max(last, WIDEST_MARGIN)
    return tuple(min(widest, last * 2**before) for before in reversed(range(rungs)))


def make(app: App, platform: Platform) -> Plan:
    """The plan of a new commit. Refuse what is not safe with `safety.complaints` before."""
    steps = [
        Step("build", Stage.BUILD),
        Step("test", Stage.TEST, leave=(AllTests(), Turn(app.order))),
    ]
    for number, wave in enumerate(app.waves, start=1):
        steps += _wave(app, platform, number, wave)
    return tuple(steps)


def make_return(app: App) -> Plan:
    """The plan back to a digest that was live before: no build, no canary, no freeze; capacity first."""
    steps = []
    for number, wave in enumerate(app.waves, start=1):
        full = Capacity(100, app.serve.replicas, app.serve.ready_within)
        enter = (Verified(), Turn(app.order)) if number == 1 else (Verified(),)
        name = f"return {_where(wave)}"
        rungs = (Rung(100, (full,)),)
        steps.append(Step(name, Stage.ROLLOUT, app.app, wave.clusters, number, rungs, enter, (Healthy(),)))
    start = Step("begin", Stage.BUILD)
    return (start, *steps)


def _wave(app: App, platform: Platform, number: int, wave: Wave) -> tuple[Step, Step]:
    where, scales = _where(wave), by_replicas(wave.clusters, platform)
    about: dict[str, Any] = {"service": app.app, "clusters": wave.clusters, "wave": number, "by_replicas": scales}
    room = _with_the_share if scales else _before_the_share
    steps = margins(app.judge.errors.margin, len(wave.canary))
    judges: tuple[tuple[Gate, ...], ...] = ((), *((_judge(app, margin),) for margin in steps))
    ladder = tuple(
        Rung(percent, (*judged, Freeze(), room(app, before, percent)))
        for before, percent, judged in zip((0, *wave.canary), wave.canary, judges[:-1], strict=False)
    )
    enter: tuple[Gate, ...] = (*_approvals(app, platform, wave), Freeze())
    canary = Step(f"canary {where}", Stage.CANARY, rungs=ladder, enter=enter, leave=judges[-1], **about)
    rungs = tuple(_last_rungs(app, wave, scales=scales))
    leave: tuple[Gate, ...] = (*_of_a_first_version(app), Healthy())
    rollout = Step(f"rollout {where}", Stage.ROLLOUT, rungs=rungs, leave=leave, **about)
    return canary, rollout


def _of_a_first_version(app: App) -> tuple[Judge, ...]:
    """It has nobody to be compared with, so it is judged by its promise once it has everybody."""
    return () if app.judge.slo is None else (replace(_judge(app, app.judge.errors.margin), alone=True),)


def _last_rungs(app: App, wave: Wave, *, scales: bool) -> Iterator[Rung]:
    """Full size and the share of the soak, then everyone. Without a gateway the share of full size is one half."""
    reached = wave.canary[-1] if wave.canary else 0
    seen = (_judge(app, None),) if wave.canary else ()  # nobody can be judged before there was a share
    beside_old = EVEN if scales else 100 - BASELINE
    if reached < beside_old and (wave.soak or (scales and reached)):
        room = _with_the_share(app, reached, EVEN) if scales else _before_the_share(app, reached, 100)
        yield Rung(beside_old, (*seen, Freeze(), room))
    soaked = (Soak(wave.soak, beside_old), _judge(app, None)) if wave.soak else seen
    yield Rung(100, (*soaked, Freeze(), _before_the_share(app, beside_old, 100)))


def _before_the_share(app: App, _before: int, percent: int) -> Capacity:
    """Whoever gets more has the replicas for it first."""
    return Capacity(percent, replicas_for(percent, app.serve.replicas), app.serve.ready_within)


def _with_the_share(app: App, before: int, percent: int) -> Capacity:
    """More replicas would be more of the traffic: those of the present share are there, the rest comes later."""
    there = beside(before, app.serve.replicas) if before else replicas_for(percent, app.serve.replicas)
    return Capacity(percent, there, app.serve.ready_within)


def _where(wave: Wave) -> str:
    return "+".join(wave.clusters)


def _judge(app: App, margin: float | None) -> Judge:
    return judge_of(app.judge, margin)


def judge_of(by: JudgeBy, margin: float | None) -> Judge:
    """What the `judge:` part says, at one margin."""
    return Judge(
        margin,
        alpha=by.alpha,
        beta=by.beta,
        warm_up=by.warm_up,
        deadline=by.deadline,
        inconclusive=by.inconclusive,
        tolerance=1 + by.errors.ignore,
        unit=by.unit,
        window=by.window,
        latency=by.latency.margin if by.latency else None,
        falls=tuple((name, one.counter, one.margin) for name, one in by.falls.items()),
        requests=by.errors.counters.requests if by.errors.counters else "",
        failed=by.errors.counters.failed if by.errors.counters else "",
        buckets=(by.latency and by.latency.buckets) or "",
        pods="" if by.unit == "request" else by.pod_counter,
        promise=None if by.slo is None else 1 - by.slo,
    )


def _approvals(app: App, platform: Platform, wave: Wave) -> tuple[Approval, ...]:
    """What the team asks and what protects the clusters; of the same group the stricter wins."""
    asked: list[ApprovalGate] = list(wave.gates)
    for rule in platform.protection:
        here = not rule.clusters or set(rule.clusters) & set(wave.clusters)
        if here and (not rule.apps or app.app in rule.apps):
            asked += rule.gates
    strict: dict[str, Approval] = {}
    for gate in (ask.approval for ask in asked):
        old = strict.get(gate.from_, Approval(gate.from_, gate.of, gate.expires))
        strict[gate.from_] = Approval(gate.from_, max(old.of, gate.of), min(old.expires, gate.expires))
    return tuple(strict.values())
