"""Jobs and their output: copied by offset, so that a piece written twice is there once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from .records import JobRow, LogRow
from .session import Sessions, insert_once
from .tables import ReleaseRow

PIECE = 65_536  # bytes of one row
LARGEST = 64 * 1024 * 1024  # bytes kept of one job
CUT = b"\n[The log is longer than 64 MiB; the rest is not kept.]\n"


class Logs:
    """One method, one transaction."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def begin(self, name: str, release_id: int, step: str, attempt: int) -> None:
        """Know a job. Knowing it already is fine."""
        with self._sessions.reading() as session:
            if session.get(JobRow, name) is not None:
                return
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            insert_once(
                session,
                JobRow,
                name=name,
                release_id=release_id,
                step=step,
                attempt=attempt,
                state="running",
                started_at=now,
            )

    def end(self, name: str, state: str, why: str = "") -> None:
        """The job has ended (`done` or `failed`) and all of its output is here."""
        with self._sessions.writing() as session:
            row = session.get_one(JobRow, name, with_for_update=True)
            if row.log_done:
                return
            row.state, row.why, row.log_done = state, why, True
            row.ended_at = self._sessions.now(session)

    def open(self) -> tuple[str, ...]:
        """The jobs whose output is not complete yet."""
        with self._sessions.reading() as session:
            return tuple(session.scalars(select(JobRow.name).where(~JobRow.log_done).order_by(JobRow.started_at)))

    def forsaken(self) -> tuple[str, ...]:
        """Of these, the jobs whose release has ended: nobody waits for them."""
        ended = select(ReleaseRow.id).where(ReleaseRow.ended_at.is_not(None))
        with self._sessions.reading() as session:
            return tuple(session.scalars(select(JobRow.name).where(~JobRow.log_done, JobRow.release_id.in_(ended))))

    def size(self, name: str) -> int:
        """How many bytes of the job's output are here."""
        with self._sessions.reading() as session:
            return session.scalars(select(JobRow.log_size).where(JobRow.name == name)).first() or 0

    def append(self, name: str, offset: int, data: bytes) -> int:
        """
        Keep `data`, which begins at byte `offset`; how many bytes are here now.

        Several may copy the same log: what is here already is not written again, and what would leave a gap is not
        written at all.
        """
        with self._sessions.writing() as session:
            row = session.get_one(JobRow, name, with_for_update=True)
            fresh = data[row.log_size - offset :] if offset <= row.log_size else b""
            if fresh:
                _add(session, row, fresh, self._sessions.now(session))
            return row.log_size

    def read(self, name: str, offset: int, limit: int = 262_144) -> bytes:
        """Up to `limit` bytes of the job's output from byte `offset`."""
        with self._sessions.reading() as session:
            return read(session, name, offset, limit)

    def tidy(self, older: timedelta = timedelta(days=90)) -> int:
        """Forget the output of the jobs of releases that ended long ago; how many pieces went."""
        with self._sessions.writing() as session:
            before = self._sessions.now(session) - older
            old = select(JobRow.name).join(ReleaseRow, ReleaseRow.id == JobRow.release_id)
            names = session.scalars(old.where(ReleaseRow.ended_at < before)).all()
            pieces = session.execute(select(LogRow.job, LogRow.offset).where(LogRow.job.in_(names)).limit(1000)).all()
            for job, offset in pieces:
                session.execute(delete(LogRow).where(LogRow.job == job, LogRow.offset == offset))
            return len(pieces)


def read(session: Session, name: str, offset: int, limit: int) -> bytes:
    """Up to `limit` bytes of a job's output from byte `offset`."""
    near = (LogRow.job == name, LogRow.offset > offset - PIECE, LogRow.offset < offset + limit)
    rows = session.execute(select(LogRow.offset, LogRow.data).where(*near).order_by(LogRow.offset)).all()
    whole = b"".join(bytes(row.data) for row in rows)
    first = rows[0].offset if rows else offset
    return whole[max(0, offset - first) :][:limit]


def pieces(session: Session, name: str, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Each stored piece from byte `start` on, with its place; `start` is the end of a piece."""
    rows = select(LogRow.offset, LogRow.data).where(LogRow.job == name, LogRow.offset >= start)
    for row in session.execute(rows.order_by(LogRow.offset).execution_options(yield_per=16)):
        yield row.offset, bytes(row.data)


def written(session: Session, name: str) -> tuple[tuple[int, datetime], ...]:
    """When each piece was copied, with its place: as near to the time of a line as anybody knows."""
    rows = session.execute(select(LogRow.offset, LogRow.at).where(LogRow.job == name).order_by(LogRow.offset))
    return tuple((row.offset, row.at) for row in rows)


def _add(session: Session, row: JobRow, data: bytes, now: datetime) -> None:
    """Beyond the largest size only the count goes on, so that copying comes to its end."""
    kept = data[: max(0, LARGEST - row.log_size)]
    for start in range(0, len(kept), PIECE):
        piece = kept[start : start + PIECE]
        session.add(LogRow(job=row.name, offset=row.log_size + start, data=piece, at=now))
    if row.log_size <= LARGEST < row.log_size + len(data):
        session.add(LogRow(job=row.name, offset=LARGEST, data=CUT, at=now))
    row.log_size += len(data)
