"""What this process knows of logs it has shown: where their lines are and what was looked for in them."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from pipeline.store import logs
from pipeline.store.session import Session

from .loglines import STRIDE, Index, extended, hits

KEPT = 16  # logs; an index of a million lines takes 200 kB
V = TypeVar("V")


class Shelf(Generic[V]):
    """The latest few of what takes long to find. Two who ask at once may both look; that is only slower."""

    def __init__(self, most: int) -> None:
        self._most, self._kept, self._lock = most, OrderedDict[Hashable, V](), Lock()

    def get(self, key: Hashable) -> V | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, value: V) -> V:
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a log: their bytes, the number of the first, and when each byte was copied."""

    data: bytes
    first: int
    start: int
    written: tuple[tuple[int, datetime], ...]

    def when(self, place: int) -> datetime | None:
        """When the byte `place` of the log was copied."""
        piece = bisect_right(self.written, place, key=_place) - 1
        return self.written[piece][1] if piece >= 0 else None


class Book:
    """Indexes and searches by log. A log only grows, so what is known of it stays true."""

    def __init__(self) -> None:
        self._indexes: Shelf[Index] = Shelf(KEPT)
        self._hits: Shelf[tuple[int, ...]] = Shelf(KEPT)

    def index(self, session: Session, job: str) -> Index:
        """The index of all that is stored of the log now."""
        known = self._indexes.get(job) or Index()
        before = known.size
        for _, data in logs.pieces(session, job, before):
            known = extended(known, data)
        return self._indexes.put(job, known) if known.size > before else known

    def hits(self, session: Session, job: str, wanted: str) -> tuple[int, ...]:
        """The lines that say `wanted`, in the whole log as it is now."""
        size = self.index(session, job).size
        key = (job, size, wanted)
        if (found := self._hits.get(key)) is not None:
            return found
        return self._hits.put(key, hits((data for _, data in logs.pieces(session, job)), wanted))


def part(session: Session, job: str, index: Index, first: int, last: int) -> Part:
    """Lines `first` to `last`, one read of the bytes between two known places."""
    known = min((first - 1) // STRIDE, len(index.places) - 1)
    start = index.places[known]
    after = -(-last // STRIDE)
    end = index.places[after] if after < len(index.places) else index.size
    data = logs.read(session, job, start, end - start)
    at = _nth(data, first - 1 - known * STRIDE)
    stop = _nth(data, last - known * STRIDE)
    return Part(data[at:stop], first, start + at, logs.written(session, job))


def _nth(data: bytes, lines: int) -> int:
    """Where in `data` so many lines have ended; its end when there are fewer."""
    at = 0
    for _ in range(lines):
        at = data.find(b"\n", at) + 1
        if at == 0:
            return len(data)
    return at


def _place(piece: tuple[int, datetime]) -> int:
    return piece[0]
