"""What is new in a release since the version it replaces: commits, definition, configuration of its targets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ..facts import Rendered
from ..states import State
from . import rendered
from .pages import head_of
from .restore import release_of
from .said import configuration
from .shown import Head
from .tables import EventRow, ReleaseRow, TargetRow


@dataclass(frozen=True, slots=True)
class NewCommit:
    """One commit; all three texts come from outsiders."""

    hash: str
    subject: str
    author: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What a release brings into one cluster, beside what the release that is live there brought. None: not rendered,
    or not kept. `since` None: none is live there."""

    cluster: str
    since: Head | None
    before: tuple[Rendered, ...] | None
    after: tuple[Rendered, ...] | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a person approves. `since` None: nothing was live before. `before`, `after`: the two definitions."""

    since: Head | None
    commits: tuple[NewCommit, ...]  # newest first
    before: str
    after: str
    configured_anew: bool
    brought: tuple[Brought, ...] = ()  # in the order of its plan


def live(session: Session, app: str, other_than: int = 0) -> ReleaseRow | None:
    """The release that everybody has."""
    wanted = select(ReleaseRow).where(
        ReleaseRow.app == app, ReleaseRow.state == State.LIVE, ReleaseRow.id != other_than
    )
    return session.scalars(wanted.order_by(ReleaseRow.ended_at.desc(), ReleaseRow.id.desc())).first()


def live_commit(session: Session, app: str) -> str:
    """The commit that everybody has, "" before the first version."""
    row = live(session, app)
    return "" if row is None else row.commit


def changes(session: Session, release_id: int) -> Changes | None:
    """None for a release that does not go forward any more: what it replaced is no longer what is live."""
    row = session.get(ReleaseRow, release_id)
    if row is None or row.ended_at is not None:
        return None
    before, brought = live(session, row.app, row.id), tuple(_brought(session, row))
    if before is None:
        return Changes(None, (), "", row.definition, configured_anew=False, brought=brought)
    commits = tuple(_until(_commits(session, release_id), before.commit))
    anew = before.cfg_hash != row.cfg_hash
    return Changes(head_of(before), commits, before.definition, row.definition, configured_anew=anew, brought=brought)


def _brought(session: Session, row: ReleaseRow) -> Iterator[Brought]:
    """Cluster by cluster: they need not have the same version, nor be configured alike."""
    configured = configuration(session, row.app)
    for cluster in release_of(row, (), row.created_at).everywhere:
        since = _live_in(session, row, cluster)
        before = rendered.latest(session, since.id, cluster) if since else ()
        after = rendered.under(session, row.id, cluster, configured)
        yield Brought(cluster, head_of(since) if since else None, before, after)


def _live_in(session: Session, row: ReleaseRow, cluster: str) -> ReleaseRow | None:
    """The release before this one that cluster has."""
    there = TargetRow.release_id == ReleaseRow.id, TargetRow.cluster == cluster
    wanted = select(ReleaseRow).join(TargetRow, and_(*there))
    wanted = wanted.where(ReleaseRow.app == row.app, ReleaseRow.state == State.LIVE, ReleaseRow.id != row.id)
    return session.scalars(wanted.order_by(ReleaseRow.ended_at.desc(), ReleaseRow.id.desc()).limit(1)).first()


def _commits(session: Session, release_id: int) -> list[NewCommit]:
    wanted = select(EventRow.payload_json).where(EventRow.release_id == release_id, EventRow.kind == "submit")
    told = json.loads(session.scalars(wanted).first() or "{}")
    return [NewCommit(*map(str, one)) for one in told.get("commits", [])]


def _until(commits: list[NewCommit], live_commit: str) -> list[NewCommit]:
    """Without those that went live since the release was made."""
    names = [one.hash for one in commits]
    return commits[: names.index(live_commit)] if live_commit in names else commits
