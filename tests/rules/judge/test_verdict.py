"""What the judge says, in which words, and what it never says."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judge.compare import Evidence, judge_cluster, verdict
from pipeline.judge.counts import Window
from pipeline.judge.phrases import amount, duration, limit
from pipeline.settings import Judge
from pipeline.states import Reason
from pipeline.verdict import NOBODY, Fail, Pass, Verdict, Wait

from .test_windows import any_readings
from .traffic import NOON, at, reading, readings

TWO_POINTS, HARM_ALONE = Judge(0.02), Judge(None)
GOOD = Window(5, 50, 0, 450, 2)
BAD = Window(5, 50, 4, 450, 2)


def said(windows, judge=TWO_POINTS, *, since=0.0, late=0.0, **about) -> Verdict:
    """The verdict `late` seconds after the last reading, at a rung reached `since` seconds after noon."""
    seen = readings(windows, **about)
    now = seen[-1].at + timedelta(seconds=late)
    return verdict(judge_cluster(seen, (judge,), now), judge, at(since), now)


def test_harm_is_taken_back_with_its_numbers():
    verdict = said([Window(5, 55, 1, 1045, 1)] * 5 + [Window(5, 55, 2, 1045, 1)])

    numbers = "the canary failed 7 of 330 requests, stable 6 of 6,270"
    assert verdict == Fail(f"{numbers}; evidence for harm was 34,287, the limit is 100", Reason.HARMED)


@pytest.mark.parametrize(("percent", "errors"), [(5, 3), (10, 3), (50, 9)])
def test_beside_a_flawless_stable_a_few_failures_are_enough(percent, errors):
    failing = Window(1, percent, 1, 100 - percent, 0)

    assert isinstance(said([failing] * errors, percent=percent), Fail)
    assert not isinstance(said([failing] * (errors - 1), percent=percent), Fail)


def test_what_decided_once_stays_decided():
    assert isinstance(said([BAD] * 20 + [Window(5, 50, 0, 450, 40)] * 100), Fail)


def test_a_canary_not_worse_goes_on():
    verdict = said([GOOD] * 20)

    assert isinstance(verdict, Pass)
    assert verdict.why.startswith("The canary failed 0 of 1,000 requests, stable 40 of 9,000; evidence that it is not")
    assert verdict.why.endswith("and had to reach 20")


def test_it_waits_with_what_it_has_and_how_long_it_takes():
    verdict = said([GOOD])

    assert isinstance(verdict, Wait)
    assert verdict.why.startswith("Canary on az1 at 10 %. Evidence that it is not worse is 1.")
    assert " and must reach 20; at this traffic that takes about " in verdict.why
    assert verdict.why.endswith("seconds more")
    assert verdict.who == NOBODY
    assert verdict.until == at(TWO_POINTS.deadline)


def test_it_does_not_go_on_while_harm_is_in_the_air():
    verdict = said([GOOD] * 20 + [Window(5, 50, 8, 450, 2)])

    assert isinstance(verdict, Wait)
    assert "The canary failed 8 of 1,050 requests" in verdict.why
    assert "must fall below 5; at 100 it is rolled back" in verdict.why


def test_harm_alone_lets_go_on_once_there_is_traffic():
    verdict = said([GOOD], HARM_ALONE)

    assert verdict == Pass("The canary failed 0 of 50 requests, stable 2 of 450; evidence for harm is 0.5")


@pytest.mark.parametrize("judge", [TWO_POINTS, HARM_ALONE])
def test_no_readings_never_pass(judge):
    verdict_ = verdict(judge_cluster((), (judge,), at(60)), judge, NOON, at(60))

    assert isinstance(verdict_, Wait)
    assert verdict_.why == "No data: the metrics cannot be read"
    assert "platform team" in verdict_.who


@pytest.mark.parametrize("judge", [TWO_POINTS, HARM_ALONE])
def test_metrics_that_went_dark_never_pass(judge):
    verdict = said([GOOD] * 20, judge, late=16)

    assert isinstance(verdict, Wait)
    assert verdict.why == "No data: the metrics of az1 cannot be read since 12:01:40"


def test_metrics_never_readable_never_pass():
    seen = [reading(second, None) for second in range(0, 60, 5)]

    found = verdict(judge_cluster(seen, (HARM_ALONE,), at(55)), HARM_ALONE, NOON, at(55))

    assert isinstance(found, Wait)
    assert found.why == "No data: the metrics of az1 cannot be read"


def test_readings_of_the_future_are_not_looked_at():
    seen = readings([GOOD] * 20)

    assert judge_cluster(seen, (TWO_POINTS,), at(5)).sums == GOOD


@pytest.mark.parametrize("judge", [TWO_POINTS, HARM_ALONE])
def test_no_traffic_never_passes(judge):
    verdict = said([Window(5, 0, 0, 450, 2)] * 20, judge)

    assert isinstance(verdict, Wait)
    assert verdict.why == "No traffic reached the canary on az1 yet"


@pytest.mark.parametrize("judge", [TWO_POINTS, HARM_ALONE])
def test_traffic_that_stopped_never_passes(judge):
    verdict = said([GOOD] * 20 + [Window(5, 0, 0, 450, 2)] * 4, judge)

    assert isinstance(verdict, Wait)
    assert verdict.why == "No traffic reached the canary on az1 since 12:01:40"


@pytest.mark.parametrize("judge", [TWO_POINTS, HARM_ALONE])
def test_traffic_without_a_baseline_is_not_judged(judge):
    verdict = said([Window(5, 50, 0, 0, 0)] * 20, judge)

    assert isinstance(verdict, Wait)
    assert verdict.why == "Nothing to judge on az1 yet: canary and stable need requests at the same time"


def test_a_new_share_is_judged_at_least_once():
    verdict = said([GOOD] * 20, since=98)

    assert isinstance(verdict, Wait)
    assert verdict.why == "The canary on az1 was not judged at this share yet"
    assert isinstance(said([GOOD] * 20, since=95), Pass)


def test_the_warm_up_is_not_judged():
    warm_up = Judge(0.02, warm_up=60)

    verdict = said([BAD] * 12, warm_up)

    assert isinstance(verdict, Wait)
    assert verdict.why == "The canary on az1 warms up: its first 60 seconds are not judged"
    assert isinstance(said([BAD] * 12 + [GOOD] * 20, warm_up), Pass)


def test_evidence_is_carried_over_from_rung_to_rung():
    before = readings([GOOD] * 20)
    after = [replace(one, percent=50) for one in before[18:]]
    seen = before[:18] + after

    assert isinstance(verdict(judge_cluster(seen, (TWO_POINTS,), at(100)), TWO_POINTS, at(90), at(100)), Pass)


def test_a_finer_margin_needs_more():
    seen = readings([GOOD] * 20)
    evidence = judge_cluster(seen, (TWO_POINTS, Judge(0.002)), at(100))

    assert evidence.not_worse(0.02) > 20 > evidence.not_worse(0.002) > 0
    assert evidence.to_promote(0.02, 0.05) == 0
    assert evidence.to_promote(0.002, 0.05) > 10


# ---- deadline ---------------------------------------------------------------------------------------------------

SHORT = Judge(0.001, deadline=60)


def test_without_an_answer_in_time_it_is_taken_back_as_inconclusive():
    verdict = said([GOOD] * 12, SHORT)

    assert isinstance(verdict, Fail)
    assert verdict.reason is Reason.FAILED
    assert verdict.why.startswith("inconclusive after 60 seconds: canary on az1 at 10 %. Evidence that it is not worse")


def test_before_the_deadline_it_waits():
    assert isinstance(said([GOOD] * 11, SHORT), Wait)


def test_or_it_is_held_for_a_person():
    verdict = said([GOOD] * 12, replace(SHORT, inconclusive="hold"))

    assert isinstance(verdict, Wait)
    assert verdict.why.startswith("Held, inconclusive after 60 seconds: ")
    assert verdict.who == "A release manager can promote it or roll it back"


def test_without_data_it_is_inconclusive_in_the_end():
    verdict = said([Window(5, 0, 0, 450, 2)] * 12, SHORT)

    assert verdict == Fail("inconclusive after 60 seconds: no traffic reached the canary on az1 yet")


def test_an_answer_after_the_deadline_still_counts():
    assert isinstance(said([GOOD] * 20, replace(TWO_POINTS, deadline=10)), Pass)


def test_the_deadline_counts_from_when_it_could_last_pass():
    """A release that waits for something else for an hour is not taken back because its traffic stops for a moment."""
    quiet = [Window(5, 0, 0, 450, 2)] * 4

    assert isinstance(said([GOOD] * 40 + quiet, replace(TWO_POINTS, deadline=60)), Wait)
    assert isinstance(said([GOOD] * 40 + quiet * 4, replace(TWO_POINTS, deadline=60)), Fail)
    assert isinstance(said([GOOD] * 40 + quiet, replace(HARM_ALONE, deadline=60)), Wait)
    assert isinstance(said([GOOD] * 40 + quiet * 4, replace(HARM_ALONE, deadline=60)), Fail)


# ---- evidence ---------------------------------------------------------------------------------------------------


def test_the_evidence_tells_what_the_pages_show():
    seen = readings([GOOD] * 10 + [Window(5, 50, 2, 450, 2)] * 2)

    evidence = judge_cluster(seen, (TWO_POINTS,), at(60))

    assert (evidence.cluster, evidence.percent) == ("az1", 10)
    assert evidence.sums == Window(60, 600, 4, 5400, 24)
    assert evidence.share == pytest.approx(10)
    assert evidence.first_failure == at(55)
    assert evidence.seen == evidence.traffic == at(60)
    assert evidence.judged_from == at(55)
    assert 0 < evidence.harm <= evidence.harm_most


def test_the_share_is_that_of_the_last_ten_seconds():
    evidence = judge_cluster(readings([GOOD] * 5 + [Window(5, 250, 0, 250, 1)] * 2), (TWO_POINTS,), at(35))

    assert evidence.share == pytest.approx(50)


def test_nothing_seen_is_an_evidence_of_one():
    evidence = judge_cluster((), (TWO_POINTS,), NOON)

    assert (evidence.harm, evidence.harm_most) == pytest.approx((1, 1))
    assert evidence.not_worse(0.02) == pytest.approx(1)
    assert evidence.share is evidence.seen is evidence.traffic is evidence.first_failure is None
    assert evidence.to_promote(0.02, 0.05) is evidence.to_roll_back(0.01) is None


def test_a_rollback_is_in_sight_only_when_the_canary_is_worse():
    worse = judge_cluster(readings([Window(5, 50, 1, 450, 2)] * 2), (TWO_POINTS,), at(10))
    same = judge_cluster(readings([GOOD] * 2), (TWO_POINTS,), at(10))

    assert 5 < worse.to_roll_back(0.01) < 600
    assert same.to_roll_back(0.01) is None


def test_while_nearly_all_fails_nothing_is_shown():
    """An outage of both arms would hide a canary that is worse without it."""
    outage = [Window(5, 50, 50, 450, 450)] * 60
    evidence = judge_cluster(readings(outage), (TWO_POINTS,), at(300))

    assert evidence.not_worse(0.02) < 20
    assert evidence.to_promote(0.02, 0.05) is None
    assert isinstance(said(outage), Wait)
    assert said(outage).why.endswith("and must reach 20")


# ---- several metrics --------------------------------------------------------------------------------------------

WITH_LATENCY = Judge(0.02, latency=0.02)
WITH_ORDERS = Judge(0.02, falls=(("orders", "shop_orders_total", 0.02),))


def of(metric, windows):
    return [replace(one, metric=metric) for one in readings(windows)]


def judged(*parts, judge=WITH_LATENCY, now=100):
    return judge_cluster(sorted(chain(*parts), key=lambda one: one.at), (judge,), at(now))


def test_evidence_for_harm_is_the_mean_of_the_metrics():
    good, slow = readings([GOOD] * 10), of("latency 0.5", [BAD] * 3 + [GOOD] * 7)

    both = judged(good, slow, now=50)

    alone = judged(slow, now=50).leading.harm
    assert both.harm == pytest.approx(judged(good, now=50).harm / 2 + (alone.value + 11) / 24)
    assert both.harm_most == pytest.approx(max(both.harm, alone.most / 24))
    assert both.sums == judged(good, now=50).sums
    assert both.leading.metric == "latency 0.5"


def test_the_edges_of_one_histogram_share_one_part():
    slow = [of(f"latency {edge}", [BAD] * 5) for edge in (0.1, 0.5)]
    good, alone = readings([GOOD] * 5), judged(slow[0], now=25).leading.harm.value

    assert judged(good, *slow, now=25).harm == pytest.approx(judged(good, now=25).harm / 2 + (2 * alone + 10) / 24)


def test_a_slow_canary_is_taken_back_and_the_limit_is_named():
    found = verdict(judged(readings([GOOD] * 20), of("latency 0.5", [BAD] * 20)), WITH_LATENCY, NOON, at(100))

    assert isinstance(found, Fail)
    assert "80 of the canary's 1,000 requests took longer than 0.5 s, of stable's 40 of 9,000; evidence" in found.why
    assert found.reason is Reason.HARMED


def test_all_metrics_must_be_not_worse_and_the_one_that_lacks_is_named():
    few = [Window(5, 5, 0, 45, 0)] * 20
    unsure = judged(readings([GOOD] * 20), of("latency 0.5", few))
    found = verdict(unsure, WITH_LATENCY, NOON, at(100))

    assert isinstance(found, Wait)
    assert "Evidence that it is not worse, by latency 0.5, is" in found.why
    assert unsure.passable(0.02) is None
    assert isinstance(
        verdict(judged(readings([GOOD] * 20), of("latency 0.5", [GOOD] * 20)), WITH_LATENCY, NOON, at(100)), Pass
    )


def test_limits_that_many_go_over_are_not_asked_before_a_promotion():
    half = [Window(5, 50, 25, 450, 225)] * 20

    found = verdict(judged(readings([GOOD] * 20), of("latency 0.05", half)), WITH_LATENCY, NOON, at(100))

    assert isinstance(found, Pass)


def test_a_canary_without_orders_is_taken_back():
    orders, none = Window(5, 200, 4, 1800, 36), Window(5, 200, 0, 1800, 36)
    quiet = [replace(GOOD, n_c=200, n_b=1800)] * 20

    found = verdict(judged(readings(quiet), of("orders", [none] * 20), judge=WITH_ORDERS), WITH_ORDERS, NOON, at(100))

    assert isinstance(found, Fail)
    assert found.why.startswith("the canary had 0 orders of ")
    same = judged(readings(quiet * 4), of("orders", [orders] * 80), judge=WITH_ORDERS, now=400)
    assert isinstance(verdict(same, WITH_ORDERS, NOON, at(400)), Pass)
    assert same.to_promote(0.02, 0.05) == 0


def test_a_counter_that_cannot_be_read_is_no_data_and_is_named():
    unread = [replace(one, metric="orders", canary=None) for one in readings([GOOD] * 20)]

    found = verdict(judged(readings([GOOD] * 20), unread, judge=WITH_ORDERS), WITH_ORDERS, NOON, at(100))

    assert isinstance(found, Wait)
    assert found.why == "No data: the counter of orders of az1 cannot be read"


def test_a_counter_nobody_asks_for_is_looked_at_for_harm_alone():
    seen = judged(readings([GOOD] * 20), of("sales", [Window(5, 50, 1, 450, 9)] * 20))

    assert isinstance(verdict(seen, WITH_ORDERS, NOON, at(100)), Pass)


# ---- any readings at all ----------------------------------------------------------------------------------------


@given(any_readings, st.sampled_from([TWO_POINTS, HARM_ALONE, SHORT, Judge(0.3, inconclusive="hold")]))
def test_whatever_is_read_there_is_a_verdict_and_no_pass_without_data(seen, judge):
    now = at(10_000)
    evidence = judge_cluster(seen, (judge,), now)
    found = verdict(evidence, judge, NOON, now)

    assert isinstance(evidence, Evidence)
    assert isinstance(found, Pass | Wait | Fail)
    if isinstance(found, Pass):
        assert evidence.sums.n_c > 0
        assert evidence.seen >= now - timedelta(seconds=15)


# ---- phrases ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "below 0.1"),
        (0.94, "0.9"),
        (7.04, "7.0"),
        (99.94, "99.9"),
        (99.96, "100"),
        (242.4, "242"),
        (1204.0, "1,204"),
        (2e6, "more than a million"),
    ],
)
def test_evidence_is_said_as_exactly_as_a_person_needs_it(value, text):
    assert amount(value) == text


@pytest.mark.parametrize(("value", "text"), [(100.0, "100"), (1 / 0.03, "33.3"), (1 / 0.05, "20"), (2000.0, "2,000")])
def test_limits_are_said_without_idle_digits(value, text):
    assert limit(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1 second"),
        (15.2, "15 seconds"),
        (99.4, "99 seconds"),
        (100.0, "2 minutes"),
        (1800.0, "30 minutes"),
        (7200.0, "2 hours"),
        (3600 * 24 * 400.0, "9,600 hours"),
    ],
)
def test_time_is_said_in_the_unit_a_person_would_choose(seconds, text):
    assert duration(seconds) == text
