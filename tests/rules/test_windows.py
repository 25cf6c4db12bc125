"""Freezes hold releases for exactly as long as people meant, in every zone and over every change of the clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import windows
from pipeline.definition.platform import FreezeRule
from pipeline.definition.weekly import DAYS
from pipeline.errors import BadDefinition
from pipeline.facts import FreezeSpan
from pipeline.verdict import Pass, Wait

ZONES = [
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Caracas",
    "America/Havana",
    "America/Los_Angeles",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Norfolk",
]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
FRIDAY = FreezeSpan("Black Friday", "", datetime(2026, 11, 27, 16, tzinfo=UTC), datetime(2026, 11, 28, 4, tzinfo=UTC))
WEEKEND = FreezeSpan("Weekend", "", weekly="Fri 16:00 - Mon 08:00", zone="Europe/Berlin")
STOPPED = FreezeSpan("Stop the line", "payments are down")


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def verdict(*freezes: FreezeSpan, now: datetime) -> Pass | Wait:
    return windows.freeze_verdict(freezes, now, "shop", ("az1",))


def test_a_freeze_says_its_name_its_end_and_who_can_lift_it():
    now = at("2026-11-27 20:00")

    assert verdict(FRIDAY, now=now) == Wait(
        "Waits for the end of the freeze Black Friday, Sat 28 Nov 04:00 UTC",
        "A release manager can lift the freeze",
        at("2026-11-28 04:00"),
        timedelta(seconds=10),
    )


def test_outside_of_a_freeze_the_pass_is_good_until_the_next_one():
    assert verdict(FRIDAY, now=NOON) == Pass("No freeze before Fri 27 Nov 16:00 UTC", until=FRIDAY.starts)
    assert verdict(FRIDAY, now=at("2026-11-28 04:00")) == Pass("No freeze is planned")


def test_a_freeze_that_ends_soon_is_looked_at_when_it_ends():
    assert verdict(FRIDAY, now=at("2026-11-28 03:59:57")).look_again == timedelta(seconds=3)


def test_a_freeze_without_an_end_waits_for_a_person():
    held = verdict(STOPPED, FRIDAY, now=NOON)

    assert held.why == "Waits for the end of the freeze Stop the line, which has no end yet"
    assert held.until is None


def test_a_freeze_that_ends_before_it_starts_never_holds():
    upside_down = FreezeSpan("Odd", "", FRIDAY.ends, FRIDAY.starts)

    assert verdict(upside_down, now=at("2026-11-27 20:00")) == Pass("No freeze is planned")


@pytest.mark.parametrize(
    ("freeze", "held"),
    [
        pytest.param(FreezeSpan("f", "", apps=frozenset({"shop"})), True, id="this-app"),
        pytest.param(FreezeSpan("f", "", apps=frozenset({"blog"})), False, id="another-app"),
        pytest.param(FreezeSpan("f", "", clusters=frozenset({"az1", "az2"})), True, id="this-cluster"),
        pytest.param(FreezeSpan("f", "", clusters=frozenset({"dr"})), False, id="another-cluster"),
        pytest.param(FreezeSpan("f", "", apps=frozenset({"shop"}), clusters=frozenset({"dr"})), False, id="both"),
    ],
)
def test_a_freeze_holds_only_what_it_covers(freeze, held):
    assert isinstance(verdict(freeze, now=NOON), Wait) is held


def test_without_app_and_clusters_every_freeze_is_told():
    other = FreezeSpan("f", "", apps=frozenset({"blog"}), clusters=frozenset({"dr"}))

    assert [window.freeze for window in windows.active([other, FRIDAY], NOON)] == [other]
    assert windows.next_start([other, FRIDAY], NOON).starts == FRIDAY.starts
    assert windows.next_start([other], NOON) is None


def test_freezes_that_overlap_or_follow_at_once_end_together():
    after = FreezeSpan("Stocktaking", "", at("2026-11-30 07:00"), at("2026-11-30 09:30:30"))
    held = verdict(FRIDAY, WEEKEND, after, now=at("2026-11-27 17:00"))

    assert held.until == after.ends
    assert held.why == (
        "Waits for the end of the freezes Black Friday, Weekend and Stocktaking, Mon 30 Nov 09:30:30 UTC"
    )


def test_many_freezes_are_not_all_named():
    freezes = [FreezeSpan(f"f{number}", "", FRIDAY.starts, FRIDAY.ends) for number in range(5)]

    assert "the freezes f0, f1 and 3 more, Sat" in verdict(*freezes, now=at("2026-11-27 17:00")).why


def test_freezes_that_fill_every_week_have_no_end():
    half, other = (
        FreezeSpan("half", "", weekly="Mon 00:00 - Thu 00:00"),
        FreezeSpan("other", "", weekly="Thu 00:00 - Mon 00:00"),
    )

    assert verdict(half, other, now=NOON).until is None


def test_the_year_is_told_when_it_is_another_one():
    held = verdict(FreezeSpan("Year end", "", ends=at("2027-01-04 06:00")), now=NOON)

    assert held.why.endswith("Mon 4 Jan 2027 06:00 UTC")


def test_a_weekly_freeze_is_meant_in_its_zone():
    assert verdict(WEEKEND, now=at("2026-07-03 13:59")).until == at("2026-07-03 14:00")  # summer: UTC + 2
    assert verdict(WEEKEND, now=at("2026-11-27 14:59")).until == at("2026-11-27 15:00")  # winter: UTC + 1
    assert verdict(WEEKEND, now=at("2026-11-28 12:00")).until == at("2026-11-30 07:00")


def test_a_weekly_freeze_may_have_a_first_and_a_last_day():
    season = FreezeSpan("Season", "", at("2026-12-05 00:00"), at("2026-12-12 12:00"), "Fri 16:00 - Mon 08:00")

    assert isinstance(verdict(season, now=at("2026-11-28 12:00")), Pass)
    assert verdict(season, now=at("2026-11-28 12:00")).until == season.starts
    assert verdict(season, now=at("2026-12-12 10:00")).until == season.ends
    assert verdict(season, now=at("2026-12-12 12:00")) == Pass("No freeze is planned")


def test_a_freeze_that_cannot_be_read_holds_and_says_so():
    broken = FreezeSpan("Broken", "", weekly="Fri 16:00 - Mon 08:00", zone="Europe/Berlyn")
    held = verdict(broken, now=NOON)

    assert held.why == (
        'Waits because the freeze Broken cannot be read: "Europe/Berlyn" is no time zone; did you mean "Europe/Berlin"?'
    )
    assert held.who == "A release manager can lift the freeze and enter it again"


def test_a_skipped_time_is_the_moment_of_the_skip():
    freeze = FreezeSpan("f", "", weekly="Sun 02:30 - Sun 05:00", zone="Europe/Berlin")
    [window] = windows.active([freeze], at("2026-03-29 02:00"))

    assert (window.starts, window.ends) == (at("2026-03-29 01:00"), at("2026-03-29 03:00"))


def test_a_time_shown_twice_starts_at_the_first_and_ends_at_the_last():
    freeze = FreezeSpan("f", "", weekly="Sun 02:30 - Sun 02:45", zone="Europe/Berlin")
    [window] = windows.active([freeze], at("2026-10-25 01:00"))

    assert (window.starts, window.ends) == (at("2026-10-25 00:30"), at("2026-10-25 01:45"))


def test_a_whole_day_may_be_skipped():
    """Samoa had no 30 December 2011."""
    freeze = FreezeSpan("f", "", weekly="Fri 08:00 - Sat 12:00", zone="Pacific/Apia")
    [window] = windows.active([freeze], at("2011-12-30 15:00"))

    assert (window.starts, window.ends) == (at("2011-12-30 10:00"), at("2011-12-30 22:00"))


def test_a_rule_of_the_platform_is_a_freeze():
    rule = FreezeRule(name="Weekend", weekly="Fri 16:00 - Mon 08:00", zone="Europe/Berlin", apps=("shop",))

    assert windows.span_of(rule) == FreezeSpan(
        "Weekend", "", weekly="Fri 16:00 - Mon 08:00", zone="Europe/Berlin", apps=frozenset({"shop"})
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Fri",
        "Fri 16:00",
        "Fri 25:00 - Mon 08:00",
        "Fri 16:0 - Mon 8:00",
        "fri 16:00 - mon 08:00",
        "x" * 5000,
        "Fri 16:00 - Fri 16:00",
        "Fri 16:00 - Mon 08:60",
        "Fri 16:00 - Mon 08:00 ",
        "Fri ١٦:٠٠ - Mon 08:00",
    ],
)
def test_a_weekly_time_in_another_form_is_refused(text):
    with pytest.raises(BadDefinition, match='write it like "Fri 16:00 - Mon 08:00"'):
        windows.parse_weekly(text)


@pytest.mark.parametrize("text", ["Fri 16:00 - Mon 08:00", "Fri 16:00-Mon 08:00", "Fri 16:00 – Mon 08:00"])
def test_a_weekly_time_reads_the_same_with_any_dash(text):
    assert str(windows.parse_weekly(text)) == "Fri 16:00 - Mon 08:00"


@pytest.mark.parametrize("name", ["", "Europe", "../etc/passwd", "/etc/passwd", "a\0b", "Mars/Olympus", "x" * 9000])
def test_a_zone_that_is_none_is_refused(name):
    with pytest.raises(BadDefinition, match="is no time zone"):
        windows.read_zone(name)


wall_times = st.tuples(st.sampled_from(DAYS), st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))


@st.composite
def weekly_freezes(draw):
    begin, end = draw(st.lists(wall_times, min_size=2, max_size=2, unique=True))
    weekly = " - ".join(f"{day} {hour:02}:{minute:02}" for day, hour, minute in (begin, end))
    return FreezeSpan("f", "", weekly=weekly, zone=draw(st.sampled_from(ZONES)))


def changes(zone: str, year: int) -> list[datetime]:
    """The moments (to the hour) around which clocks in `zone` change in `year`, and its leap day or 1 March."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=6 * step) for step in range(4 * 366)]
    seen = [(hour, hour.astimezone(ZoneInfo(zone)).utcoffset()) for hour in hours]
    turned = [before[0] for before, after in pairwise(seen) if before[1] != after[1]]
    return [*turned, datetime(year, 2, 28, 12, tzinfo=UTC)]


