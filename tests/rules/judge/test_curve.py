"""The curve of the evidence, as it is drawn and replayed: what it shows is what the judge knows."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.facts import Reading
from pipeline.judge import compare, curve
from pipeline.judge.counts import NOTHING, Window
from pipeline.settings import Judge

from .lives import lives, settings
from .traffic import readings, steady

JUDGES = {0: Judge(None), 10: Judge(0.02), 25: Judge(0.01), 50: Judge(0.005), 95: Judge(None)}


@pytest.mark.parametrize("bad", [0.0, 0.03])
def test_the_curve_ends_where_the_judge_stands(bad: float) -> None:
    read = steady(10, 25, 50, bad=bad)
    last = curve.segments(read, JUDGES)[-1].points[-1]
    known = compare.judge_cluster(read, list(JUDGES.values()), read[-1].at)

    assert last.harm == pytest.approx(known.harm)
    assert last.not_worse == pytest.approx(known.not_worse(0.005))


def test_each_share_has_its_margin_and_counts_afresh() -> None:
    parts = curve.segments(steady(10, 25, 50), JUDGES)

    assert [(part.percent, part.margin) for part in parts] == [(10, 0.02), (25, 0.01), (50, 0.005)]
    assert all(part.points[0].arms[0].window.seconds < 2 for part in parts[1:])
    assert [part.harm_limit for part in parts] == [100, 100, 100]


def test_two_metrics_are_one_evidence_and_two_rates() -> None:
    read = steady(10) + steady(10, bad=0.1, metric="slow")
    parts = curve.segments(read, JUDGES)
    known = compare.judge_cluster(read, list(JUDGES.values()), read[-1].at)

    assert parts[-1].points[-1].harm == pytest.approx(known.harm)
    assert [arms.metric for arms in parts[-1].points[-1].arms] == ["errors", "slow"]


def test_nothing_read_is_nothing_drawn() -> None:
    assert curve.segments([], JUDGES) == ()
    assert curve.segments(steady(10)[:1], JUDGES) == ()


def test_arms_say_which_part_of_their_requests_went_bad() -> None:
    arms = curve.segments(steady(10, bad=0.1), JUDGES)[-1].points[-1].arms[0]

    assert arms.canary == pytest.approx(10, abs=0.5)
    assert arms.stable == 0
    assert curve.Arms("errors", NOTHING).canary == curve.Arms("errors", NOTHING).stable == 0


def test_before_the_canary_has_a_share_there_is_no_point() -> None:
    assert [part.percent for part in curve.segments(steady(0, 10), JUDGES)] == [10]


@given(lives, st.lists(st.floats(0, 1), min_size=1, max_size=6), settings)
def test_whoever_goes_on_with_a_curve_draws_what_who_begins_anew_draws(
    seen: list[Reading], cuts: list[float], asked: tuple[Judge, ...]
) -> None:
    guards = dict(zip((0, 10, 50), asked, strict=True))
    places = sorted({1, *(int(place * len(seen)) for place in cuts), len(seen)} - {0})
    found = curve.Curve.of(seen[: places[0]], guards)
    for start, end in pairwise(places):
        found = found.after(seen[start:end]) or curve.Curve.of(seen[:end], guards)

    assert repr(found) == repr(curve.Curve.of(seen, guards))


def test_a_curve_is_gone_on_with_unless_something_came_late_or_new() -> None:
    read = steady(10, 25)
    found = curve.Curve.of(read[:40], JUDGES)

    assert found.after(()) is found
    assert found.after(read[40:]) == curve.Curve.of(read, JUDGES)
    assert found.after(read[39:]) is None
    assert found.after([replace(one, metric="orders") for one in read[40:]]) is None


def test_a_curve_keeps_few_points_and_those_with_the_most_evidence() -> None:
    read = readings([Window(1, 50, number % 97 == 0, 450, 1) for number in range(3000)])
    (whole,), (kept,) = curve.segments(read, JUDGES), curve.Curve.of(read, JUDGES).segments

    assert len(whole.points) == 3000
    assert curve.KEPT / 2 <= len(kept.points) <= curve.KEPT + 2
    assert kept.points[-1] == whole.points[-1]
    assert max(point.harm for point in kept.points) == max(point.harm for point in whole.points)
