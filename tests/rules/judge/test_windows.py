"""Readings become windows; what is doubtful becomes nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.facts import Count, Reading
from pipeline.judge.counts import Window, added
from pipeline.judge.health import healthy_seconds
from pipeline.judge.windows import ENOUGH, GAP, merged, pieces, windows

from .traffic import at, reading, readings

FULL = Window(5, 10, 1, 90, 2)


def test_a_window_is_what_grew_between_two_readings():
    first = reading(0, (100, 5), (900, 10))
    second = reading(5, (110, 6), (990, 12))

    assert list(windows([first, second])) == [FULL]


def test_the_first_reading_is_only_a_start():
    assert list(windows([reading(0, (100, 5), (900, 10))])) == []
    assert list(windows([])) == []


@pytest.mark.parametrize(
    "second",
    [
        reading(5, (110, 6), (990, 12), source="b2"),
        reading(5, None, (990, 12)),
        reading(5, (110, 6), None),
        reading(5, (90, 5), (990, 12)),
        reading(5, (110, 4), (990, 12)),
        reading(5, (110, 111), (990, 12)),
        reading(5, (110, 16), (990, 12)),
        reading(5, (110, 6), (899, 10)),
        reading(5, (110, 6), (990, -1)),
        reading(5, (2**53 + 1, 6), (990, 12)),
        reading(0, (110, 6), (990, 12)),
        reading(-5, (110, 6), (990, 12)),
    ],
    ids=[
        "restarted",
        "canary-missing",
        "stable-missing",
        "total-fell",
        "bad-fell",
        "more-bad-than-all",
        "more-grew-bad-than-grew",
        "stable-fell",
        "negative",
        "beyond-exact",
        "no-time",
        "backwards",
    ],
)
def test_a_doubtful_reading_gives_no_window(second):
    assert list(windows([reading(0, (100, 5), (900, 10)), second])) == []


@pytest.mark.parametrize("first", [reading(0, (-3, -4)), reading(0, (3, 4)), reading(0, (3, -1)), reading(0, None)])
def test_a_doubtful_start_gives_no_window(first):
    assert list(windows([first, reading(5, (110, 6), (990, 12))])) == []


def test_after_a_reset_it_goes_on_from_the_new_reading():
    start = reading(0, (100, 5), (900, 10))
    reset = reading(5, (0, 0), (0, 0), source="b2")
    later = reading(10, (10, 1), (90, 2), source="b2")

    assert list(windows([start, reset, later])) == [FULL]


def test_what_happened_around_a_missing_reading_is_not_judged():
    seen = readings([FULL] * 4)
    seen[2] = replace(seen[2], canary=None)

    assert list(windows(seen)) == [FULL, FULL]


def test_windows_with_few_requests_are_put_together():
    few = Window(1, 1, 0, 5, 1)

    assert list(windows(readings([few] * 9))) == [added([few] * 4), added([few] * 4)]


def test_a_trickle_is_judged_after_the_longest_scrape_interval():
    trickle = Window(5, 0, 0, 1, 0)

    assert [part.window for part in merged(pieces(readings([trickle] * 3)))] == [added([trickle] * 3)]


def test_windows_of_different_shares_are_not_put_together():
    few = Window(1, 1, 0, 5, 0)
    seen = readings([few] * 4)
    seen[2:] = [replace(one, percent=50) for one in seen[2:]]

    assert [part.window.seconds for part in merged(pieces(seen))] == [1, 1]


def test_windows_on_both_sides_of_a_gap_are_not_put_together():
    few = Window(1, 1, 0, 5, 0)
    seen = readings([few] * 6)
    seen[3] = replace(seen[3], stable=None)

    assert [part.window for part in merged(pieces(seen))] == [added([few] * 2)]


def test_a_long_window_counts_unless_the_share_changed_meanwhile():
    long = Window(60, 600, 1, 5400, 9)
    seen = readings([long])

    assert list(windows(seen)) == [long]
    assert list(windows([seen[0], replace(seen[1], percent=50)])) == []


def test_the_share_may_change_within_a_scrape_interval():
    seen = readings([FULL])

    assert list(windows([seen[0], replace(seen[1], percent=50)])) == [FULL]


def test_nothing_is_judged_before_the_canary_has_traffic():
    before = Window(5, 0, 0, 100, 3)

    assert list(windows(readings([before, before, FULL]))) == [FULL]


def test_the_warm_up_begins_with_the_first_traffic():
    before = Window(5, 0, 0, 100, 3)

    assert len(list(windows(readings([before, *[FULL] * 6]), warm_up=10))) == 4
    assert len(list(windows(readings([before, *[FULL] * 6]), warm_up=11))) == 3
    assert list(windows(readings([before, *[FULL] * 6]), warm_up=3600)) == []


def healthy(*windows: Window, percent: int = 95) -> list[Reading]:
    return readings(windows, percent)


def test_the_soak_adds_up_observed_healthy_windows():
    assert healthy_seconds(healthy(*[FULL] * 6)) == 30


def test_an_hour_without_readings_adds_nothing_to_the_soak():
    assert healthy_seconds(healthy(FULL, Window(3600, 36000, 0, 2000, 0), FULL)) == 10


def test_a_window_of_the_longest_interval_still_counts_for_the_soak():
    assert healthy_seconds(healthy(Window(GAP, 900, 0, 50, 0))) == GAP


def test_windows_below_the_share_add_nothing_to_the_soak():
    seen = healthy(*[FULL] * 4)
    seen[0] = replace(seen[0], percent=50)

    assert healthy_seconds(seen) == 15
    assert healthy_seconds(seen, percent=96) == 0
    assert healthy_seconds(readings([FULL] * 4, 50), percent=50) == 20


@pytest.mark.parametrize("broken", [0, 1, 4])
def test_an_unhealthy_end_takes_its_windows_out_of_the_soak(broken):
    seen = healthy(*[FULL] * 4)
    seen[broken] = replace(seen[broken], healthy=False)

    assert healthy_seconds(seen) == (15 if broken in (0, 4) else 10)


def test_windows_without_canary_traffic_add_nothing_to_the_soak():
    assert healthy_seconds(healthy(FULL, Window(5, 0, 0, 50, 0), FULL)) == 10


def test_windows_that_cannot_be_read_add_nothing_to_the_soak():
    seen = healthy(*[FULL] * 4)
    seen[2] = replace(seen[2], stable=None)

    assert healthy_seconds(seen) == 10


def test_each_second_of_a_soak_counts_once_whatever_is_measured():
    seen = healthy(*[FULL] * 4)
    both = [reading for one in seen for reading in (one, replace(one, metric="orders"))]

    assert healthy_seconds(both) == 20
    assert healthy_seconds([]) == 0


counts = st.none() | st.builds(
    Count, st.sampled_from(["b1", "b2"]), st.integers(-5, 10**30), st.integers(-5, 10**30) | st.integers(-5, 60)
)
any_readings = st.lists(
    st.builds(
        lambda seconds, canary, stable, percent, healthy: Reading(at(seconds), "az1", percent, canary, stable, healthy),
        st.integers(-100, 10_000),
        counts,
        counts,
        st.integers(0, 100),
        st.booleans(),
    ),
    max_size=30,
)


@given(any_readings, st.floats(0, 100))
def test_whatever_is_read_windows_are_possible(seen, warm_up):
    for window in windows(seen, warm_up):
        assert window.seconds > 0
        assert 0 <= window.k_c <= window.n_c
        assert 0 <= window.k_b <= window.n_b
        assert window.n_c + window.n_b <= 2**54
    assert healthy_seconds(seen) >= 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=40))
def test_putting_together_loses_no_request_but_the_last_few(sizes):
    seen = [Window(1, n_c, 0, n_b, 0) for n_c, n_b in sizes]

    left = added(seen)
    kept = added([part.window for part in merged(pieces(readings(seen)))])

    assert 0 <= (left.n_c + left.n_b) - (kept.n_c + kept.n_b) < ENOUGH
