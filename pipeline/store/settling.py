"""A decision becomes rows: the only lines in the project that store where a release is."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from .. import explain
from ..decision import Decision, Hold, Ruling
from ..errors import Lost
from ..facts import Count, Facts, PodCount, Reading
from ..lease import Lease
from ..plan import Stage
from ..release import Release
from ..states import TERMINAL
from ..verdict import Pass
from . import events, rendered, sealing
from .records import SampleRow
from .said import Content
from .session import insert_once
from .tables import ReleaseRow, TargetRow

LONGEST_LOOK = timedelta(seconds=300)
SLUICE = "Sluice"  # the actor of decisions
NUMBERS = re.compile(r"(?<![A-Za-z0-9])\d[\d.,:]*")


def held(session: Session, lease: Lease, now: datetime) -> ReleaseRow:
    """The row, locked, if the lease still holds; what was said about it cannot change until the commit."""
    row = session.scalars(select(ReleaseRow).where(ReleaseRow.id == lease.release_id).with_for_update()).one()
    if row.epoch != lease.epoch:
        raise Lost(f"R-{row.id} was taken over by epoch {row.epoch} while epoch {lease.epoch} worked; nothing written")
    if row.held_until <= now:
        raise Lost(f"The lease of R-{row.id} ran out at {row.held_until:%H:%M:%S}; nothing written")
    return row


def store_facts(session: Session, row: ReleaseRow, release: Release, facts: Facts, now: datetime) -> None:
    """What this look saw, and what was rendered in it. Writing the same again changes nothing."""
    rendered.store(session, row.id, facts.rendering, now)
    for reading in facts.readings:
        insert_once(session, SampleRow, release_id=row.id, step=release.step.name, **_sample(reading))


def _sample(reading: Reading) -> dict[str, object]:
    return {
        "cluster": reading.cluster,
        "metric": reading.metric,
        "at": reading.at,
        "percent": reading.percent,
        "healthy": reading.healthy,
        **_counts("canary", reading.canary),
        **_counts("stable", reading.stable),
        "pods_json": _pods(reading.pods),
    }


def _pods(pods: tuple[PodCount, ...]) -> str | None:
    told = [[pod.name, pod.canary, pod.total, pod.bad] for pod in pods]
    return json.dumps(told, separators=(",", ":")) if told else None


def _counts(arm: str, count: Count | None) -> dict[str, object]:
    if count is None:
        return {f"{arm}_source": None, f"{arm}_total": None, f"{arm}_bad": None}
    return {f"{arm}_source": count.source, f"{arm}_total": count.total, f"{arm}_bad": count.bad}


def make_room(session: Session, after: Release, ruling: Ruling) -> Ruling:
    """Hold instead of entering a cluster where another release has its canary (I7); the index there is the belt."""
    for target in after.targets:
        taken = select(TargetRow.release_id).where(
            TargetRow.service == target.service,
            TargetRow.cluster == target.cluster,
            TargetRow.open,
            TargetRow.release_id != after.id,
        )
        other = session.scalars(taken).first() if target.open else None
        if other is not None:
            return Ruling(Hold(f"Waits: R-{other} has its canary in {target.cluster}"), ruling.passage, ruling.judged)
    return ruling


@dataclass(frozen=True, slots=True)
class Change:
    """One decision on its way into the rows."""

    before: Release
    after: Release
    ruling: Ruling
    facts: Facts
    cfg_hash: str
    now: datetime


def write(session: Session, row: ReleaseRow, change: Change) -> None:
    """Everything the decision changes, except when to look next. The journal comes last: it locks all journals."""
    news = _is_news(row, change.ruling.decision)
    _store_release(row, change)
    _store_targets(session, row, change)
    session.flush()
    content = Content(change.after.digest, row.def_hash, change.cfg_hash)
    if change.ruling.judged or change.ruling.crosses:
        sealing.record(session, row, change.ruling, content, change.now)
    if change.ruling.crosses:
        sealing.cross(session, row, change.ruling.passage, content, change.now)
    if news:
        kind = type(change.ruling.decision).__name__.lower()
        told = _told(change)
        events.append(session, change.now, kind, told, actor=SLUICE, release_id=row.id, epoch=row.epoch)


def _store_release(row: ReleaseRow, change: Change) -> None:
    after, decision = change.after, change.ruling.decision
    row.at, row.percent, row.state = after.at, after.percent, after.state
    row.since, row.raised = after.since, after.raised
    row.reason_kind, row.why = after.reason, after.why
    row.undo_waves = json.dumps(after.undo_waves)
    row.digest = after.digest
    row.tested = row.tested or _tested(after, change.ruling)
    row.waiting, row.who, row.until = "", "", None
    if isinstance(decision, Hold):
        row.waiting, row.who, row.until = decision.why, decision.who, decision.until
    if after.ended:
        row.ended_at = change.now


def _tested(after: Release, ruling: Ruling) -> bool:
    passed = any(one.gate == "tests" and isinstance(one.verdict, Pass) for one in ruling.judged)
    return passed or after.step.stage not in (Stage.BUILD, Stage.TEST)


def _store_targets(session: Session, row: ReleaseRow, change: Change) -> None:
    for target in change.after.targets:
        stored = session.get(TargetRow, (row.id, target.cluster, target.service))
        if stored is None:
            stored = TargetRow(release_id=row.id, cluster=target.cluster, service=target.service)
            stored.touched_at = change.now
            session.add(stored)
        stored.wave, stored.slot, stored.previous, stored.open = target.wave, target.slot, target.previous, target.open
        seen = change.facts.clusters.get(target.cluster)
        if seen is not None:
            stored.trouble, stored.seen_at = seen.trouble, change.now
            if not seen.trouble:
                stored.share_seen = seen.weights.get(target.slot, 0)


def _told(change: Change) -> dict[str, object]:
    """What the journal keeps: the sentence, and where the release is now, so that the row can be rebuilt."""
    after = change.after
    return {
        "text": explain.journal(change.before, change.ruling.decision),
        "passage": change.ruling.passage,
        "crossed": change.ruling.crosses,
        "state": after.state,
        "step": after.step.name,
        "at": after.at,
        "percent": after.percent,
        "digest": after.digest,
        "reason": after.reason,
        "why": after.why,
        "undo_waves": after.undo_waves,
        "targets": [
            [target.cluster, target.service, target.slot, target.previous, target.open] for target in after.targets
        ],
    }


def let_go(session: Session, row: ReleaseRow, decision: Decision, now: datetime, stays: timedelta) -> timedelta | None:
    """Give the lease back and say when to look next. What was said meanwhile moved `due` forward: then it stays.

    Whoever waits for that look (`stays`) counts as rung for: if it dies, the sweeper rings a little later.
    """
    woken = row.due < row.held_until
    due = now
    if isinstance(decision, Hold) and not woken:
        due = now + min(decision.look_again, LONGEST_LOOK)
    soon = due - now
    rung = now if timedelta() < soon <= stays else None
    session.flush()
    written = session.execute(
        update(ReleaseRow)
        .where(ReleaseRow.id == row.id, ReleaseRow.epoch == row.epoch, ReleaseRow.revision == row.revision)
        .values(revision=row.revision + 1, held_until=now, due=due, looked_at=now, rung_at=rung)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(written, CursorResult) or written.rowcount != 1:
        raise Lost(f"R-{row.id} was changed by another worker; nothing written")
    return None if soon > stays or row.state in TERMINAL else soon


def _is_news(row: ReleaseRow, decision: Decision) -> bool:
    """A hold is news when its meaning changes, not when its numbers do."""
    if not isinstance(decision, Hold):
        return True
    return (_meaning(decision.why), decision.who) != (_meaning(row.waiting), row.who)


def _meaning(sentence: str) -> str:
    return NUMBERS.sub("#", sentence)
