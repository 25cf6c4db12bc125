"""The week of the calendar: every freeze is in it at its hours, and none hides another."""

import doctest
from datetime import UTC, datetime, timedelta

from pipeline.facts import FreezeSpan
from pipeline.store.shown import Entered
from web.present import week

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NOW = MONDAY + timedelta(days=1, hours=14)


def drawn(*spans: FreezeSpan) -> week.Week:
    entered = [Entered(number, "people", span, "jonas", NOW) for number, span in enumerate(spans)]
    return week.week(entered, MONDAY, NOW)


def hours(day: week.Day) -> list[list[tuple[int, str]]]:
    return [[(cell.hours, cell.key) for cell in lane] for lane in day.lanes]


def once(name: str, start: float, end: float | None) -> FreezeSpan:
    ends = None if end is None else MONDAY + timedelta(hours=end)
    return FreezeSpan(name, "why", MONDAY + timedelta(hours=start), ends)


def test_a_freeze_stands_at_its_hours_and_goes_on_over_midnight() -> None:
    shown = drawn(once("Close", 20, 32))

    assert hours(shown.days[0]) == [[(20, ""), (4, "A")]]
    assert hours(shown.days[1]) == [[(8, "A"), (16, "")]]
    assert hours(shown.days[2]) == [[(24, "")]]


def test_freezes_that_overlap_stand_in_lanes_and_others_share_one() -> None:
    shown = drawn(once("One", 1, 5), once("Two", 4, 8), once("Three", 6, 7))

    assert hours(shown.days[0]) == [[(1, ""), (4, "A"), (1, ""), (1, "C"), (17, "")], [(4, ""), (4, "B"), (16, "")]]


def test_the_shortest_freeze_is_seen() -> None:
    shown = drawn(once("Blink", 3.5, 3.6))

    assert hours(shown.days[0]) == [[(3, ""), (1, "A"), (20, "")]]
    assert shown.days[0].lanes[0][1].label == "Blink, 03:30 to 03:36"


def test_a_weekly_freeze_and_one_without_end_fill_their_days() -> None:
    weekly = FreezeSpan("Weekend", "nobody", weekly="Fri 16:00 - Mon 08:00")
    shown = drawn(weekly, once("Stop", 24 * 5, None))

    assert hours(shown.days[0]) == [[(8, "A"), (16, "")]]
    assert hours(shown.days[4]) == [[(16, ""), (8, "A")]]
    assert hours(shown.days[6]) == [[(24, "A")], [(24, "B")]]


def test_today_is_marked_and_the_neighbours_have_addresses() -> None:
    shown = drawn()

    assert [day.name for day in shown.days if day.today] == ["Tue 24"]
    assert (shown.title, shown.before, shown.after) == ("Week 48, 23 to 29 Nov 2026", "2026-11-16", "2026-11-30")


def test_every_day_has_exactly_its_hours() -> None:
    shown = drawn(*(once(f"F{number}", number * 3.3, number * 5 + 2) for number in range(1, 30)))

    assert all(sum(cell.hours for cell in lane) == 24 for day in shown.days for lane in day.lanes)


def test_the_examples_in_the_code_are_true() -> None:
    assert doctest.testmod(week).failed == 0


def test_a_freeze_that_holds_at_once_begins_when_it_was_entered() -> None:
    shown = drawn(FreezeSpan("Stopped", "why"))

    assert hours(shown.days[0]) == [[(24, "")]]
    assert hours(shown.days[1]) == [[(14, ""), (10, "A")]]
