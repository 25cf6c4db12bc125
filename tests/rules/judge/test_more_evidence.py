"""What each further evidence finds, and what leaves it untouched. That all are fair is shown in test_validity."""

from dataclasses import replace
from datetime import timedelta
from math import inf

import pytest

from pipeline.judge.alone import OverPromise, WithinPromise
from pipeline.judge.combined import causes
from pipeline.judge.counts import Window
from pipeline.judge.exceedance import Exceedance
from pipeline.judge.harm import FALLS, Harm
from pipeline.judge.mixture import Mixture
from pipeline.judge.not_worse import NotWorse
from pipeline.judge.samples import Unit, beyond, common_size
from pipeline.judge.split import Split, routed, told
from pipeline.judge.two_sample import bet
from pipeline.judge.units import REMEMBERED, ErrorUnits, GaugeUnits
from pipeline.judge.units_not_worse import UnitsNotWorse

from .traffic import NOON, steady


def after(process, *seen):
    for one in seen:
        process = process.after(one)
    return process


def test_orders_that_halve_are_found_and_orders_that_double_are_not():
    half = Window(5, 1000, 10, 9000, 180)
    double = Window(5, 1000, 40, 9000, 180)

    assert after(Harm.begin(ratios=FALLS), *[half] * 12).most >= 100
    assert after(Harm.begin(ratios=FALLS), *[double] * 12).most < 1.1


def test_orders_not_fewer_is_shown_by_swapped_arms():
    window = Window(5, 900, 18, 100, 2)  # stable stands where the canary does elsewhere

    assert after_forecast(NotWorse(0.01), window, 0.02, times=40) > 20


def after_forecast(process, window, rate, times):
    for _ in range(times):
        process = process.after(window, rate)
    return process.value


def test_slower_by_a_tenth_is_found_where_half_go_over_the_limit():
    slower = Window(5, 500, 290, 4500, 2250)

    assert after(Exceedance.begin(), *[slower] * 20).most >= 100
    assert after(Exceedance.begin(), *[Window(5, 500, 250, 4500, 2250)] * 20).most < 100


@pytest.mark.parametrize("window", [Window(5, 0, 0, 90, 9), Window(5, 9, 9, 0, 0)])
def test_one_arm_alone_does_not_go_over_anything(window):
    found = Exceedance.begin().after(window)

    assert (found.value, found.log_value, found.peak) == pytest.approx((1.0, 0.0, 0.0))


def test_a_bet_that_could_lose_more_than_all_is_made_smaller():
    found = bet(a_c=-50.0, t_b=0.3, ratio=1.0)

    assert found.counted(Window(1, 5, 5, 5, 0)) > -inf
    assert found.a_c == pytest.approx(-1 / 0.7)
    assert bet(a_c=0.0, t_b=0.3, ratio=1.0).counted(Window(1, 5, 5, 5, 0)) == 0


# ---- pods -------------------------------------------------------------------------------------------------------


def pods(number: int, requests: int, bad: int) -> list[Unit]:
    return [Unit(requests, bad)] * number


def test_five_pods_that_fail_are_found_in_the_first_window():
    assert ErrorUnits.begin().after(pods(5, 1500, 60), pods(15, 1500, 2), 30).mixture.most >= 100


def test_one_pod_that_fails_needs_a_few_windows():
    units = ErrorUnits.begin().after([], pods(19, 1500, 2), 30)
    for number in range(5):
        assert units.mixture.most < 100 or number > 3
        units = units.after(pods(1, 1500, 60), pods(19, 1500, 2), 30)

    assert units.mixture.most >= 100


def test_an_outage_of_all_pods_leaves_no_trace():
    units = ErrorUnits.begin()
    for bad in (2, 2, 2, 900, 900, 2):
        units = units.after(pods(2, 1500, bad), pods(18, 1500, bad), 30)

    assert units.mixture.most < 1.5


def test_small_pods_of_the_canary_are_not_held_against_it():
    """One bad request of 50 is a larger share than one of 5,000, and no sign of anything."""
    units = ErrorUnits.begin()
    for _ in range(20):
        units = units.after([Unit(50, 1), Unit(50, 0)], [Unit(5000, 52), Unit(5000, 48)] * 4, 30)

    assert units.mixture.most < 20


def test_only_the_latest_stable_units_are_remembered():
    units = ErrorUnits.begin()
    for _ in range(20):
        units = units.after([], pods(19, 10, 0), 30)

    assert len(units.past) == REMEMBERED
    assert units.mixture.value == pytest.approx(1.0)


def test_memory_that_grows_in_the_canary_is_found():
    gauges = GaugeUnits.begin().after([], [200.0, 210.0, 190.0, 205.0] * 5, 30)
    for grown in (10, 40, 90, 160, 250, 360):
        gauges = gauges.after([200.0 + grown] * 2, [200.0, 210.0, 190.0, 205.0] * 3, 30)

    assert gauges.mixture.most >= 100


