"""Every evidence is fair: under the whole null its mean is at most 1, whatever came before. Exact, outcome by outcome.

A null is never only its edge: arms are unequal, rates drift from window to window, forecasts are wrong.
"""

from dataclasses import replace
from math import exp

import pytest

from pipeline.facts import PodCount
from pipeline.judge.alone import HarmOrPromise, OverPromise, WithinPromise
from pipeline.judge.counts import Window
from pipeline.judge.exceedance import Exceedance, raised
from pipeline.judge.forecast import Forecast
from pipeline.judge.harm import FALLS, Harm
from pipeline.judge.mixture import Mixture
from pipeline.judge.not_worse import NotWorse
from pipeline.judge.samples import Unit
from pipeline.judge.slowness import SPAN, Slowness
from pipeline.judge.split import SLACK, Split
from pipeline.judge.two_sample import bet, tally
from pipeline.judge.unanswered import Unanswered
from pipeline.judge.units import ErrorUnits, GaugeUnits
from pipeline.judge.units_not_worse import UnitsNotWorse
from pipeline.judge.windows import Piece

from .outcomes import ROUNDING, binomial, mean, mean_of_values, no_higher
from .traffic import NOON

SIZES = [(1, 1), (1, 9), (4, 3), (6, 2)]
RATES = (0.0, 0.01, 0.2, 0.5, 0.9, 1.0)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("rates", no_higher(RATES))
def test_harm_is_fair(sizes, rates):
    assert mean(lambda window: Harm.begin().after(window).value, sizes, rates) <= ROUNDING


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("rates", no_higher(RATES))
def test_a_rate_that_must_not_fall_is_fair(sizes, rates):
    canary, stable = rates[::-1]

    assert mean(lambda window: Harm.begin(ratios=FALLS).after(window).value, sizes, (canary, stable)) <= ROUNDING


