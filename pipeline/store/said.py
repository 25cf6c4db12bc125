"""Everything people and the ledger say about a release, read inside the transaction that decides."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Double, Text, exists, or_, select, type_coerce
from sqlalchemy.orm import Session

from ..facts import Count, FreezeSpan, Neighbour, Order, PodCount, Reading, Said, Vote
from ..states import Kind, State
from . import rendered
from .records import AccountRow, ConfigurationRow, FreezeRow, MembershipRow, SampleRow
from .tables import AskedRow, ReleaseRow, TargetRow, VoteRow, unfinished

ROLE_GROUPS = {"viewer": "viewers", "developer": "developers", "release manager": "release-managers", "admin": "admins"}


@dataclass(frozen=True, slots=True)
class Content:
    """What exactly a vote or a gate is about."""

    digest: str
    def_hash: str
    cfg_hash: str


def configuration(session: Session, app: str) -> str:
    """The hash of what the app's targets are configured to be now."""
    row = session.get(ConfigurationRow, app)
    return row.cfg_hash if row is not None else ""


def content_of(session: Session, row: ReleaseRow) -> Content:
    """What a vote given now is for."""
    return Content(row.digest, row.def_hash, rendered.bound(session, row.id, configuration(session, row.app)))


def hear(session: Session, row: ReleaseRow, now: datetime) -> Said:
    """All of it about `row`, but for what was counted: `cases` has that."""
    return Said(
        votes=votes(session, row.id),
        orders=orders(session, row.id),
        freezes=freezes(session, now),
        neighbours=neighbours(session, row),
        verified=verified(session, row),
        cfg_hash=content_of(session, row).cfg_hash,
    )


def votes(session: Session, release_id: int) -> tuple[Vote, ...]:
    """In the order they were given, each with the groups its voter is in now."""
    rows = session.scalars(select(VoteRow).where(VoteRow.release_id == release_id).order_by(VoteRow.id)).all()
    groups = groups_of(session, {row.who for row in rows})
    return tuple(
        Vote(
            step=row.step,
            who=row.who,
            yes=row.yes,
            at=row.at,
            groups=groups[row.who],
            digest=row.digest,
            def_hash=row.def_hash,
            cfg_hash=row.cfg_hash,
            comment=row.comment,
        )
        for row in rows
    )


def groups_of(session: Session, names: set[str]) -> defaultdict[str, frozenset[str]]:
    """The groups of each name: by role, by platform.yaml; an admin is in all. Unknown and disabled ones are in none."""
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    if not names:
        return found
    accounts = session.scalars(select(AccountRow).where(AccountRow.name.in_(names), ~AccountRow.disabled)).all()
    members = session.execute(select(MembershipRow.account, MembershipRow.group_name)).all()
    every = frozenset(group for _, group in members) | frozenset(ROLE_GROUPS.values())
    for account in accounts:
        own = frozenset(group for name, group in members if name == account.name)
        found[account.name] = every if account.role == "admin" else own | {ROLE_GROUPS[account.role]}
    return found


def orders(session: Session, release_id: int) -> tuple[Order, ...]:
    """In the order they were given."""
    rows = session.scalars(select(AskedRow).where(AskedRow.release_id == release_id).order_by(AskedRow.id))
    return tuple(Order(row.verb, row.who, row.at, row.reason, row.passage) for row in rows)


def freezes(session: Session, now: datetime) -> tuple[FreezeSpan, ...]:
    """Those that hold now or may hold later."""
    over = or_(FreezeRow.ends.is_(None), FreezeRow.ends > now)
    rows = session.scalars(select(FreezeRow).where(FreezeRow.lifted_at.is_(None), over).order_by(FreezeRow.id))
    return tuple(span_of(row) for row in rows)


def span_of(row: FreezeRow) -> FreezeSpan:
    return FreezeSpan(row.name, row.reason, row.starts, row.ends, row.weekly, row.zone, row.apps, row.clusters)


def neighbours(session: Session, row: ReleaseRow) -> tuple[Neighbour, ...]:
    """The other unfinished releases of the app."""
    touched = exists().where(TargetRow.release_id == ReleaseRow.id)
    found = session.execute(
        select(ReleaseRow.id, ReleaseRow.kind, touched, ReleaseRow.tested)
        .where(ReleaseRow.app == row.app, ReleaseRow.id != row.id, unfinished())
        .order_by(ReleaseRow.id)
    )
    return tuple(Neighbour(id_, Kind(kind), bool(hit), bool(tested)) for id_, kind, hit, tested in found)


def readings(
    session: Session, release_id: int, *only: ColumnElement[bool], offset: int = 0, limit: int | None = None
) -> tuple[Reading, ...]:
    """The samples of the release, oldest first; `offset` of them are left out, and those behind the next `limit`.

    There may be thousands: the columns are taken as they are stored."""
    found = session.execute(
        select(
            type_coerce(SampleRow.at, Double),
            type_coerce(SampleRow.cluster, Text),
            type_coerce(SampleRow.metric, Text),
            SampleRow.percent,
            SampleRow.healthy,
            type_coerce(SampleRow.pods_json, Text),
            *(type_coerce(SampleRow.canary_source, Text), SampleRow.canary_total, SampleRow.canary_bad),
            *(type_coerce(SampleRow.stable_source, Text), SampleRow.stable_total, SampleRow.stable_bad),
        )
        .where(SampleRow.release_id == release_id, *only)
        .order_by(SampleRow.at, SampleRow.cluster, SampleRow.metric)
        .offset(offset)
        .limit(limit)
    )
    return tuple(_reading(*row) for row in found)


def _reading(
    at: float, cluster: str, metric: str, percent: int, healthy: bool, pods_json: str | None, *counts: Any
) -> Reading:
    canary, stable = _count(*counts[:3]), _count(*counts[3:])
    pods = tuple([PodCount(*pod) for pod in json.loads(pods_json)]) if pods_json else ()
    return Reading(datetime.fromtimestamp(at, UTC), cluster, percent, canary, stable, bool(healthy), metric, pods)


def _count(source: str | None, total: int | None, bad: int | None) -> Count | None:
    return None if source is None or total is None or bad is None else Count(source, total, bad)


def verified(session: Session, row: ReleaseRow) -> frozenset[str]:
    """The clusters where this digest of this app was live before."""
    if not row.digest:
        return frozenset()
    found = session.scalars(
        select(TargetRow.cluster)
        .join(ReleaseRow, ReleaseRow.id == TargetRow.release_id)
        .where(ReleaseRow.app == row.app, ReleaseRow.digest == row.digest, ReleaseRow.state == State.LIVE)
        .distinct()
    )
    return frozenset(found)
