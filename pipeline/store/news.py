"""What happened after an event, in the order of commits: for live streams and for programs that follow along."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import events
from .pages import event_of
from .records import JobRow
from .shown import Event
from .tables import ChainRow, EventRow, ReleaseRow


def since(session: Session, after: int, limit: int) -> tuple[Event, ...]:
    """The lines of all journals after number `after`, oldest first. Numbers rise in the order of commits."""
    wanted = select(EventRow).where(EventRow.id > after).order_by(EventRow.id).limit(limit)
    return tuple(event_of(row) for row in session.scalars(wanted))


def newest(session: Session) -> int:
    """The number of the newest line, 0 before there is one."""
    return session.scalars(select(ChainRow.seq).where(ChainRow.release_id == events.COUNTER)).first() or 0


def revisions(session: Session, releases: Collection[int]) -> dict[int, int]:
    """How many ticks of each of these releases were settled."""
    found = session.execute(select(ReleaseRow.id, ReleaseRow.revision).where(ReleaseRow.id.in_(releases)))
    return {row.id: row.revision for row in found}


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The newest attempt of a step, and how far its log is."""

    job: str
    attempt: int
    size: int
    done: bool


def log_end(session: Session, release_id: int, step: str) -> LogEnd | None:
    """Where the log of this step ends now; None before it began."""
    wanted = select(JobRow).where(JobRow.release_id == release_id, JobRow.step == step)
    row = session.scalars(wanted.order_by(JobRow.attempt.desc()).limit(1)).first()
    return None if row is None else LogEnd(row.name, row.attempt, row.log_size, row.log_done)