def frozen_by_the_wall(freeze: FreezeSpan, minutes: list[datetime]) -> list[bool]:
    """The plain meaning: the wall has reached the begin, and will still show a time before the end."""
    weekly = windows.parse_weekly(freeze.weekly)
    walls = [minute.astimezone(ZoneInfo(freeze.zone)).replace(tzinfo=None) for minute in minutes]
    held = [False] * len(minutes)
    midnight = walls[0].replace(hour=0, minute=0)
    monday = midnight - timedelta(days=midnight.weekday())
    for week in range(-1, 3):
        begins, ends = weekly.in_week_of(monday + timedelta(weeks=week))
        reached = [number for number, wall in enumerate(walls) if wall >= begins]
        before = [number for number, wall in enumerate(walls) if wall < ends]
        if reached and before:
            span = range(reached[0], before[-1] + 1)
            held[span.start : span.stop] = [True] * len(span)
    return held


@settings(max_examples=60, deadline=None)
@given(weekly_freezes(), st.integers(1995, 2040), st.data())
def test_every_minute_around_a_change_of_the_clock_is_frozen_as_the_wall_says(freeze, year, data):
    change = data.draw(st.sampled_from(changes(freeze.zone, year)))
    minutes = [change + timedelta(minutes=number) for number in range(-2 * 1440, 2 * 1440)]
    expected = frozen_by_the_wall(freeze, minutes)

    for number in data.draw(st.lists(st.integers(1440, 3 * 1440), min_size=40, max_size=40)):
        assert bool(windows.active([freeze], minutes[number])) is expected[number], minutes[number]


@settings(max_examples=200, deadline=None)
@given(st.lists(weekly_freezes(), min_size=1, max_size=3), st.integers(0, 2**31))
def test_a_wait_ends_when_it_says_and_a_pass_holds_until_it_says(freezes, now):
    now = datetime.fromtimestamp(now, UTC)
    said = verdict(*freezes, now=now)

    if isinstance(said, Wait):
        assert windows.active(freezes, now)
        assert timedelta(0) < said.look_again <= timedelta(seconds=10)
        if said.until is not None:
            assert not windows.active(freezes, said.until)
            assert windows.active(freezes, said.until - timedelta(microseconds=1))
    else:
        assert now < said.until <= now + timedelta(days=15)
        assert not windows.active(freezes, said.until - timedelta(microseconds=1))
        assert windows.active(freezes, said.until)
