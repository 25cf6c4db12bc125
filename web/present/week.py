"""A week of freezes as a table: one row a day, one column an hour, in UTC; the list beside it says the same."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipeline import windows
from pipeline.facts import FreezeSpan
from pipeline.store.shown import Entered

from .words import DAYS, MONTHS

HOURS = 24
MOST = 60  # occurrences of one freeze in a week


@dataclass(frozen=True, slots=True)
class Cell:
    """Some hours of a lane: a freeze, or nothing (`key` "")."""

    hours: int
    key: str = ""
    name: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One day with as many lanes as freezes overlap in it."""

    name: str
    today: bool
    lanes: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on, and the Mondays beside it."""

    title: str
    days: tuple[Day, ...]
    before: str
    after: str


def week(found: Iterable[Entered], monday: datetime, now: datetime) -> Week:
    """The freezes of the week that begins with `monday`, 00:00 UTC."""
    known = list(enumerate(found))
    held = [(key(number), one.span, window) for number, one in known for window in _in_week(begun(one), monday)]
    days = tuple(_day(held, monday + timedelta(days=number), now) for number in range(7))
    sunday = monday + timedelta(days=6)
    months = MONTHS[monday.month - 1] if monday.month != sunday.month else ""
    first = f"{monday.day} {months}".strip()
    title = f"Week {monday.isocalendar().week}, {first} to {sunday.day} {MONTHS[sunday.month - 1]} {sunday.year}"
    return Week(title, days, _iso(monday - timedelta(days=7)), _iso(monday + timedelta(days=7)))


def begun(one: Entered) -> FreezeSpan:
    """A freeze that holds at once began when somebody entered it, not before."""
    span = one.span
    return span if span.starts or span.weekly or one.source != "people" else replace(span, starts=one.at)


def key(number: int) -> str:
    """
    The letter of a freeze, the same in the table and in the list.

    >>> [key(number) for number in (0, 25, 26)]
    ['A', 'Z', 'AA']
    """
    return (key(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def monday_of(at: datetime) -> datetime:
    """
    The beginning of its week.

    >>> monday_of(datetime(2026, 11, 24, 14, 32, tzinfo=UTC)).isoformat()
    '2026-11-23T00:00:00+00:00'
    """
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _in_week(span: FreezeSpan, monday: datetime) -> Iterator[windows.Window]:
    """Every occurrence that holds at some time of the week."""
    end = monday + timedelta(days=7)
    yield from windows.active([span], monday)
    at = monday
    for _ in range(MOST):
        ahead = windows.next_start([span], at)
        if ahead is None or ahead.starts is None or ahead.starts >= end:
            return
        yield ahead
        at = ahead.starts


def _day(held: list[tuple[str, FreezeSpan, windows.Window]], start: datetime, now: datetime) -> Day:
    lanes: list[list[Cell]] = []
    blocks = sorted(_blocks(held, start), key=lambda block: (block[0], -block[1]))
    for first, last, cell in blocks:
        lane = next((one for one in lanes if sum(each.hours for each in one) <= first), None)
        if lane is None:
            lanes.append(lane := [])
        used = sum(each.hours for each in lane)
        if first > used:
            lane.append(Cell(first - used))
        lane.append(Cell(last - first, cell.key, cell.name, cell.label))
    for lane in lanes:
        if (used := sum(each.hours for each in lane)) < HOURS:
            lane.append(Cell(HOURS - used))
    name = f"{DAYS[start.weekday()]} {start.day}"
    return Day(name, start.date() == now.astimezone(UTC).date(), tuple(map(tuple, lanes)) or ((Cell(HOURS),),))


def _blocks(held: list[tuple[str, FreezeSpan, windows.Window]], start: datetime) -> Iterator[tuple[int, int, Cell]]:
    """What holds on this day: from hour, to hour (whole hours, so that the shortest is seen), and its words."""
    end = start + timedelta(days=1)
    for letter, span, window in held:
        begins, ends = max(window.starts or start, start), min(window.ends or end, end)
        if begins >= ends:
            continue
        first = int((begins - start).total_seconds() // 3600)
        last = -(-int((ends - start).total_seconds()) // 3600)
        until = "24:00" if ends == end else f"{ends:%H:%M}"
        yield first, max(last, first + 1), Cell(1, letter, span.name, f"{span.name}, {begins:%H:%M} to {until}")


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
