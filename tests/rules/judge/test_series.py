"""Recorded counts, judged tick by tick: verdicts, warm-up, pods, waits, and the same again to the last digit."""

import pytest

from pipeline.judge.samples import Unit
from pipeline.judge.series import PROMOTE, ROLL_BACK, Row, Series
from pipeline.settings import Judge

JUDGE = Judge(0.005)
GOOD = (50, 0, 950, 1)
BAD = (50, 5, 950, 1)


def judged(*ticks, judge=JUDGE, series=None, seconds=5.0):
    now = series or Series.begin(judge, pods=False)
    for n_c, k_c, n_b, k_b in ticks:
        now = now.after((now.t or 0.0) + seconds, seconds, [Row(0, Unit(n_c, k_c), Unit(n_b, k_b))])
    return now


def pods(*ticks, judge=JUDGE, canary=5, stable=12, series=None):
    """Ticks of 10 s; each is (bad ones of a canary pod, bad ones of a stable pod) of 500 requests."""
    now = series or Series.begin(judge, pods=True)
    for bad_c, bad_b in ticks:
        rows = [Row(0, Unit(500, bad_c), Unit(0, 0), f"c{number}") for number in range(canary)]
        rows += [Row(0, Unit(0, 0), Unit(500, bad_b), f"s{number}") for number in range(stable)]
        now = now.after((now.t or 0.0) + 10, 10, rows)
    return now


def test_a_bad_canary_is_rolled_back_and_stays_so():
    now = judged(*[BAD] * 3)

    assert (now.verdict, now.decided) == (ROLL_BACK, 5.0)
    assert judged(*[GOOD] * 400, series=now).verdict == ROLL_BACK


def test_a_canary_like_stable_is_promoted_and_evidence_goes_on():
    now = judged(*[GOOD] * 40)

    assert now.verdict == PROMOTE
    assert now.decided < 200
    assert judged(*[BAD] * 20, series=now).harm >= 100
    assert judged(*[BAD] * 20, series=now).verdict == PROMOTE


def test_without_a_margin_nothing_is_promoted():
    assert judged(*[GOOD] * 40, judge=Judge(None)).verdict is None


def test_it_is_not_promoted_while_harm_is_in_the_air():
    now = judged((1000, 5, 9000, 8), judge=Judge(0.02))

    assert now.not_worse > 20
    assert 5 < now.harm < 100
    assert now.verdict is None


def test_ticks_before_the_canary_only_teach_what_to_expect():
    before = judged(*[(0, 0, 950, 9)] * 20)

    assert (before.opened, before.harm, before.not_worse) == (None, 1.0, 1.0)
    assert before.evidence.forecast.rate == pytest.approx(9 / 950, rel=0.05)
    assert judged(GOOD, series=before).opened == 100.0


def test_the_warm_up_is_not_judged():
    warm = Judge(0.005, warm_up=60)

    assert judged(*[BAD] * 12, judge=warm).harm == 1.0
    assert judged(*[BAD] * 15, judge=warm).verdict == ROLL_BACK


def test_small_ticks_are_put_together_and_none_is_lost():
    whole = judged((10, 1, 90, 0))
    parts = judged((2, 1, 10, 0), (1, 0, 5, 0))

    assert parts.harm == 1.0
    assert parts.evidence.held.n_c == 3
    assert judged((7, 0, 75, 0), series=parts).harm == pytest.approx(whole.harm)


def test_a_difference_that_does_not_matter_is_no_harm():
    busy = (100_000, 650, 100_000, 500)

    assert judged(*[busy] * 40, judge=Judge(None)).verdict == ROLL_BACK
    assert judged(*[busy] * 40, judge=Judge(None, tolerance=1.4)).verdict is None


def test_pods_are_judged_in_windows():
    now = pods((20, 0), (20, 0))

    assert now.harm == 1.0
    assert pods((20, 0), series=now).verdict == ROLL_BACK
    assert pods(*[(1, 1)] * 30).verdict == PROMOTE


def test_one_pod_that_fails_for_a_moment_is_no_reason():
    now = Series.begin(JUDGE, pods=True)
    for tick in range(90):
        bad = 100 if 30 <= tick < 33 else 0
        rows = [Row(0, Unit(500, bad), Unit(0, 0), "c")]
        rows += [Row(0, Unit(0, 0), Unit(500, 1), f"s{number}") for number in range(12)]
        now = now.after(10.0 * (tick + 1), 10.0, rows)

    assert now.evidence.mixture.most < 100


def test_pods_learn_before_the_canary_comes_and_while_it_warms_up():
    before = pods(*[(0, 1)] * 6, canary=0)
    warm = pods(*[(20, 1)] * 3, series=before, judge=Judge(0.005))

    assert len(before.evidence.harm.past) == 24
    assert before.harm == 1.0
    assert warm.verdict == ROLL_BACK
    assert pods(*[(20, 1)] * 5, judge=Judge(0.005, warm_up=60)).harm == 1.0


def test_the_waits_can_be_planned():
    plan = judged(*[GOOD] * 40).planned()

    assert 60 < plan.promote < 200
    assert 200 < plan.double < 2000
    assert judged(*[GOOD] * 40, judge=Judge(None)).planned().promote is None
    assert judged((0, 0, 50, 0)).planned() is None
    assert judged((50, 0, 0, 0)).planned() is None
    assert pods((1, 1)).planned() is None


def test_the_same_counts_give_the_same_evidence_to_the_last_digit():
    ticks = [GOOD, BAD, GOOD, (3, 0, 4, 0), (0, 0, 900, 4), GOOD] * 30

    whole = judged(*ticks)
    resumed = judged(*ticks[77:], series=judged(*ticks[:77]))

    assert resumed == whole
    assert (resumed.harm.hex(), resumed.not_worse.hex()) == (whole.harm.hex(), whole.not_worse.hex())
