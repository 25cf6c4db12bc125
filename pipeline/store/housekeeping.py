"""What a database needs from time to time, so that it stays small and quick for years."""

from datetime import timedelta

from sqlalchemy import delete, select

from .records import CaseRow, SampleRow
from .session import Sessions
from .tables import ReleaseRow

AT_ONCE = 200  # releases whose samples go in one transaction, so that nobody waits long for the write lock


def tidy(sessions: Sessions, older: timedelta = timedelta(days=90)) -> int:
    """
    Forget the samples of releases that ended long ago; how many releases lost theirs.

    What the judge said of them stays with the gate results. On SQLite the write-ahead log goes back to zero bytes,
    unless a reader still needs it.
    """
    with sessions.writing() as session:
        before = sessions.now(session) - older
        sampled = select(SampleRow.release_id).where(SampleRow.release_id == ReleaseRow.id).exists()
        old = select(ReleaseRow.id).where(ReleaseRow.ended_at < before, sampled).order_by(ReleaseRow.ended_at)
        ids = session.scalars(old.limit(AT_ONCE)).all()
        for row in (SampleRow, CaseRow):
            session.execute(delete(row).where(row.release_id.in_(ids)))
    if sessions.engine.dialect.name == "sqlite":
        _shrink_log(sessions)
    return len(ids)


def _shrink_log(sessions: Sessions) -> None:
    connection = sessions.engine.raw_connection()  # a checkpoint is not possible inside a transaction
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