def test_pods_like_those_of_stable_are_shown_to_be_not_worse():
    process = UnitsNotWorse(0.005)
    for _ in range(8):
        process = process.after(pods(5, 1500, 2), pods(15, 1500, 2))

    assert process.value >= 20
    assert UnitsNotWorse(0.005).after(pods(5, 1500, 2), pods(15, 1500, 2)).value == pytest.approx(1.0)


def test_pods_that_are_worse_by_the_margin_are_not():
    process = UnitsNotWorse(0.005)
    for _ in range(60):
        process = process.after(pods(5, 1500, 9), pods(15, 1500, 1))

    assert process.value < 1


@pytest.mark.parametrize(
    ("unit", "size", "cut", "chance"),
    [
        (Unit(10, 3), 4, 5, 0.0),  # fewer bad ones than the cut
        (Unit(10, 9), 4, 2, 1.0),  # at most one good one
        (Unit(10, 5), 2, 0, 1 - 2 / 9),
        (Unit(10, 5), 2, 1, 2 / 9),
        (Unit(10, 5), 10, 4, 1.0),  # the unit itself
        (Unit(10, 5), 10, 5, 0.0),
        (Unit(5, 1), 10, 1, 1.0),  # smaller: in proportion
    ],
)
def test_a_smaller_sample_holds_more_than_the_cut_with_this_chance(unit, size, cut, chance):
    assert beyond(unit, size, cut) == pytest.approx(chance)


def test_the_chance_is_that_of_the_hypergeometric_distribution():
    from scipy.stats import hypergeom

    for n, k, size, cut in [(1900, 7, 300, 1), (1900, 380, 300, 60), (20_000, 9_000, 4_000, 1_700), (50, 30, 25, 14)]:
        assert beyond(Unit(n, k), size, cut) == pytest.approx(hypergeom.sf(cut, n, k, size), rel=1e-6, abs=1e-12)


def test_a_straggler_does_not_make_all_pods_small():
    assert common_size([Unit(4, 0), Unit(10, 0), Unit(11, 0)], pods(3, 900, 0)) == 10
    assert common_size([Unit(6, 0), Unit(10, 0), Unit(11, 0)], pods(3, 900, 0)) == 6


# ---- split, one arm, several ------------------------------------------------------------------------------------


def test_a_gateway_that_gives_half_of_the_share_is_found():
    assert after_split(Window(5, 50, 0, 1950, 0), 5).most >= 100
    assert after_split(Window(5, 100, 0, 1900, 0), 5).most < 100
    assert after_split(Window(5, 200, 0, 1800, 0), 5).most >= 100


@pytest.mark.parametrize("percent", [0, 100])
def test_where_all_goes_to_one_arm_there_is_nothing_to_split(percent):
    assert after_split(Window(5, 50, 0, 1950, 0), percent) == Split()


def test_a_share_is_looked_at_once_it_has_settled():
    """Counters may come from a scrape ago, so the first readings at a share may still be those of the one before."""
    late = steady(5) + [replace(one, percent=50) for one in steady(5, seconds=29)]
    late = [replace(one, at=NOON + timedelta(seconds=second)) for second, one in enumerate(late)]

    assert routed(late).most == pytest.approx(1.0)
    assert routed(steady(5, seconds=120)).most < 2
    assert routed([replace(one, percent=10) for one in steady(5, seconds=120)]).most >= 100


def test_what_was_counted_since_the_share_changed_is_told():
    wrong = [replace(one, percent=10) for one in steady(5, seconds=41)]

    assert told(routed(wrong)) == "5 % of 900 requests, and should get 10 %"


def after_split(window, percent):
    split = Split()
    for _ in range(20):
        split = split.after(window, percent)
    return split


def test_a_broken_promise_is_found_and_a_kept_one_shown():
    bad, good = Window(5, 200, 6, 0, 0), Window(5, 200, 0, 0, 0)

    assert after(OverPromise.begin(0.01), *[bad] * 10).most >= 100
    assert after(WithinPromise(0.01), *[bad] * 10).value < 1
    assert after(WithinPromise(0.01), *[good] * 10).value >= 20
    assert OverPromise.begin(0.9).ratios == pytest.approx(((1 + 1 / 0.9) / 2,))


def test_the_cause_is_every_metric_that_would_do_alone_or_else_the_one_with_the_most():
    assert causes([("errors", 0.5, 300.0), ("orders", 0.5, 240.0), ("latency", 0.5, 3.0)], 100) == ("errors", "orders")
    assert causes([("errors", 0.5, 3.0), ("orders", 0.5, 190.0)], 100) == ("orders",)


def test_a_mixture_keeps_its_mass_while_nothing_is_said():
    mixture = Mixture.begin(3)
    for _ in range(100):
        mixture = mixture.due().after(None, 30.0)

    assert mixture.value == pytest.approx(1.0)
    assert mixture.due().after([0.0] * 3, 1.0).value == pytest.approx(1.0)
