"""The tests of validity can fail: evidence with a small mistake in it is caught by the same sums that pass ours."""

from dataclasses import replace
from math import exp, log

import pytest

from pipeline.judge.alone import HarmOrPromise, WithinPromise
from pipeline.judge.counts import Window
from pipeline.judge.exceedance import raised
from pipeline.judge.harm import RATIOS, Harm, gains
from pipeline.judge.not_worse import NotWorse, boundary
from pipeline.judge.samples import Unit
from pipeline.judge.two_sample import Bet, bet, tally
from pipeline.judge.unanswered import Unanswered
from pipeline.judge.units import ErrorUnits

from .outcomes import ROUNDING, mean, mean_of_values
from .test_validity import died, sampled


def of_harm(gain) -> float:
    """The largest mean over all outcomes of evidence for harm with these gains for a ratio, at equal rates."""

    def evidence(window: Window) -> float:
        return sum(exp(gain(window, r)) for r in RATIOS) / len(RATIOS)

    return max(mean(evidence, sizes, (0.3, 0.3)) for sizes in ((4, 6), (6, 4)))


def as_it_is(window: Window, r: float) -> float:
    base = log((window.n_c + window.n_b) / (window.n_c * r + window.n_b))
    return window.k_c * log(r) + (window.k_c + window.k_b) * base


def wrong_sign(window: Window, r: float) -> float:
    base = log((window.n_c + window.n_b) / (window.n_c * r + window.n_b))
    return window.k_c * log(r) - (window.k_c + window.k_b) * base


def one_arm_forgotten(window: Window, r: float) -> float:
    return window.k_c * log(r) + window.k_c * log((window.n_c + window.n_b) / (window.n_c * r + window.n_b))


def arms_swapped(window: Window, r: float) -> float:
    base = log((window.n_c + window.n_b) / (window.n_b * r + window.n_c))
    return window.k_c * log(r) + (window.k_c + window.k_b) * base


def looking_ahead(window: Window, _: float) -> float:
    """The ratio is chosen after the window was seen."""
    return max(as_it_is(window, r) for r in RATIOS)


def test_the_formula_of_harm_is_fair():
    assert of_harm(as_it_is) <= ROUNDING
    assert Harm.begin(head=1.0).after(Window(1, 4, 2, 6, 1)).value == pytest.approx(
        sum(exp(as_it_is(Window(1, 4, 2, 6, 1), r)) for r in RATIOS) / len(RATIOS)
    )


@pytest.mark.parametrize("mutant", [wrong_sign, one_arm_forgotten, arms_swapped, looking_ahead])
def test_a_mistake_in_harm_is_caught(mutant):
    assert of_harm(mutant) > 1.01


def test_a_bet_that_does_not_cancel_is_caught():
    found = bet(-2.0, 0.2, 0.5, 0.1)
    loose = Bet(found.t_c, found.t_b, found.a_c, 4 * found.a_b)

    assert mean(lambda window: exp(found.counted(window)), (3, 6), (0.6, 0.5)) <= ROUNDING
    assert mean(lambda window: exp(loose.counted(window)), (3, 6), (0.6, 0.5)) > 1.01


def test_a_margin_that_is_forgotten_is_caught():
    """The bet is made against "not worse at all", and the canary is worse by the margin."""

    def forgetful(window: Window) -> float:
        t = boundary(0.02, 0.02, 0.2, 0.5)
        return exp(bet(-1.0, t, 0.5, 0.3).counted(window))

    assert mean(lambda window: NotWorse(0.2).after(window, 0.02).value, (3, 6), (0.4, 0.2)) <= ROUNDING
    assert mean(forgetful, (3, 6), (0.4, 0.2)) > 1.0


def test_a_forecast_that_has_seen_the_window_is_caught():
    def ahead(window: Window) -> float:
        rate = (window.k_c + window.k_b) / (window.n_c + window.n_b)
        return NotWorse(0.1).after(window, min(rate, 0.5)).value

    assert mean(ahead, (3, 3), (0.15, 0.05)) > 1.01


