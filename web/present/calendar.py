"""Freezes as people plan them: what holds now, what comes next, and what it covers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline import windows
from pipeline.facts import FreezeSpan
from pipeline.store.shown import Entered

from .week import begun, key
from .words import day, people


@dataclass(frozen=True, slots=True)
class Row:
    """One freeze in the list."""

    id: int
    key: str  # its letter in the week
    name: str
    reason: str
    status: str  # holds, coming, or the trouble with its rule
    colour: str
    when: str
    then: str
    covers: str
    by: str
    lifts: bool  # people can lift it here
    starts: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """Whether the line is open, for the side bar."""

    word: str
    colour: str
    icon: str
    note: str


def rows(found: Iterable[Entered], now: datetime) -> tuple[Row, ...]:
    """Those that hold first, then by their next start."""
    made = [_row(one, now, key(number)) for number, one in enumerate(found)]
    return tuple(sorted(made, key=lambda row: (row.status != "holds now", row.starts)))


def line(found: Iterable[Entered], now: datetime) -> Line:
    """What the side bar says."""
    spans = [one.span for one in found]
    held, ahead = windows.active(spans, now), windows.next_start(spans, now)
    note = f"Next freeze {day(ahead.starts, now)}" if ahead and ahead.starts else ""
    if not held:
        return Line("The line is open", "pass", "dot", note)
    everywhere = any(not window.freeze.apps and not window.freeze.clusters for window in held)
    ends = [window.ends for window in held]
    until = "until it is lifted" if None in ends else f"until {day(max(end for end in ends if end), now)}"
    return Line(
        "The line is frozen" if everywhere else "Partly frozen", "wait", "halt", f"{held[0].freeze.name}, {until}"
    )


def _row(one: Entered, now: datetime, letter: str) -> Row:
    span = one.span
    held = windows.active([span], now)
    ahead = windows.next_start([span], now)
    window = held[0] if held else ahead
    when, then = _when(begun(one), window, now)
    status, colour = ("holds now", "wait") if held else ("coming", "")
    if window is not None and window.trouble:
        status = f"holds now, as its rule cannot be read: {window.trouble}"
    start = window.starts if window and window.starts else datetime.min.replace(tzinfo=UTC)
    by = "platform.yaml" if one.source == "platform" else f"{one.who}, {day(one.at, now)}"
    lifts = one.source == "people"
    return Row(one.id, letter, span.name, span.reason, status, colour, when, then, covers(span), by, lifts, start)


def _when(span: FreezeSpan, window: windows.Window | None, now: datetime) -> tuple[str, str]:
    if span.weekly:
        then = f"next {day(window.starts, now)} UTC" if window and window.starts and window.starts > now else ""
        if window and window.starts and window.starts <= now and window.ends:
            then = f"this one ends {day(window.ends, now)} UTC"
        return f"every week, {span.weekly}, {span.zone}", then
    start = f"{'since' if span.starts <= now else 'from'} {day(span.starts, now)}" if span.starts else "always"
    return start, f"to {day(span.ends, now)}" if span.ends else "until it is lifted"


def covers(span: FreezeSpan) -> str:
    """Which apps and clusters."""
    apps = people(span.apps) if span.apps else "all apps"
    return f"{apps} in {people(span.clusters) if span.clusters else 'all clusters'}"


def coming(found: Iterable[Entered], now: datetime, days: int = 14) -> tuple[Row, ...]:
    """What the overview shows: what holds now or starts soon."""
    soon = now + timedelta(days=days)
    return tuple(row for row in rows(found, now) if row.status != "coming" or now < row.starts < soon)[:4]