@pytest.mark.parametrize("sizes", [(40, 200), (100, 40)])
@pytest.mark.parametrize("stable", [0.0001, 0.002])
def test_harm_beyond_a_tolerance_is_fair_for_rare_events(sizes, stable):
    rates = (1.25 * stable, stable)

    assert mean(lambda window: Harm.begin(tolerance=1.25).after(window).value, sizes, rates) <= 1 + 1e-6


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("rates", no_higher(RATES))
@pytest.mark.parametrize("forecast", [0.0, 0.05, 0.7])
def test_going_over_a_limit_is_fair_whatever_was_forecast(sizes, rates, forecast):
    begin = Exceedance(Mixture.begin(8), Forecast(100 * forecast, 100))

    assert mean(lambda window: begin.after(window).value, sizes, rates) <= ROUNDING


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("stable", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("margin", [0.02, 0.3])
@pytest.mark.parametrize("forecast", [0.0, 0.05, 0.9])
def test_slow_by_no_more_than_the_margin_is_fair(sizes, stable, margin, forecast):
    begin = replace(Slowness.begin(margin), forecast=Forecast(100 * forecast, 100))

    for canary in (0.0, stable, stable + margin):
        assert (
            mean(lambda window: begin.after(replace(window, seconds=SPAN)).value, sizes, (canary, stable)) <= ROUNDING
        )


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("r0", [0.8, 1.0, 1.5])
@pytest.mark.parametrize("delta", [0.0, 0.1])
@pytest.mark.parametrize("a_c", [-3.0, -0.5, 0.5, 9.0])
def test_the_bet_on_two_samples_is_fair_on_its_edge_and_beyond(sizes, r0, delta, a_c):
    """a_C > 0 refutes "at most", a_C < 0 "at least"."""
    found = bet(a_c, 0.3, sizes[0] / sizes[1], delta, r0)
    for stable in (0.0, 0.1, 0.4, 0.55):
        edge = r0 * stable + delta
        for beyond in (0.0, 0.1, 0.6):
            canary = edge - beyond if a_c > 0 else edge + beyond
            if 0 <= canary <= 1:
                assert mean(lambda window: exp(found.counted(window)), sizes, (canary, stable)) <= ROUNDING


@pytest.mark.parametrize("sizes", [(1, 2), (2, 3)])
def test_the_bet_is_fair_for_outcomes_between_0_and_1(sizes):
    canary, stable = {0.0: 0.7, 0.5: 0.1, 1.0: 0.2}, {0.0: 0.5, 0.5: 0.5}  # both have a mean of 0.25

    def evidence(one, other):
        return exp(raised(0.2, 5.0, len(one) / len(other)).measured(tally(one), tally(other)))

    assert mean_of_values(evidence, sizes, canary, stable) <= ROUNDING


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("stable", [0.0, 0.02, 0.4])
@pytest.mark.parametrize("margin", [0.005, 0.1, 0.5])
@pytest.mark.parametrize("forecast", [0.0, 0.05, 0.4, 0.9])
def test_not_worse_is_fair_at_the_margin_and_beyond_it(sizes, stable, margin, forecast):
    for canary in {stable + margin, min(1.0, stable + 2 * margin), 1.0}:
        found = mean(lambda window: NotWorse(margin).after(window, forecast).value, sizes, (canary, stable))
        assert found <= ROUNDING


@pytest.mark.parametrize("process", [Harm.begin(), Exceedance.begin()])
def test_rates_that_drift_together_leave_the_mean_where_it_is(process):
    """Two windows, the second at another rate that depends on what the first one showed."""

    def then(window: Window) -> float:
        drifted = 0.8 if window.k_b else 0.05
        now = process.after(window)
        return mean(lambda after: now.after(after).value, (2, 3), (drifted, drifted))

    assert mean(then, (3, 4), (0.3, 0.3)) <= ROUNDING


def test_not_worse_stays_fair_when_rates_drift_and_the_forecast_follows():
    def then(window: Window) -> float:
        stable = 0.5 if window.k_b else 0.0
        now, forecast = NotWorse(0.2).after(window, 0.1), Forecast().after(window).rate
        return mean(lambda after: now.after(after, forecast).value, (2, 3), (stable + 0.2, stable))

    assert mean(then, (3, 3), (0.5, 0.3)) <= ROUNDING


# ---- pods -------------------------------------------------------------------------------------------------------


def sampled(rates: dict[float, float], requests: int) -> dict[Unit, float]:
    """Units whose own rate is drawn first: what happens inside depends on itself."""
    found: dict[Unit, float] = {}
    for rate, chance in rates.items():
        for bad in range(requests + 1):
            unit = Unit(requests, bad)
            found[unit] = found.get(unit, 0.0) + chance * binomial(requests, bad, rate)
    return found


@pytest.mark.parametrize("requests", [(3, 3), (2, 5), (5, 2)])
@pytest.mark.parametrize("past", [(), (Unit(4, 1),), (Unit(3, 0), Unit(9, 6), Unit(4, 4))])
@pytest.mark.parametrize("rates", [{0.1: 1.0}, {0.0: 0.7, 0.9: 0.3}, {0.3: 0.5, 1.0: 0.5}])
def test_errors_in_clumps_are_fair_also_when_pods_differ_in_size(requests, past, rates):
    canary, stable = (sampled(rates, number) for number in requests)
    begin = ErrorUnits(ErrorUnits.begin().mixture, past)

    found = mean_of_values(lambda one, other: begin.after(one, other, 30).mixture.value, (1, 2), canary, stable)

    assert found <= ROUNDING


@pytest.mark.parametrize("past", [(), (1.0,), (0.0, 2.0, 2.0, 5.0)])
def test_any_measure_of_pods_is_fair(past):
    values = {0.0: 0.3, 1.0: 0.2, 2.0: 0.4, 5.0: 0.1}
    begin = GaugeUnits(GaugeUnits.begin().mixture, past)

    for lower in (values, {0.0: 0.6, 2.0: 0.4}):
        found = mean_of_values(lambda one, other: begin.after(one, other, 30).mixture.value, (2, 3), lower, values)
        assert found <= ROUNDING


@pytest.mark.parametrize("past", [(0.0,), (0.0, 0.1, 0.0, 1.0), (1.0, 1.0)])
@pytest.mark.parametrize("margin", [0.01, 0.25])
def test_pods_that_are_worse_by_the_margin_are_rarely_called_not_worse(past, margin):
    stable = {Unit(100, 0): 0.8, Unit(100, 2): 0.2}
    canary = {Unit(100, unit.bad + round(100 * margin)): chance for unit, chance in stable.items()}

    def evidence(one, other):
        return UnitsNotWorse(margin, past=past).after(one, other).value

    assert mean_of_values(evidence, (2, 3), canary, stable) <= ROUNDING


def died(window: Window, answered: tuple[int, int] = (0, 0)) -> Piece:
    """A window in which the pods count `answered` failures of both arms, and the gateway those of `window` beyond."""
    seen = replace(window, seconds=30, k_c=window.k_c + answered[0], k_b=window.k_b + answered[1])
    seen = replace(seen, n_c=window.n_c + answered[0], n_b=window.n_b + answered[1])
    pods = (PodCount("c", True, 99, answered[0]), PodCount("s", False, 99, answered[1]))
    return Piece(NOON, NOON, 10, 10, True, seen, pods)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("rates", no_higher(RATES))
def test_failures_that_no_pod_answers_for_are_fair(sizes, rates):
    begin = Unanswered.begin(30, 0.01)

    assert mean(lambda window: begin.after(died(window)).value, sizes, rates) <= ROUNDING


def test_what_pods_answer_for_is_no_evidence_that_they_died():
    assert Unanswered.begin(30, 0.01).after(died(Window(30, 50, 0, 450, 0), (9, 3))).value == pytest.approx(1.0)


# ---- one arm, and the split -------------------------------------------------------------------------------------


@pytest.mark.parametrize("promised", [0.001, 0.05, 0.9])
@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_a_promise_that_is_kept_is_rarely_held_against_the_canary(promised, part):
    def evidence(window: Window) -> float:
        return OverPromise.begin(promised).after(window).mixture.value

    assert mean(evidence, (9, 0), (part * promised, 0.0)) <= ROUNDING


@pytest.mark.parametrize("promised", [0.001, 0.05, 0.9])
@pytest.mark.parametrize("excess", [0.0, 0.05, 0.1])
def test_a_promise_that_is_broken_is_rarely_called_kept(promised, excess):
    assert (
        mean(lambda window: WithinPromise(promised).after(window).value, (9, 0), (promised + excess, 0.0)) <= ROUNDING
    )


@pytest.mark.parametrize("promised", [0.01, 0.3])
@pytest.mark.parametrize("margin", [0.02, 0.2])
def test_a_rate_over_promise_and_margin_is_rarely_called_within_them(promised, margin):
    for rate in (promised + margin, 0.7, 1.0):
        kept = mean(lambda window: WithinPromise(promised, margin).after(window).value, (9, 0), (rate, 0.0))
        assert kept <= ROUNDING


@pytest.mark.parametrize("promised", [0.02, 0.4])
@pytest.mark.parametrize("stable", [0.0, 0.1, 0.6])
def test_harm_and_a_broken_promise_together_are_fair(promised, stable):
    """Whether stable is there in the second window depends on what the first one showed."""
    begin = HarmOrPromise.begin(promised)

    def then(window: Window) -> float:
        now = begin.after(window)
        if window.k_c:
            return mean(lambda after: now.after(after).value, (4, 0), (promised, 0.0))
        return mean(lambda after: now.after(after).value, (3, 2), (stable, stable))

    assert mean(then, (3, 4), (stable, stable)) <= ROUNDING
    assert mean(then, (5, 0), (promised, 0.0)) <= ROUNDING


@pytest.mark.parametrize("percent", [1, 10, 50, 95])
@pytest.mark.parametrize("off", [1 / SLACK, 1.0, SLACK])
def test_a_split_that_is_as_wanted_within_the_slack_is_fair(percent, off):
    odds, requests = off * percent / (100 - percent), 30
    share = odds / (1 + odds)

    found = sum(
        binomial(requests, n_c, share) * Split().after(Window(1, n_c, 0, requests - n_c, 0), percent).mixture.value
        for n_c in range(requests + 1)
    )

    assert found <= ROUNDING
