"""Rows become the release they are about, and a new release becomes rows."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..definition.app import App
from ..pinned import pin, unpin, unpin_objects
from ..plan import Plan, passages
from ..release import Release, Target
from ..states import Kind, Reason, State
from .tables import ReleaseRow, RequiredRow, TargetRow


@dataclass(frozen=True, slots=True)
class NewRelease:
    """What a release is made from. The same `key` gives the same release; "" = one per app, kind and commit."""

    app: str
    tenant: str
    commit: str
    spec: App
    plan: Plan
    definition: str  # the text of sluice.yaml
    def_hash: str
    kind: Kind = Kind.NORMAL
    digest: str = ""  # known already: a return, or a re-run of what is built
    version: str = ""  # "" = the short commit
    subject: str = ""
    authors: frozenset[str] = frozenset()
    key: str = ""
    objects: Mapping[str, Any] = field(default_factory=dict)  # its own Kubernetes objects, from the commit
    commits: tuple[tuple[str, str, str], ...] = ()  # hash, subject, author: new since what was live, newest first


@dataclass(frozen=True, slots=True)
class Refusal:
    """A commit whose definition cannot be used, and why."""

    app: str
    tenant: str
    commit: str
    definition: str
    def_hash: str
    why: str
    version: str = ""
    subject: str = ""
    authors: frozenset[str] = frozenset()
    key: str = ""


def key_of(new: NewRelease | Refusal) -> str:
    """What makes submitting twice the same as once."""
    kind = new.kind if isinstance(new, NewRelease) else Kind.NORMAL
    return new.key or f"{kind} {new.app} {new.commit}"


def row_of(new: NewRelease | Refusal, cfg_hash: str, now: datetime) -> ReleaseRow:
    """The row of a release that was just asked for."""
    row = ReleaseRow(
        key=key_of(new),
        app=new.app,
        tenant=new.tenant,
        commit=new.commit,
        subject=new.subject,
        version=new.version or new.commit[:7],
        authors=new.authors,
        definition=new.definition,
        def_hash=new.def_hash,
        cfg_hash=cfg_hash,
        since=now,
        raised=now,
        created_at=now,
        held_until=now,
        due=now,
        looked_at=now,
    )
    if isinstance(new, NewRelease):
        row.kind, row.state, row.digest = new.kind, State.RUNNING, new.digest
        row.plan_json, row.tested = pin(new.spec, new.plan, new.objects), new.kind is Kind.RETURN
    else:
        row.kind, row.state, row.plan_json = Kind.NORMAL, State.ROLLED_BACK, ""
        row.reason_kind, row.why, row.ended_at = Reason.FAILED, new.why, now
    return row


def told_of(new: NewRelease | Refusal, row: ReleaseRow) -> tuple[str, dict[str, object]]:
    """The first line of its journal: its kind, and what is kept with it."""
    told: dict[str, object] = {"app": new.app, "commit": new.commit, "version": row.version}
    told |= {"kind": row.kind, "why": row.why}
    if isinstance(new, Refusal):
        return "refuse", told
    return "submit", told | ({"commits": new.commits} if new.commits else {})


def required_of(release_id: int, plan: Plan) -> list[RequiredRow]:
    """Every passage of the plan and the gates it asks for, as the database checks them."""
    asked = {(ahead.name, gate) for ahead in passages(plan) for gate in ("", *(gate.name for gate in ahead.gates))}
    return [RequiredRow(release_id=release_id, passage=passage, gate=gate) for passage, gate in sorted(asked)]


def targets_of(session: Session, *release_ids: int) -> list[TargetRow]:
    """What the releases touched, each in the order in which it did."""
    order = (TargetRow.wave, TargetRow.touched_at, TargetRow.cluster)
    return list(session.scalars(select(TargetRow).where(TargetRow.release_id.in_(release_ids)).order_by(*order)))


def release_of(
    row: ReleaseRow, targets: Iterable[TargetRow], now: datetime, rendered: frozenset[tuple[str, str]] = frozenset()
) -> Release:
    """The release these rows are about, as read at `now`."""
    spec, plan, objects = _unpin(row.plan_json)
    return Release(
        id=row.id,
        app=row.app,
        spec=spec,
        plan=plan,
        state=State(row.state),
        at=row.at,
        percent=row.percent,
        since=row.since,
        raised=row.raised,
        read_at=now,
        kind=Kind(row.kind),
        version=row.version,
        commit=row.commit,
        digest=row.digest,
        def_hash=row.def_hash,
        cfg_hash=row.cfg_hash,
        authors=row.authors,
        targets=tuple(Target(t.cluster, t.service, t.slot, t.previous, t.wave, t.open) for t in targets),
        reason=Reason(row.reason_kind) if row.reason_kind else None,
        why=row.why,
        undo_waves=tuple(json.loads(row.undo_waves)),
        attempt=row.attempt,
        rendered=rendered,
        objects=objects,
    )


@lru_cache(maxsize=256)
def _unpin(text: str) -> tuple[App, Plan, Mapping[str, Any]]:
    return *unpin(text), unpin_objects(text)
