"""The unit that an app's own history allows: its good pods replayed against themselves."""

from dataclasses import replace
from random import Random

import pytest

from pipeline.judge.apart import POD_WINDOW, REQUEST
from pipeline.judge.choosing import LIFE, Choice, choose, stretches
from pipeline.settings import Judge

from .pods import Arms, named
from .traffic import NOON

FEW, MANY = named("c", 1), named("s", 6)
SECONDS = 620


def past(seed, bursts=0.0, longest=20):
    """Some releases in which stable's pods fail now and then by chance, and in bursts of a pod if asked."""

    def one(number):
        chance = Random(f"{seed} {number}")
        until = dict.fromkeys((*FEW, *MANY), 0)

        def did(second, pod):
            if chance.random() < bursts:
                until[pod] = second + chance.randint(longest // 2, longest)
            rate = 0.5 if second < until[pod] else 0.002
            return 10, sum(chance.random() < rate for _ in range(10))

        return Arms(FEW, MANY, did).readings(SECONDS)

    return [one(number) for number in range(4)]


@pytest.fixture(scope="module")
def independent():
    return past("independent")


@pytest.fixture(scope="module")
def clumsy():
    return past("clumsy", bursts=1 / 600)


def test_requests_that_fail_one_by_one_may_be_counted(independent):
    found = choose(independent, 0.01, NOON)

    assert (found.unit, found.kept) == (REQUEST, True)
    assert found.trials[0].lives == 200
    assert found.trials[0].alarms <= 2
    assert found.seconds == 4 * SECONDS


def test_failures_in_clumps_need_pods_in_windows(clumsy):
    found = choose(clumsy, 0.05, NOON, lives=40)

    assert found.unit == POD_WINDOW
    assert found.trials[0].unit == REQUEST
    assert found.trials[0].alarms > 2
    assert all(one.alarms > 0.05 * one.lives for one in found.trials[:-1])


def test_the_same_history_always_gives_the_same_figures(clumsy):
    assert choose(clumsy, 0.05, NOON, lives=40) == choose(list(clumsy), 0.05, NOON, lives=40)


def test_a_short_history_chooses_nothing_and_says_what_is_missing(independent):
    found = choose(independent[:1], 0.01, NOON)

    assert (found.unit, found.trials) == ("", ())
    assert "30 minutes with two pods or more are needed, and 10 minutes of it is recorded" in found.why
    assert choose([], 0.01, NOON).why.endswith("and nothing of the kind is recorded")
    assert found.into(Judge(0.02)) == Judge(0.02)


def test_a_history_that_is_just_long_enough_is_lived_to_its_end():
    just = Arms(FEW, named("s", 2), lambda _second, _pod: (10, 0)).readings(int(LIFE))

    assert choose([just], 0.05, NOON, lives=40).trials[0].alarms == 0
    assert choose([just[:-1]], 0.05, NOON, lives=40).unit == ""


def test_one_pod_alone_has_nobody_to_be_compared_with():
    alone = Arms(FEW, ("s0",), lambda _second, _pod: (10, 0)).readings(60)

    assert list(stretches(alone)) == []


def test_a_stretch_ends_where_nobody_watched(independent):
    seen = independent[0]
    torn = [replace(one, stable=None) if place == 300 else one for place, one in enumerate(seen)]

    assert len(list(stretches(seen))) == 1
    assert [round(sum(tick for tick, _ in part)) for part in stretches(torn)] == [299, 319]


def test_only_stables_pods_are_in_a_stretch(independent):
    (part,) = stretches(independent[0])

    assert {pod.name for _, pods in part for pod in pods} == set(MANY)


def test_where_no_unit_keeps_the_budget_the_coarsest_is_taken_and_it_says_so():
    long = past("long", bursts=1 / 150, longest=240)
    found = choose(long, 0.05, NOON, lives=40)

    assert (found.unit, found.window, found.kept) == (POD_WINDOW, 60.0, False)
    assert found.why.endswith("even so, and no unit fewer than allowed")


def test_what_the_definition_says_goes_before_what_was_chosen():
    found = Choice(NOON, 0.01, LIFE, REQUEST, 30.0)

    assert found.into(Judge(0.02, unit=POD_WINDOW)) == Judge(0.02, unit=POD_WINDOW)
