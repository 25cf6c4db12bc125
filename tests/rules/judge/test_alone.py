"""A canary that nobody can be compared with is held against what was promised, and against nothing else."""

from random import Random
from statistics import median

import pytest

from pipeline.judge import waits
from pipeline.judge.alone import WithinPromise
from pipeline.judge.compare import judge_cluster, verdict
from pipeline.judge.counts import Window
from pipeline.judge.replay import replay
from pipeline.settings import Judge
from pipeline.states import Reason
from pipeline.verdict import Fail, Pass, Wait

from .traffic import NOON, at, drawn, reading, readings

FIRST = Judge(0.02, promise=0.01, alone=True)
BESIDE = Judge(0.02, promise=0.01)


def alone(windows, judge=FIRST, percent=100, late=0.0):
    """The verdict on a version that nobody else runs beside."""
    seen = readings([Window(5, n, k, 0, 0) for n, k in windows], percent)
    return verdict(judge_cluster(seen, (judge,), at(late) if late else seen[-1].at), judge, NOON, seen[-1].at)


def test_a_first_version_that_keeps_its_promise_is_shown_to():
    found = alone([(100, 0)] * 4)

    assert isinstance(found, Pass)
    assert found.why.startswith("It failed 0 of 400 requests, 1 % are allowed; evidence that it keeps its promise is ")


def test_a_first_version_that_fails_just_as_often_as_it_may_has_the_margin_for_it():
    assert isinstance(alone([(100, 1)] * 30), Pass)
    assert not isinstance(alone([(100, 1)] * 30, Judge(0.0001, promise=0.01, alone=True)), Pass)


def test_a_first_version_that_breaks_its_promise_is_taken_back():
    found = alone([(100, 6)] * 4)

    assert isinstance(found, Fail)
    assert found.reason is Reason.HARMED
    assert found.why.startswith("it failed 24 of 400 requests, 1 % are allowed; evidence for harm was ")


def test_it_says_how_long_it_still_takes():
    found = alone([(20, 0)] * 2)

    assert isinstance(found, Wait)
    assert "Evidence that it keeps its promise is" in found.why
    assert "at this traffic that takes about" in found.why


def test_nothing_promised_is_nothing_shown_and_no_traffic_is_no_pass():
    assert "Nothing to judge" in alone([(100, 0)] * 9, Judge(0.02)).why
    assert "No traffic reached the canary" in alone([(0, 0)] * 9).why


def test_stable_without_traffic_is_no_baseline():
    assert isinstance(alone([(100, 0)] * 4, BESIDE, percent=10), Pass)
    assert isinstance(alone([(100, 6)] * 4, BESIDE, percent=10), Fail)


def test_once_stable_has_requests_the_canary_is_compared_with_it():
    """What it showed alone lets it go nowhere, and what harm it did alone stays."""
    before, beside = [Window(5, 50, 0, 0, 0)] * 20, [Window(5, 50, 0, 450, 2)]
    seen = readings([*before, *beside])
    known = judge_cluster(seen, (BESIDE,), seen[-1].at)
    harmed = readings([Window(5, 50, 5, 0, 0)] * 3 + beside)

    assert known.not_worse(0.02) < 20
    assert isinstance(verdict(known, BESIDE, NOON, seen[-1].at), Wait)
    assert judge_cluster(harmed, (BESIDE,), harmed[-1].at).harm_most >= 100


def test_beside_a_stable_with_requests_a_promise_changes_nothing():
    seen = readings([Window(5, 50, number % 3, 450, 2) for number in range(30)])
    with_it, without = (judge_cluster(seen, (one,), seen[-1].at) for one in (BESIDE, Judge(0.02)))

    assert with_it.harm.hex() == without.harm.hex()
    assert with_it.not_worse(0.02).hex() == without.not_worse(0.02).hex()


def test_latency_without_a_baseline_holds_nobody_up():
    judge = Judge(0.02, promise=0.01, latency=0.01)
    errors = readings([Window(5, 100, 0, 0, 0)] * 4)
    slow = [reading(5.0 * place, (100 * place, 0), (0, 0), metric="latency 0.25") for place in range(5)]
    seen = sorted([*errors, *slow], key=lambda one: one.at)

    assert isinstance(verdict(judge_cluster(seen, (judge,), at(20)), judge, NOON, at(20)), Pass)


def test_a_replay_of_a_first_version_says_when_it_sufficed():
    seen = readings([Window(5, 100, 0, 0, 0)] * 6, percent=100)
    (stay,) = replay(seen, {100: FIRST})

    assert (stay.percent, stay.harmed) == (100, None)
    assert stay.enough is not None
    assert stay.enough <= 20


@pytest.mark.parametrize(("rate", "requests", "margin"), [(0.001, 5, 0.02), (0.01, 10, 0.02), (0.0, 5, 0.005)])
def test_the_planned_wait_is_about_what_is_waited(rate, requests, margin):
    chance = Random(f"{rate}")

    def waited():
        process, seconds = WithinPromise(0.01, margin), 0
        while process.value < 20:
            seconds += 1
            process = process.after(Window(1, requests, drawn(chance, requests, rate), 0, 0))
        return seconds

    planned = WithinPromise(0.01, margin).wait(waits.promote_nats(0.05), requests, rate)

    assert 0.75 <= median(waited() for _ in range(300)) / planned <= 1.25


def test_a_rate_beyond_the_bound_is_never_shown_to_be_within():
    assert WithinPromise(0.01, 0.02).wait(3.0, 100, 0.2) is None
