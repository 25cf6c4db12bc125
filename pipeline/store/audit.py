"""The journals of everything together, as an auditor reads them: filtered, and checked link by link."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session

from . import events, pages
from .settling import SLUICE
from .shown import Event
from .tables import EventRow


@dataclass(frozen=True, slots=True)
class By:
    """What the list is narrowed to. `who`: a name, or "people" or "Sluice" for all of a kind."""

    text: str = ""
    who: str = ""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    release: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line with its place in its chain."""

    event: Event
    seq: int
    epoch: int
    hash: str
    before: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A check of all journals: how many lines there were, and those that are not as they were written."""

    lines: int
    newest: int
    broken: tuple[events.Broken, ...]


def entries(session: Session, by: By, limit: int, before: int = 0) -> tuple[Entry, ...]:
    """Lines, newest first. `before`: older than this number."""
    wanted = _where(by)
    if before:
        wanted.append(EventRow.id < before)
    rows = session.scalars(select(EventRow).where(*wanted).order_by(EventRow.id.desc()).limit(limit))
    return tuple(_entry(row) for row in rows)


def every(session: Session, by: By) -> Iterator[Entry]:
    """All of them, oldest first, read piece by piece."""
    rows = select(EventRow).where(*_where(by)).order_by(EventRow.id).execution_options(yield_per=500)
    return (_entry(row) for row in session.scalars(rows))


def count(session: Session, by: By) -> int:
    """How many lines the list has in all."""
    return session.scalar(select(func.count()).select_from(EventRow).where(*_where(by))) or 0


def kinds(session: Session) -> tuple[str, ...]:
    """Every kind of line there is."""
    return tuple(session.scalars(select(EventRow.kind).distinct().order_by(EventRow.kind)))


def verified(session: Session) -> Verified:
    """Every link of every journal, checked now."""
    newest = session.scalar(select(func.max(EventRow.id))) or 0
    return Verified(count(session, By()), newest, tuple(events.verify(session)))


def _entry(row: EventRow) -> Entry:
    return Entry(pages.event_of(row), row.seq, row.epoch, row.hash, row.prev_hash)


def _where(by: By) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if by.text:
        wanted.append(_says(by.text))
    if by.who == "people":
        wanted.append(EventRow.actor != SLUICE)
    elif by.who:
        wanted.append(EventRow.actor == by.who)
    if by.kind:
        wanted.append(EventRow.kind == by.kind)
    if by.since is not None:
        wanted.append(EventRow.at >= by.since)
    if by.until is not None:
        wanted.append(EventRow.at < by.until)
    if by.release is not None:
        wanted.append(EventRow.release_id == by.release)
    return wanted


def _says(text: str) -> ColumnElement[bool]:
    """In its words, its actor, or as the number of its release."""
    number = text.upper().removeprefix("R-")
    ours = EventRow.release_id == int(number) if number.isascii() and number.isdigit() and len(number) < 10 else false()
    inside = EventRow.payload_json.icontains(text.encode("unicode_escape").decode(), autoescape=True)
    return or_(ours, inside, EventRow.actor.icontains(text, autoescape=True))
