"""Everything people and the ledger say about a release, read inside the transaction that decides."""

import json
from collections import defaultdict
from collections.abc import Sequence
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
    return Content(row.digest, row.def_hash, _bound(session, [row])[row.id])


def hear(session: Session, row: ReleaseRow, now: datetime) -> Said:
    """All of it about `row`, but for what was counted: `cases` has that."""
    return hear_all(session, [row], now)[row.id]


def hear_all(session: Session, rows: Sequence[ReleaseRow], now: datetime) -> dict[int, Said]:
    """The same for several releases by id, in as many statements as for one."""
    votes, orders, spans = _votes(session, rows), _orders(session, rows), freezes(session, now)
    others, places, hashes = _neighbours(session, rows), _verified(session, rows), _bound(session, rows)
    return {
        row.id: Said(
            votes=tuple(votes[row.id]),
            orders=tuple(orders[row.id]),
            freezes=spans,
            neighbours=tuple(one for one in others[row.app] if one.id != row.id),
            verified=frozenset(places[row.app, row.digest]),
            cfg_hash=hashes[row.id],
        )
        for row in rows
    }


def _bound(session: Session, rows: Sequence[ReleaseRow]) -> dict[int, str]:
    """What each release's targets are configured to be, with what was rendered under it."""
    wanted = select(ConfigurationRow.app, ConfigurationRow.cfg_hash)
    found = session.execute(wanted.where(ConfigurationRow.app.in_({row.app for row in rows})))
    hashes = {one.app: one.cfg_hash for one in found}
    return rendered.bound(session, {row.id: hashes.get(row.app, "") for row in rows})


def _votes(session: Session, rows: Sequence[ReleaseRow]) -> defaultdict[int, list[Vote]]:
    """In the order they were given, each with the groups its voter is in now."""
    given = session.scalars(select(VoteRow).where(VoteRow.release_id.in_(_ids(rows))).order_by(VoteRow.id)).all()
    groups = groups_of(session, {vote.who for vote in given})
    found: defaultdict[int, list[Vote]] = defaultdict(list)
    for vote in given:
        found[vote.release_id].append(_vote(vote, groups[vote.who]))
    return found


def _vote(row: VoteRow, groups: frozenset[str]) -> Vote:
    return Vote(
        step=row.step,
        who=row.who,
        yes=row.yes,
        at=row.at,
        groups=groups,
        digest=row.digest,
        def_hash=row.def_hash,
        cfg_hash=row.cfg_hash,
        comment=row.comment,
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


def _orders(session: Session, rows: Sequence[ReleaseRow]) -> defaultdict[int, list[Order]]:
    """In the order they were given."""
    found: defaultdict[int, list[Order]] = defaultdict(list)
    for row in session.scalars(select(AskedRow).where(AskedRow.release_id.in_(_ids(rows))).order_by(AskedRow.id)):
        found[row.release_id].append(Order(row.verb, row.who, row.at, row.reason, row.passage))
    return found


def freezes(session: Session, now: datetime) -> tuple[FreezeSpan, ...]:
    """Those that hold now or may hold later."""
    over = or_(FreezeRow.ends.is_(None), FreezeRow.ends > now)
    rows = session.scalars(select(FreezeRow).where(FreezeRow.lifted_at.is_(None), over).order_by(FreezeRow.id))
    return tuple(span_of(row) for row in rows)


def span_of(row: FreezeRow) -> FreezeSpan:
    return FreezeSpan(row.name, row.reason, row.starts, row.ends, row.weekly, row.zone, row.apps, row.clusters)


def _neighbours(session: Session, rows: Sequence[ReleaseRow]) -> defaultdict[str, list[Neighbour]]:
    """The unfinished releases of each app."""
    touched = exists().where(TargetRow.release_id == ReleaseRow.id)
    wanted = (
        select(ReleaseRow.app, ReleaseRow.id, ReleaseRow.kind, touched, ReleaseRow.tested)
        .where(ReleaseRow.app.in_({row.app for row in rows}), unfinished())
        .order_by(ReleaseRow.id)
    )
    found: defaultdict[str, list[Neighbour]] = defaultdict(list)
    for app, id_, kind, hit, tested in session.execute(wanted):
        found[app].append(Neighbour(id_, Kind(kind), bool(hit), bool(tested)))
    return found


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


def _verified(session: Session, rows: Sequence[ReleaseRow]) -> defaultdict[tuple[str, str], set[str]]:
    """The clusters where each digest of an app was live before."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    digests = {row.digest for row in rows if row.digest}
    if not digests:
        return found
    live = (
        select(ReleaseRow.app, ReleaseRow.digest, TargetRow.cluster)
        .join(TargetRow, TargetRow.release_id == ReleaseRow.id)
        .where(ReleaseRow.app.in_({row.app for row in rows}), ReleaseRow.digest.in_(digests))
        .where(ReleaseRow.state == State.LIVE)
    )
    for app, digest, cluster in session.execute(live):
        found[app, digest].add(cluster)
    return found


def _ids(rows: Sequence[ReleaseRow]) -> list[int]:
    return [row.id for row in rows]
