"""Values of the store become answers of the API."""

from collections.abc import Iterable, Mapping
from math import isfinite

from pipeline import explain
from pipeline.judge.planned import Planned, Traffic, slowest
from pipeline.plan import Step
from pipeline.release import Release
from pipeline.states import State
from pipeline.store.inbox import Fate
from pipeline.store.shown import Entered, Event, Head, JobShown, Placed, Result, Told

from .. import permits
from ..acting import shown_of
from ..actions import ACTIONS, may
from ..gives import (
    DeliveryOut,
    EventOut,
    FreezeOut,
    GateOut,
    JobOut,
    PossibleOut,
    ReleaseOut,
    ShownOut,
    StepOut,
    TargetOut,
    WaitingOut,
    WaitOut,
    WholeReleaseOut,
)
from ..gives_units import PathOut
from ..present import evidence
from ..roles import User


def release(head: Head) -> ReleaseOut:
    return ReleaseOut(
        id=head.id,
        app=head.app,
        tenant=head.tenant,
        kind=head.kind,
        version=head.version,
        commit=head.commit,
        subject=head.subject,
        authors=sorted(head.authors),
        digest=head.digest,
        state=head.state,
        reason=head.reason,
        why=head.why,
        waiting=head.waiting,
        who=head.who,
        until=head.until,
        colour=explain.colour(head.state, head.reason),
        created_at=head.created_at,
        since=head.since,
        ended_at=head.ended_at,
    )


def whole(told: Told, user: User) -> WholeReleaseOut:
    """One release with everything that belongs to it, and what the asker may do to it."""
    return WholeReleaseOut(
        **release(told.head).model_dump(),
        stands=stands(told),
        percent=told.release.percent if told.release else 0,
        plan=plan(told.release, told.traffic) if told.release else [],
        targets=[target(one) for one in told.placed],
        gates=[gate(one) for one in told.results],
        paths=[
            PathOut(cluster=cluster, unit=one.unit, window=one.window, why=one.why)
            for cluster, one in evidence.paths(told).items()
        ],
        jobs=[job(one) for one in told.jobs],
        actions=possible(told, user),
        shown=shown(told),
    )


def stands(told: Told) -> str:
    """Where it stands and why it waits there, as the page says it."""
    head = told.head
    if told.release is None:
        return head.why
    return explain.standing(told.release, head.waiting, head.who, head.until)


def plan(walked: Release, traffic: Mapping[str, Traffic]) -> list[StepOut]:
    return [_step(number, step, walked, traffic) for number, step in enumerate(walked.plan)]


def _step(number: int, step: Step, walked: Release, traffic: Mapping[str, Traffic]) -> StepOut:
    done = number < walked.at or walked.state is State.LIVE
    ahead = number > walked.at and walked.state is State.RUNNING
    return StepOut(
        name=step.name,
        stage=step.stage,
        wave=step.wave,
        clusters=list(step.clusters),
        rungs=[rung.percent for rung in step.rungs],
        place="done" if done else "here" if number == walked.at else "ahead",
        waits=[_wait(one) for one in slowest(step, traffic)] if ahead else [],
    )


def _wait(planned: Planned) -> WaitOut:
    """JSON has no infinity."""
    promote, double = (seconds if isfinite(seconds) else None for seconds in (planned.promote, planned.double))
    return WaitOut(percent=planned.percent, promote=promote, double=double, deadline=planned.deadline)


def delivery(fate: Fate) -> DeliveryOut:
    return DeliveryOut(
        id=fate.id,
        source=fate.source,
        state=fate.state,
        reason=fate.reason,
        release=fate.release,
        received_at=fate.received_at,
    )


def target(placed: Placed) -> TargetOut:
    return TargetOut(
        cluster=placed.cluster,
        wave=placed.wave,
        slot=placed.slot,
        previous=placed.previous,
        share=placed.share,
        trouble=placed.trouble,
    )


def gate(result: Result) -> GateOut:
    return GateOut(
        passage=result.passage,
        gate=result.gate,
        verdict=result.verdict,
        why=result.why,
        who=result.who,
        until=result.until,
        at=result.at,
        rules=result.rules,
    )


def job(shown: JobShown) -> JobOut:
    return JobOut(
        name=shown.name,
        step=shown.step,
        attempt=shown.attempt,
        state=shown.state,
        why=shown.why,
        started_at=shown.started_at,
        ended_at=shown.ended_at,
        log_size=shown.log_size,
        log_done=shown.log_done,
    )


def possible(told: Told, user: User) -> list[PossibleOut]:
    """Every verb on a release, and why not."""
    return [
        PossibleOut(name=action.name, label=action.label, why_not=may(action, user, told) or "")
        for action in ACTIONS.values()
        if action.on == "release"
    ]


def shown(told: Told) -> ShownOut:
    now = shown_of(told)
    return ShownOut(digest=now.digest, def_hash=now.def_hash, cfg_hash=now.cfg_hash)


def waiting(found: Iterable[Told], user: User) -> list[WaitingOut]:
    """The releases that wait for people."""
    return [
        WaitingOut(
            release=release(told.head),
            passage=told.release.ahead.name,
            groups=sorted({asked.group for asked in permits.approvals_ahead(told.release)}),
            shown=shown(told),
            why_not=may(ACTIONS["approve"], user, told) or "",
        )
        for told in found
        if told.release is not None
        and told.head.state is State.RUNNING
        and told.head.digest
        and permits.approvals_ahead(told.release)
    ]


def event(one: Event) -> EventOut:
    return EventOut(id=one.number, release=one.release_id, kind=one.kind, text=one.text, actor=one.actor, at=one.at)


def freeze(entered: Entered) -> FreezeOut:
    span = entered.span
    return FreezeOut(
        id=entered.id,
        name=span.name,
        reason=span.reason,
        starts=span.starts,
        ends=span.ends,
        weekly=span.weekly,
        zone=span.zone,
        apps=sorted(span.apps),
        clusters=sorted(span.clusters),
        source=entered.source,
        who=entered.who,
    )
