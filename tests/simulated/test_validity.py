"""Both error rates hold over whole lives, looked at in every window. Seeds are fixed; limits allow for chance."""

from math import sqrt
from random import Random

import pytest

from pipeline.judge.counts import Window
from pipeline.judge.forecast import Forecast
from pipeline.judge.harm import Harm
from pipeline.judge.not_worse import NotWorse
from tests.rules.judge.traffic import drawn, life


def most(rate: float, runs: int) -> float:
    """More than this share of `runs` has a chance below one in ten thousand if `rate` is true."""
    return rate + 3.8 * sqrt(rate * (1 - rate) / runs)


def rolled_back(windows) -> bool:
    harm = Harm.begin(horizon=300)
    for window in windows:
        harm = harm.after(window)
    return harm.most >= 20  # α = 5 %: rare enough to be a limit, common enough to be seen


def promoted(windows, margin: float) -> bool:
    process, forecast = NotWorse(margin), Forecast()
    for window in windows:
        process, forecast = process.after(window, forecast.rate), forecast.after(window)
        if process.value >= 20:
            return True
    return False


@pytest.mark.parametrize(
    ("sizes", "rate", "runs"), [((5, 45), 0.02, 2000), ((10, 10), 0.3, 1000), ((2, 30), 0.1, 1000)]
)
def test_a_canary_like_stable_is_rarely_taken_back(sizes, rate, runs):
    chance = Random(11)

    false = sum(rolled_back(life(chance, 60, sizes, (rate, rate))) for _ in range(runs)) / runs

    assert false <= most(0.05, runs)


def test_an_outage_of_both_arms_is_not_the_canarys_fault():
    chance, runs = Random(12), 1000

    def outage():
        for tick in range(60):
            rate = 0.4 if 20 <= tick < 26 else 0.005
            yield Window(5, 5, drawn(chance, 5, rate), 45, drawn(chance, 45, rate))

    assert sum(rolled_back(outage()) for _ in range(runs)) / runs <= most(0.05, runs)


def test_a_share_that_follows_the_errors_of_before_changes_nothing():
    """Shares may depend on the past in any way: here the canary gets more while stable looks bad."""
    chance, runs = Random(13), 1000

    def steered():
        n_c, n_b = 5, 45
        for _ in range(60):
            window = Window(5, n_c, drawn(chance, n_c, 0.05), n_b, drawn(chance, n_b, 0.05))
            n_c, n_b = (25, 25) if window.k_b > 2 else (5, 45)
            yield window

    assert sum(rolled_back(steered()) for _ in range(runs)) / runs <= most(0.05, runs)


@pytest.mark.parametrize(
    ("sizes", "stable", "margin", "runs"), [((10, 90), 0.005, 0.02, 1000), ((20, 20), 0.001, 0.05, 1000)]
)
def test_a_canary_worse_by_exactly_the_margin_is_rarely_promoted(sizes, stable, margin, runs):
    chance = Random(14)

    false = sum(promoted(life(chance, 60, sizes, (stable + margin, stable)), margin) for _ in range(runs)) / runs

    assert false <= most(0.05, runs)


def test_a_canary_far_worse_is_taken_back_nearly_always_and_a_good_one_promoted():
    chance, runs = Random(15), 100

    assert sum(rolled_back(life(chance, 60, (5, 45), (0.25, 0.005))) for _ in range(runs)) >= 99
    assert sum(promoted(life(chance, 60, (25, 225), (0.005, 0.005)), 0.02) for _ in range(runs)) >= 99