def test_cuts_from_the_window_itself_are_caught():
    """Every unit of stable lies below the largest of stable: a cut that has seen it."""

    def ahead(one, other):
        cut = max(other)
        ys = [[float(value > cut) for value in arm] for arm in (one, other)]
        return exp(raised(0.05, 30.0, 1.0).measured(*(tally(arm) for arm in ys)))

    values = {0.0: 0.4, 1.0: 0.3, 2.0: 0.3}
    assert mean_of_values(ahead, (2, 2), values, values) > 1.01


def test_a_tie_that_counts_for_the_canary_alone_is_caught():
    """`>=` for the canary, `>` for stable."""

    def tied(one, other):
        ys = [float(value >= 1.0) for value in one], [float(value > 1.0) for value in other]
        return exp(raised(0.3, 4.0, 1.0).measured(*(tally(arm) for arm in ys)))

    values = {0.0: 0.4, 1.0: 0.3, 2.0: 0.3}
    assert mean_of_values(tied, (2, 2), values, values) > 1.01


def test_pods_of_unequal_size_taken_as_they_are_are_caught():
    """A share of a small pod is more often extreme. Ours brings both to one size first."""
    small, large = sampled({0.1: 1.0}, 2), sampled({0.1: 1.0}, 8)
    past = (Unit(8, 1), Unit(8, 0), Unit(8, 1))

    def naive(one, other):
        ys = [tally(float(unit.share > 0.4) for unit in arm) for arm in (one, other)]
        return exp(raised(0.1, 10.0, 1.0).measured(*ys))

    def ours(one, other):
        return ErrorUnits(ErrorUnits.begin().mixture, past).after(one, other, 30).mixture.value

    assert mean_of_values(ours, (2, 2), small, large) <= ROUNDING
    assert mean_of_values(naive, (2, 2), small, large) > 1.01


def test_evidence_that_forgets_what_waits_is_caught():
    """Mass that is released twice makes the mean grow."""
    mixture = Harm.begin().mixture
    again = replace(replace(mixture, seconds=300.0).due(), released=0).due()

    assert sum(exp(one) for one in again.logs) + again.waiting * (1 - again.released / again.epochs) > 1.01


def test_a_promise_that_is_moved_by_what_was_seen_is_caught():
    """Whether the canary is held against its promise is decided after it failed, not by whether stable is there."""

    def moved(window: Window) -> float:
        begin = HarmOrPromise.begin(0.3)
        alone = begin.after(replace(window, n_b=0, k_b=0)).value
        return max(alone, begin.after(window).value)

    assert mean(moved, (4, 4), (0.3, 0.3)) > 1.01


def test_a_margin_on_the_wrong_side_of_a_promise_is_caught():
    def wrong(window: Window) -> float:
        return WithinPromise(0.3, -0.1).after(window).value * 1.0

    def right(window: Window) -> float:
        return WithinPromise(0.3, 0.1).after(window).value

    assert mean(right, (9, 0), (0.4, 0.0)) <= ROUNDING
    assert mean(right, (9, 0), (0.3, 0.0)) > 1.01
    assert mean(wrong, (9, 0), (0.1, 0.0)) > 1.01


def test_failures_that_pods_answer_for_taken_for_unanswered_ones_are_caught():
    """The failures of the pods are forgotten to be taken off, and the canary's pods had all of them."""

    def forgetful(window: Window) -> float:
        return Unanswered.begin(30, 0.01).after(replace(died(window, (3, 0)), pods=())).value

    assert mean(lambda window: Unanswered.begin(30, 0.01).after(died(window, (3, 0))).value, (4, 6), (0.3, 0.3)) <= 1.0
    assert mean(forgetful, (4, 6), (0.3, 0.3)) > 1.01


def test_a_factor_that_is_cut_off_from_below_is_caught():
    """`max` for `min`: every window would bring at least what one pod may."""
    cap = Unanswered.begin(30, 0.01).cap

    def raised_up(window: Window) -> float:
        return sum(exp(max(cap, gain)) for gain in gains(window, RATIOS) or [0.0]) / len(RATIOS)

    assert mean(raised_up, (4, 6), (0.3, 0.3)) > 1.01
