"""What a log has grown by, in whole lines; its place is one number that also names the attempt."""

from dataclasses import dataclass

from pipeline.store import logs, news
from pipeline.store.session import Sessions

from .topics import Log

PIECE = 65_536
ATTEMPT = 2**40  # bytes; more than a log can have


@dataclass(frozen=True, slots=True)
class Growth:
    """A piece of a log, and the place after it."""

    job: str
    attempt: int
    offset: int
    data: bytes
    done: bool

    @property
    def place(self) -> int:
        return self.attempt * ATTEMPT + self.offset + len(self.data)

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


def grown(sessions: Sessions, log: Log, place: int) -> Growth | None:
    """The next piece of the log after `place`; None while there is none. A new attempt begins at its beginning."""
    with sessions.reading() as session:
        end = news.log_end(session, log.release, log.step)
        if end is None:
            return None
        attempt, offset = divmod(place, ATTEMPT)
        if attempt != end.attempt:
            offset = 0
        data = logs.read(session, end.job, offset, PIECE)
    done = end.done and offset + len(data) >= end.size
    kept = data if done or len(data) == PIECE else data[: data.rfind(b"\n") + 1]
    return Growth(end.job, end.attempt, offset, kept, done) if kept else None


def place_of(sessions: Sessions, log: Log, offset: int | None) -> int:
    """The place at byte `offset` of the newest attempt; None is its end."""
    with sessions.reading() as session:
        end = news.log_end(session, log.release, log.step)
    if end is None:
        return 0
    return end.attempt * ATTEMPT + (end.size if offset is None else min(offset, end.size))
