"""The rules of the others are what their documents say, and the fast form of ours is the product's."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm

from benchmarks.judge.kayenta import QUANTILE, high, z_of
from benchmarks.judge.rules import RULES, Argo, Flagger, Ours, oracle
from benchmarks.judge.traces import LIFE, Cell, Trace, changing, draw

CHANCE = np.random.default_rng(20261124)


def points(lives: int, number: int, rate: float) -> np.ndarray:
    """Error rates of 3,000 requests each: with ties, as real ones have."""
    return CHANCE.binomial(3000, rate, (lives, number)) / 3000


def interval_low(canary: np.ndarray, baseline: np.ndarray, quantile: float) -> float:
    """The end of the interval by root search over the shift, as Kayenta does it."""
    edge = max(abs(canary).max(), abs(baseline).max()) + 1.0

    def beyond(shift: float) -> float:
        return float(z_of((canary - shift)[None], baseline[None])[0]) - quantile

    return brentq(beyond, -edge, edge, xtol=1e-12)


@pytest.mark.parametrize(("n", "m", "rate"), [(5, 5, 0.001), (30, 30, 0.005), (12, 7, 0.0002)])
def test_the_rank_sum_is_that_of_scipy(n, m, rate):
    canary, baseline = points(20, n, rate), points(20, m, rate)

    z = z_of(canary, baseline)
    expected = mannwhitneyu(canary, baseline, axis=1, alternative="greater", method="asymptotic", use_continuity=True)

    assert norm.sf(z) == pytest.approx(expected.pvalue)


def test_high_means_that_the_interval_lies_above_a_quarter_of_the_shift():
    canary, baseline = points(60, 15, 0.002), points(60, 15, 0.001)

    found = high(canary, baseline)

    assert 5 < found.sum() < 55
    for one, other, is_high in zip(canary, baseline, found, strict=True):
        shift = float(np.median(one[:, None] - other[None, :]))
        assert is_high == (interval_low(one, other, QUANTILE) > 0.25 * abs(shift) and one.mean() >= other.mean())


def test_the_same_values_pass():
    same = points(3, 10, 0.01)

    assert not high(same, same[:, ::-1]).any()
    assert not high(np.zeros((2, 6)), np.zeros((2, 6))).any()


def a_life(bad: list[int], requests: int = 1000) -> Trace:
    """One life of `LIFE` seconds in which the canary fails so many in each minute."""
    n_c = np.full((1, LIFE), requests // 60 + 1)
    k_c = np.zeros((1, LIFE), dtype=int)
    k_c[0, ::60] = [*bad, *[0] * (LIFE // 60 - len(bad))]
    return Trace(n_c, k_c, n_c * 19, k_c * 0, n_c, k_c * 0)


CELL = Cell(20, 0.05, 0.001, 0.02)


def test_argo_aborts_when_more_than_the_limit_failed_in_sum():
    assert Argo(0.99)(a_life([17, 17, 0, 0, 17]), CELL) == np.inf
    assert Argo(0.99)(a_life([17, 17, 0, 0, 17, 17]), CELL) == 360
    assert Argo(0.95)(a_life([17] * 30), CELL) == np.inf


def test_flagger_goes_back_a_check_after_the_threshold():
    assert Flagger()(a_life([17] * 4), CELL) == np.inf
    assert Flagger()(a_life([17, 0, 17, 17, 17, 17]), CELL) == 420


def test_the_oracle_is_told_what_is_wrong():
    trace = draw(CELL, 50, np.random.default_rng(1))

    assert np.median(oracle(trace, CELL)) < np.median(Ours(1)(trace, CELL))
    assert (oracle(trace, Cell(20, 0.05, 0.001, 0.001)) == np.inf).all()


@pytest.mark.parametrize("tick", [1, 5])
def test_the_fast_form_of_ours_is_the_product_s(tick):
    trace = draw(Cell(200, 0.05, 0.002, 0.003), 2, np.random.default_rng(2), changing)

    Ours(tick).checked(trace, 2)


class Forgetful(Ours):
    """Loses a thousandth of the evidence."""

    def logs(self, trace: Trace) -> np.ndarray:
        return 0.999 * Ours.logs(self, trace)


def test_a_wrong_fast_form_is_noticed():
    with pytest.raises(AssertionError):
        Forgetful(5).checked(draw(CELL, 1, np.random.default_rng(3)), 1)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_finds_what_nobody_could_miss(rule):
    broken = Cell(1000, 0.05, 0.001, 0.9)

    assert (RULES[rule](draw(broken, 3, np.random.default_rng(4)), broken) <= LIFE).all()
