"""What is new in a release since the version it replaces: commits, definition, configuration of its targets."""

import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..states import State
from .pages import head_of
from .shown import Head
from .tables import EventRow, ReleaseRow


@dataclass(frozen=True, slots=True)
class NewCommit:
    """One commit; all three texts come from outsiders."""

    hash: str
    subject: str
    author: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a person approves. `since` None: nothing was live before. `before`, `after`: the two definitions."""

    since: Head | None
    commits: tuple[NewCommit, ...]  # newest first
    before: str
    after: str
    configured_anew: bool


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
    before = live(session, row.app, row.id)
    if before is None:
        return Changes(None, (), "", row.definition, configured_anew=False)
    commits = tuple(_until(_commits(session, release_id), before.commit))
    anew = before.cfg_hash != row.cfg_hash
    return Changes(head_of(before), commits, before.definition, row.definition, configured_anew=anew)


def _commits(session: Session, release_id: int) -> list[NewCommit]:
    wanted = select(EventRow.payload_json).where(EventRow.release_id == release_id, EventRow.kind == "submit")
    told = json.loads(session.scalars(wanted).first() or "{}")
    return [NewCommit(*map(str, one)) for one in told.get("commits", [])]


def _until(commits: list[NewCommit], live_commit: str) -> list[NewCommit]:
    """Without those that went live since the release was made."""
    names = [one.hash for one in commits]
    return commits[: names.index(live_commit)] if live_commit in names else commits
