"""The evidence that the canary is not worse is what its formula says, and it is fair."""

from math import comb, inf, isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judge.counts import Window
from pipeline.judge.forecast import Forecast
from pipeline.judge.not_worse import NotWorse, boundary
from pipeline.judge.waits import divergence

from .test_harm import windows

RATES = (0.0, 0.001, 0.02, 0.2, 0.5, 0.97)


def binomial(n: int, k: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def mean(sizes: tuple[int, int], rates: tuple[float, float], margin: float, forecast: float) -> float:
    """Expected evidence after one window, by adding up every outcome."""
    (n_c, n_b), (canary, stable) = sizes, rates
    return sum(
        binomial(n_c, k_c, canary)
        * binomial(n_b, k_b, stable)
        * NotWorse(margin).after(Window(1, n_c, k_c, n_b, k_b), forecast).value
        for k_c in range(n_c + 1)
        for k_b in range(n_b + 1)
    )


@pytest.mark.parametrize("sizes", [(1, 1), (1, 8), (4, 4), (7, 2)])
@pytest.mark.parametrize("stable", RATES)
@pytest.mark.parametrize("margin", [0.002, 0.02, 0.3])
@pytest.mark.parametrize("forecast", [0.0, 0.001, 0.05, 0.6, 1.0])
def test_at_the_margin_and_beyond_the_mean_is_at_most_one_whatever_was_forecast(sizes, stable, margin, forecast):
    for extra in (0.0, 0.05, 1.0):
        canary = min(1.0, stable + margin + extra)
        if canary >= stable + margin - 1e-12:
            assert mean(sizes, (canary, stable), margin, forecast) <= 1 + 1e-9


@given(st.integers(1, 6), st.integers(1, 6), st.floats(0, 1), st.floats(1e-6, 0.999), st.floats(0, 1))
def test_the_mean_is_at_most_one_anywhere_on_the_boundary(n_c, n_b, place, margin, forecast):
    stable = place * (1 - margin)

    assert mean((n_c, n_b), (stable + margin, stable), margin, forecast) <= 1 + 1e-9


def test_a_canary_as_good_as_stable_gains_evidence_on_average():
    assert mean((10, 10), (0.02, 0.02), 0.1, 0.02) > 1.05


@pytest.mark.parametrize("ratio", [1e-9, 0.01, 0.1, 1.0, 19.0, 1e9])
@pytest.mark.parametrize("expected", [1e-6, 0.001, 0.02, 0.3, 0.8])
@pytest.mark.parametrize("margin", [1e-4, 0.003, 0.02, 0.15])
@pytest.mark.parametrize("used", [0.0, 0.2, 0.45])
def test_the_boundary_solves_its_equation(ratio, expected, margin, used):
    canary = expected + used * margin

    stable = boundary(expected, canary, margin, ratio)

    assert max(0.0, canary - margin) <= stable * (1 + 1e-9)
    assert stable <= expected * (1 + 1e-9)
    pull, push = ratio * (canary - stable - margin) * stable, (expected - stable) * (stable + margin)
    assert abs(pull + push) <= 1e-9 * ((1 + ratio) * (stable + margin) * (canary + margin + stable))


@pytest.mark.parametrize(("margin", "least"), [(0.0015, 0.999), (0.02, 0.999), (0.1, 0.99)])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("rate", [0.001, 0.02])
def test_the_quick_boundary_gathers_evidence_nearly_as_fast_as_the_exact_one(rate, share, margin, least):
    def speed(stable: float) -> float:
        return share * divergence(rate, stable + margin) + (1 - share) * divergence(rate, stable)

    exact = min(speed(rate * step / 4000) for step in range(1, 4001))

    requests = 10_000_000
    n_c, n_b = round(requests * share), round(requests * (1 - share))
    window = Window(1, n_c, round(n_c * rate), n_b, round(n_b * rate))
    gained = NotWorse(margin).after(window, rate).logs[0] / requests

    assert gained >= least * exact


@given(windows(10_000), st.floats(0, 1), st.floats(1e-5, 0.99))
def test_one_more_canary_error_never_raises_it(window, forecast, margin):
    if window.k_c == window.n_c:
        return
    worse = Window(window.seconds, window.n_c, window.k_c + 1, window.n_b, window.k_b)
    process = NotWorse(margin)

    assert process.after(worse, forecast).log_value <= process.after(window, forecast).log_value + 1e-6


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_halves_with_the_same_traffic_weigh_as_much_as_the_whole(n_c, n_b, data):
    one, two = (Window(5, n_c, data.draw(st.integers(0, n_c)), n_b, data.draw(st.integers(0, n_b))) for _ in range(2))
    whole = Window(10, 2 * n_c, one.k_c + two.k_c, 2 * n_b, one.k_b + two.k_b)
    process = NotWorse(0.02)

    in_two = process.after(one, 0.01).after(two, 0.01).log_value

    assert in_two == pytest.approx(process.after(whole, 0.01).log_value, abs=1e-7)


@pytest.mark.parametrize("window", [Window(5, 0, 0, 90, 0), Window(5, 90, 0, 0, 0)])
def test_one_arm_alone_is_no_evidence(window):
    assert NotWorse(0.02).after(window, 0.01) == NotWorse(0.02)


@given(st.lists(windows(), max_size=20), st.floats(1e-5, 0.99999))
def test_no_counts_make_it_anything_but_a_number(seen, margin):
    process, forecast = NotWorse(margin), Forecast()
    for window in seen:
        process, forecast = process.after(window, forecast.rate), forecast.after(window)

        assert 0 < forecast.rate < 1
        assert isfinite(process.log_value)
        assert 0 <= process.value < inf


def test_the_forecast_forgets_half_in_a_minute():
    forecast = Forecast().after(Window(1, 0, 0, 1000, 40)).after(Window(60, 0, 0, 0, 0))

    assert forecast == Forecast(20.0, 500.0)
    assert forecast.rate == pytest.approx(20.5 / 550)


def test_the_forecast_looks_at_both_arms():
    assert Forecast().after(Window(1, 100, 3, 1000, 40)) == Forecast(43.0, 1100.0)
