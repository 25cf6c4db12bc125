"""Journals: append-only, each line chained to the one before by its hash, all numbered in the order of commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .columns import canonical
from .tables import ChainRow, EventRow

INSTALLATION = 0  # the journal of everything that belongs to no release
COUNTER = -1  # the row that numbers all events


@dataclass(frozen=True, slots=True)
class Broken:
    """A line of a journal that is not as it was written, and why."""

    release_id: int
    seq: int
    why: str


def open_chain(session: Session, release_id: int) -> None:
    """Begin the journal of a new release."""
    session.add(ChainRow(release_id=release_id, seq=0, head=""))
    session.flush()


def append(
    session: Session,
    at: datetime,
    kind: str,
    payload: Mapping[str, object],
    *,
    actor: str,
    release_id: int = INSTALLATION,
    epoch: int = 0,
) -> int:
    """
    One more line; its number.

    The counter's row stays locked until the commit, so numbers appear in their order and a reader of "number > last"
    misses none. Take every other lock of the transaction before.
    """
    number, _ = _next(session, COUNTER)
    seq, before = _next(session, release_id)
    row = EventRow(
        id=number,
        release_id=release_id,
        seq=seq,
        epoch=epoch,
        kind=kind,
        payload_json=canonical(payload),
        actor=actor.replace("\0", ""),
        at=at,
        prev_hash=before,
    )
    row.hash = _hash(row)
    session.add(row)
    session.execute(update(ChainRow).where(ChainRow.release_id == release_id).values(head=row.hash))
    session.flush()
    return number


def verify(session: Session, release_id: int | None = None) -> list[Broken]:
    """Every line that was changed, added, moved or cut off, in one journal or in all."""
    lines = select(EventRow).order_by(EventRow.release_id, EventRow.seq)
    ends = select(ChainRow).where(ChainRow.release_id != COUNTER).order_by(ChainRow.release_id)
    if release_id is not None:
        lines, ends = (
            lines.where(EventRow.release_id == release_id),
            ends.where(ChainRow.release_id == release_id),
        )
    left = {row.release_id: row for row in session.scalars(ends)}
    broken: list[Broken] = []
    last: EventRow | None = None
    for row in session.scalars(lines.execution_options(yield_per=500)):
        if last is not None and last.release_id != row.release_id:
            broken += _end(last, left.pop(last.release_id, None))
            last = None
        broken += _link(row, last)
        last = row
    if last is not None:
        broken += _end(last, left.pop(last.release_id, None))
    return broken + [Broken(row.release_id, row.seq, "all lines are missing") for row in left.values() if row.seq]


def _link(row: EventRow, before: EventRow | None) -> list[Broken]:
    seq, head = (before.seq, before.hash) if before is not None else (0, "")
    if row.seq != seq + 1:
        return [Broken(row.release_id, row.seq, f"line {seq + 1} is missing")]
    if row.prev_hash != head:
        return [Broken(row.release_id, row.seq, "it does not follow the line before")]
    if row.hash != _hash(row):
        return [Broken(row.release_id, row.seq, "it was changed")]
    return []


def _end(last: EventRow, chain: ChainRow | None) -> list[Broken]:
    if chain is None or (chain.seq, chain.head) != (last.seq, last.hash):
        return [Broken(last.release_id, last.seq, "the end of the journal is not where it was written")]
    return []


def _next(session: Session, release_id: int) -> tuple[int, str]:
    raised = update(ChainRow).where(ChainRow.release_id == release_id).values(seq=ChainRow.seq + 1)
    seq, head = session.execute(raised.returning(ChainRow.seq, ChainRow.head)).one()
    return seq, head


def _hash(row: EventRow) -> str:
    told = [
        row.release_id,
        row.seq,
        row.epoch,
        row.kind,
        row.payload_json,
        row.actor,
        row.at.timestamp(),
        row.prev_hash,
    ]
    return sha256(canonical(told).encode()).hexdigest()
