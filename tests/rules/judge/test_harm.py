"""The evidence for harm is what its formula says, and it is fair."""

from math import comb, exp, inf, isclose, isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judge.combined import combine
from pipeline.judge.counts import Window, added
from pipeline.judge.harm import RATIOS, Harm
from pipeline.judge.mixture import EPOCH, HORIZON


@st.composite
def windows(draw: st.DrawFn, largest: int = 2**53) -> Window:
    n_c, n_b = draw(st.integers(0, largest)), draw(st.integers(0, largest))
    seconds = draw(st.floats(0.001, 1e6))
    return Window(seconds, n_c, draw(st.integers(0, n_c)), n_b, draw(st.integers(0, n_b)))


def after(harm: Harm, *seen: Window) -> Harm:
    for window in seen:
        harm = harm.after(window)
    return harm


def binomial(n: int, k: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


@pytest.mark.parametrize("ratio", RATIOS)
def test_one_ratio_gives_the_likelihood_ratio_of_two_binomials(ratio):
    n_c, k_c, n_b, k_b = 120, 7, 900, 11

    harm = Harm.begin(ratios=(ratio,), head=1.0).after(Window(1, n_c, k_c, n_b, k_b))

    worse, same = n_c * ratio / (n_c * ratio + n_b), n_c / (n_c + n_b)
    assert harm.value == pytest.approx(binomial(18, k_c, worse) / binomial(18, k_c, same))


def test_a_tolerance_moves_what_counts_as_the_same():
    n_c, k_c, n_b, k_b = 120, 7, 900, 11

    harm = Harm.begin(ratios=(2.5,), head=1.0, tolerance=1.2).after(Window(1, n_c, k_c, n_b, k_b))

    worse, same = 3 * n_c / (3 * n_c + n_b), 1.2 * n_c / (1.2 * n_c + n_b)
    assert harm.value == pytest.approx(binomial(18, k_c, worse) / binomial(18, k_c, same))


@pytest.mark.parametrize(("n_c", "n_b"), [(1, 1), (1, 9), (3, 5), (6, 2), (7, 7)])
@pytest.mark.parametrize("stable", [0.0, 0.001, 0.05, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("better", [1.0, 0.7, 0.0])
def test_the_mean_under_the_null_is_at_most_one(n_c, n_b, stable, better):
    """By adding up every outcome of single requests, each with its chance."""
    canary = stable * better
    begin = Harm.begin()
    mean = sum(
        binomial(n_c, k_c, canary) * binomial(n_b, k_b, stable) * begin.after(Window(5, n_c, k_c, n_b, k_b)).value
        for k_c in range(n_c + 1)
        for k_b in range(n_b + 1)
    )

    assert mean <= 1 + 1e-9


def test_the_mean_stays_at_most_one_from_any_point_onward():
    harm = after(Harm.begin(), Window(40, 10, 3, 50, 1), Window(40, 10, 0, 50, 2))
    mean = sum(
        binomial(4, k_c, 0.2) * binomial(6, k_b, 0.2) * harm.after(Window(5, 4, k_c, 6, k_b)).value
        for k_c in range(5)
        for k_b in range(7)
    )

    assert mean <= harm.value * (1 + 1e-9)


def test_mass_that_waits_is_released_in_epochs_and_none_is_lost():
    harm, quiet = Harm.begin(), Window(EPOCH, 100, 0, 900, 0)
    for _ in range(20):
        harm = harm.after(quiet)

    assert harm.mixture.released == 19
    assert harm.value == pytest.approx(1.0)
    assert sum(exp(mass) for mass in harm.mixture.logs) == pytest.approx(0.8 + 0.2 * 19 / 60)


def test_all_mass_bets_once_the_horizon_is_over():
    harm = after(Harm.begin(), Window(10 * HORIZON, 10, 0, 90, 0), Window(1, 10, 0, 90, 0), Window(1, 10, 0, 90, 0))

    assert harm.mixture.released == harm.mixture.epochs
    assert sum(exp(mass) for mass in harm.mixture.logs) == pytest.approx(1.0)


def test_mass_released_late_finds_harm_that_starts_late():
    quiet = [Window(5, 50, 0, 450, 9)] * 240
    harmed = [Window(5, 50, 3, 450, 9)] * 30

    late = after(Harm.begin(), *quiet, *harmed)
    at_once = after(Harm.begin(head=1.0), *quiet, *harmed)

    assert late.value >= 100
    assert at_once.value < 1


def test_the_highest_evidence_is_kept():
    high = Harm.begin().after(Window(1, 100, 9, 900, 1))
    low = high.after(Window(1, 1000, 0, 9000, 200))

    assert high.most == high.value > 100
    assert low.value < 1
    assert low.most == high.value


@pytest.mark.parametrize("window", [Window(5, 0, 0, 90, 9), Window(5, 9, 9, 0, 0), Window(5, 0, 0, 0, 0)])
def test_one_arm_alone_is_no_evidence(window):
    assert Harm.begin().after(window).value == pytest.approx(1.0)


@given(windows(10_000), windows(10_000))
def test_one_more_canary_error_never_lowers_harm(before, window):
    if window.k_c == window.n_c:
        return
    harm = Harm.begin(ratios=(2.0, 5.0)).after(before)
    worse = Window(window.seconds, window.n_c, window.k_c + 1, window.n_b, window.k_b)

    assert harm.after(worse).log_value >= harm.after(window).log_value - 1e-6


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_halves_with_the_same_traffic_weigh_as_much_as_the_whole(n_c, n_b, data):
    one, two = (Window(5, n_c, data.draw(st.integers(0, n_c)), n_b, data.draw(st.integers(0, n_b))) for _ in range(2))

    assert isclose(
        after(Harm.begin(), one, two).log_value, Harm.begin().after(added((one, two))).log_value, abs_tol=1e-9
    )


@given(st.lists(windows(), max_size=20))
def test_no_counts_make_it_anything_but_a_number(seen):
    harm = after(Harm.begin(), *seen)

    assert 0 <= harm.value < inf
    assert 1 <= harm.most < inf
    assert isfinite(harm.log_value)
    assert harm.most >= harm.value * (1 - 1e-12)


def test_the_mean_of_several_metrics_is_weighed():
    assert combine([(0.75, 4.0), (0.25, 8.0)]) == pytest.approx(5.0)


def test_weights_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="add up to 1"):
        combine([(0.5, 4.0), (0.6, 8.0)])


def test_a_likelihood_ratio_alone_is_reached_by_a_closed_form():
    """n errors, all in the canary, at equal traffic: each doubles up to the limit of the ratio."""
    harm = after(Harm.begin(ratios=(3.0,), head=1.0), *[Window(1, 10, 1, 10, 0)] * 8)

    assert harm.log_value == pytest.approx(8 * log(1.5))
