"""The wait that is planned before a canary starts: share by share, from the traffic there is."""

from dataclasses import replace
from itertools import pairwise
from math import inf
from random import Random
from statistics import median

import pytest

from pipeline.judge.forecast import Forecast
from pipeline.judge.not_worse import NotWorse
from pipeline.judge.planned import Planned, Traffic, ladder, slowest, told
from pipeline.plan import Rung, Stage, Step
from pipeline.settings import Judge

from .traffic import life

SHARES = ((5, Judge(0.02)), (25, Judge(0.01)), (50, Judge(0.005)))
BUSY, QUIET = Traffic(1000, 0.002), Traffic(0.5, 0.002)


def step(*clusters: str) -> Step:
    """A canary of these shares."""
    rungs = tuple(Rung(percent, (judge,) if place else ()) for place, (percent, judge) in enumerate(_shifted()))
    return Step("canary", Stage.CANARY, "shop", clusters, 1, rungs, leave=(SHARES[-1][1],))


def _shifted() -> list[tuple[int, Judge]]:
    """Each share with the judge that guards the way to it."""
    return [(SHARES[0][0], Judge(None)), *((after, judge) for (_, judge), (after, _) in pairwise(SHARES))]


def test_the_waits_of_all_shares_are_about_those_that_come() -> None:
    chance, times = Random(3), []
    for _ in range(40):
        process, forecast, times_here = NotWorse(0.02), Forecast(0.2, 100), 0.0
        for window in life(chance, 400, (50, 950), (0.002, 0.002)):
            process, forecast = process.after(window, forecast.rate), forecast.after(window)
            times_here += 5
            if process.value >= 20:
                break
        times.append(times_here)
    planned = ladder(Traffic(200, 0.002), SHARES)[0].promote

    assert planned / 1.5 - 5 <= median(times) <= planned * 1.5 + 5


def test_what_was_shown_at_a_share_need_not_be_shown_again() -> None:
    whole = ladder(BUSY, SHARES)
    alone = ladder(BUSY, SHARES[1:])

    assert [one.percent for one in whole] == [5, 25, 50]
    assert 0 < whole[1].promote < alone[0].promote


def test_a_share_that_asks_for_what_is_shown_waits_for_nothing() -> None:
    same = ladder(BUSY, ((5, Judge(0.01)), (50, Judge(0.01))))

    assert same[1].promote == pytest.approx(0, abs=1e-9)


def test_twice_the_failures_are_found_sooner_at_a_larger_share() -> None:
    assert [one.double for one in ladder(BUSY, SHARES)] == sorted(
        (one.double for one in ladder(BUSY, SHARES)), reverse=True
    )


def test_too_little_traffic_is_late_and_none_is_never() -> None:
    quiet, silent = ladder(QUIET, SHARES), ladder(Traffic(0, 0), SHARES)

    assert quiet[0].late
    assert [(one.percent, one.promote, one.double) for one in silent] == [(5, inf, inf)]


def test_without_failures_twice_as_many_are_none() -> None:
    assert ladder(Traffic(100, 0.0), SHARES)[0].double == inf


def test_a_judge_without_a_margin_waits_for_nothing() -> None:
    assert ladder(BUSY, ((95, Judge(None)),)) == ()


def test_the_slowest_cluster_of_a_wave_counts() -> None:
    both = slowest(step("az1", "az2"), {"az1": BUSY, "az2": Traffic(100, 0.002)})

    assert both == ladder(Traffic(100, 0.002), SHARES)


def test_nothing_is_planned_where_nothing_is_known_or_judged() -> None:
    assert slowest(step("az1"), {"az2": BUSY}) == ()
    assert slowest(replace(step("az1"), stage=Stage.ROLLOUT), {"az1": BUSY}) == ()
    assert slowest(Step("canary", Stage.CANARY, clusters=("az1",)), {"az1": BUSY}) == ()


def test_the_waits_are_told_share_by_share() -> None:
    said = told((Planned(5, 31.2, 170, 1800), Planned(25, 12, 60, 1800), Planned(50, 0, 40, 1800)))

    assert said == (
        "If it is as good as stable that takes about 31 seconds at 5 % and 12 seconds at 25 % at the traffic there is "
        "now; one that fails twice as often is found in about 3 minutes."
    )
    assert told((Planned(5, 9, inf, 1800),)).endswith("about 9 seconds at 5 % at the traffic there is now.")


def test_a_wait_beyond_the_deadline_is_a_warning_that_says_what_would_help() -> None:
    late, never = told((Planned(5, 7200, 60, 1800),)), told((Planned(5, inf, inf, 1800),))

    assert late.startswith("At the traffic there is now it takes about 2 hours to show at 5 % that it is not worse")
    assert "no time is enough" in never
    assert never.endswith("the deadline is 30 minutes: a larger share, more traffic or a wider margin would help.")
