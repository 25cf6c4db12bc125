"""Gates: what each says on what was seen, one truth table each."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline import gates
from pipeline.facts import Facts, FreezeSpan, Neighbour, SlotSeen
from pipeline.judge.case import Case
from pipeline.plan import passages
from pipeline.settings import AllTests, Approval, Capacity, Freeze, Healthy, Judge, Soak, Turn, Verified
from pipeline.states import Kind, Reason
from pipeline.verdict import Fail, Pass, Wait

from .shop import AGREED, NEW, NOON, OLD, app, facts, release, said, seconds, seen, traffic

CANARY = release("canary az1", 10)
FIRST = replace(CANARY, targets=(replace(CANARY.targets[0], previous=""),))


def ask(gate, shop=CANARY, saw=None, **words):
    return gates.ask(gate, shop.ahead, shop, saw or facts(seen("az1", 10)), said(**words))


def test_the_tests_of_the_app_speak_for_themselves():
    assert ask(AllTests(), saw=Facts(NOON, ran=Fail("unit failed"))) == Fail("unit failed")


def other(number, *, kind=Kind.NORMAL, touched=False, tested=False):
    return Neighbour(number, kind, touched, tested)


@pytest.mark.parametrize(
    ("neighbour", "order", "expected"),
    [
        pytest.param(other(6), "in_order", Wait, id="an-older-one-is-ahead"),
        pytest.param(other(6), "latest_wins", Pass, id="an-older-one-gives-way"),
        pytest.param(other(8), "in_order", Pass, id="a-newer-one-waits-for-us"),
        pytest.param(other(8, tested=True), "in_order", Pass, id="in-order-nobody-overtakes"),
        pytest.param(other(8, tested=True), "latest_wins", Fail, id="a-newer-tested-one-supersedes"),
        pytest.param(other(8), "latest_wins", Pass, id="a-newer-untested-one-does-not"),
        pytest.param(other(8, touched=True), "latest_wins", Wait, id="one-that-is-out-there-is-ahead"),
        pytest.param(other(8, kind=Kind.RETURN), "latest_wins", Wait, id="going-back-overtakes"),
    ],
)
def test_releases_of_one_app_take_turns(neighbour, order, expected):
    verdict = ask(Turn(order), release("test"), neighbours=(neighbour,))

    assert isinstance(verdict, expected)
    if isinstance(verdict, Fail):
        assert verdict.reason is Reason.SUPERSEDED


def test_what_touched_a_cluster_is_not_superseded():
    assert isinstance(ask(Turn("latest_wins"), neighbours=(other(8, tested=True),)), Pass)


def test_an_approval_is_asked_for_the_wave_that_is_entered():
    gate = Approval("release-managers", 2, 3600.0)

    assert isinstance(ask(gate, release("test"), votes=AGREED), Pass)
    assert isinstance(ask(gate, CANARY, votes=AGREED), Wait)


def test_a_freeze_holds_what_goes_forward_into_its_clusters():
    freeze = FreezeSpan("Sale", "busy", NOON - seconds(60), NOON + seconds(60), clusters=frozenset({"az1"}))

    assert isinstance(ask(Freeze(), freezes=(freeze,)), Wait)
    assert isinstance(ask(Freeze(), release("canary az2"), freezes=(freeze,)), Pass)


@pytest.mark.parametrize(
    ("slot", "after", "expected"),
    [
        pytest.param(SlotSeen(NEW, 2, 2), 0, Pass, id="ready"),
        pytest.param(SlotSeen(NEW, 2, 1), 0, Wait, id="starting"),
        pytest.param(SlotSeen(OLD, 4, 4), 0, Wait, id="another-version"),
        pytest.param(SlotSeen(NEW, 2, 0, "crashes at start"), 61, Fail, id="never-ready"),
    ],
)
def test_the_destination_is_ready_for_the_load_first(slot, after, expected):
    saw = facts(seen("az1", slots={"b": slot}), after=after)

    verdict = ask(Capacity(50, 2), saw=saw)

    assert isinstance(verdict, expected)
    assert slot.trouble in verdict.why


def test_as_many_as_an_autoscaler_gave_the_old_version_are_needed_to_carry_its_traffic():
    def said_of(ready):
        slots = {"a": SlotSeen(OLD, 9, 9, scaled=True), "b": SlotSeen(NEW, 9, ready)}
        return ask(Capacity(50, 2), saw=facts(seen("az1", slots=slots)))

    assert isinstance(said_of(4), Wait)
    assert said_of(5) == Pass("5 of 5 replicas ready in az1 for 50 %")


@pytest.mark.parametrize(
    ("needed", "ready", "after", "seconds"),
    [(10, 0, 2, 1), (10, 1, 2, 0.3), (10, 9, 2, 0.3), (10, 1, 6, 0.6), (10, 1, 50, 1), (4, 3, 2, 1)],
)
def test_a_large_slot_is_looked_at_more_often_once_a_part_of_it_is_ready(needed, ready, after, seconds):
    saw = facts(seen("az1", slots={"b": SlotSeen(NEW, needed, ready)}), after=after)

    assert ask(Capacity(100, needed), saw=saw).look_again == timedelta(seconds=seconds)


def test_a_replica_that_was_well_a_moment_ago_gets_its_time_to_come_back():
    saw = facts(seen("az1", slots={"b": SlotSeen(NEW, 2, 0)}), after=100)
    recent = traffic("az1", steps=90)

    assert isinstance(ask(Capacity(50, 2), saw=saw, readings=recent), Wait)


@pytest.mark.parametrize("gate", [Capacity(50, 2), Healthy()], ids=["capacity", "healthy"])
@pytest.mark.parametrize("saw", [facts(seen("az1", trouble="no answer")), facts()], ids=["silent", "not-looked-at"])
def test_a_cluster_out_of_sight_holds_its_release_and_says_so(gate, saw):
    verdict = ask(gate, saw=saw)

    assert isinstance(verdict, Wait)
    assert verdict.why.startswith("az1 cannot be seen")


def test_the_judge_finds_harm_and_names_the_cluster():
    verdict = ask(Judge(0.02), saw=facts(seen("az1", 10), after=21), readings=traffic("az1", bad=10))

    assert isinstance(verdict, Fail)
    assert verdict.why.startswith("az1: the canary failed")
    assert verdict.reason is Reason.HARMED


def test_the_judge_lets_a_good_canary_pass_and_never_without_traffic():
    good = facts(seen("az1", 10), after=61)

    assert isinstance(ask(Judge(0.02), saw=good, readings=traffic("az1", steps=60)), Pass)
    assert isinstance(ask(Judge(0.02), saw=good, readings=traffic("az1", steps=60, percent=0)), Wait)
    assert isinstance(ask(Judge(0.02), saw=good), Wait)
    assert isinstance(ask(Judge(0.02), saw=good, readings=traffic("az2", steps=60)), Wait)


def test_traffic_that_is_not_split_as_asked_holds_the_release_and_no_evidence_lets_it_go_on():
    wrong = tuple(replace(one, percent=10) for one in traffic("az1", percent=5, steps=60))
    at_ten = facts(seen("az1", 10), after=61)
    scales = replace(CANARY, plan=tuple(replace(step, by_replicas=True) for step in CANARY.plan))

    held = ask(Judge(0.02), saw=at_ten, readings=wrong)

    assert isinstance(held, Wait)
    assert held.why == (
        "The canary in az1 gets 5 % of 5,800 requests, and should get 10 %: routing is not as it should be"
    )
    assert isinstance(ask(Judge(0.02), scales, saw=at_ten, readings=wrong), Pass)


def test_what_the_judge_has_is_what_the_readings_say_and_no_reading_is_looked_at_beside_it():
    judged, good = gates.judges(CANARY, CANARY.targets[0]), facts(seen("az1", 10), after=61)
    kept = {"az1": Case.begin(judged).after(traffic("az1", steps=60))}

    for gate in (*judged, Capacity(50, 2), Soak(10)):
        assert ask(gate, saw=good, cases=kept) == ask(gate, saw=good, readings=traffic("az1", steps=60))
        assert ask(gate, saw=good, cases=kept, readings=traffic("az1", bad=20)) == ask(gate, saw=good, cases=kept)


def test_what_the_judge_has_for_other_settings_lets_nobody_go_on():
    good = facts(seen("az1", 10), after=61)
    kept = {"az1": Case.begin((Judge(0.02),)).after(traffic("az1", steps=60))}

    assert isinstance(ask(Judge(0.02), saw=good, cases=kept), Pass)
    assert ask(Judge(0.03), saw=good, cases=kept) == ask(Judge(0.03), saw=good)
    assert isinstance(ask(Judge(0.03), saw=good, cases=kept), Wait)


@pytest.mark.parametrize("previous", [OLD, ""], ids=["compared", "first-version"])
def test_all_that_a_target_is_judged_by_on_its_way_differs_in_the_margin_alone(previous):
    spec = app(judge={"errors": {"margin": "0.5pp"}, "latency": {}, "slo": "99%"})
    at, percent, known = 0, 0, 0
    for ahead in passages(steps := release(spec=spec).plan):
        shop = release(steps[at].name, percent, spec=spec)
        for target in (replace(one, previous=previous) for one in shop.here):
            asked = {gate for gate in ahead.gates if isinstance(gate, Judge) and gate.alone is not bool(previous)}
            assert asked <= set(gates.judges(shop, target))
            assert len({replace(judge, margin=None) for judge in gates.judges(shop, target)}) == 1
            known += len(asked)
        at, percent = ahead.at, ahead.percent
    assert known


def test_the_soak_counts_what_was_observed_healthy():
    day = facts(seen("az1", 95), after=86400)

    assert isinstance(ask(Soak(10), saw=day, readings=traffic("az1", percent=95)), Pass)
    assert isinstance(ask(Soak(30), saw=day, readings=traffic("az1", percent=95)), Wait)
    assert isinstance(ask(Soak(10), saw=day), Wait)


def test_the_first_version_has_nothing_to_be_compared_with():
    assert "nothing to compare" in ask(Judge(0.02), FIRST).why
    assert "no soak" in ask(Soak(10), FIRST).why


def test_a_first_version_with_a_promise_is_judged_by_it_and_every_later_one_was_judged_before():
    promised = Judge(0.02, promise=0.01, alone=True)

    assert isinstance(ask(promised, FIRST), Wait)
    assert "An older version ran beside it" in ask(promised).why


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, Pass, id="everything-new-and-ready"),
        pytest.param({"weights": {"a": 5, "b": 95}}, Wait, id="not-all-traffic"),
        pytest.param({"slots": {"b": SlotSeen(OLD, 4, 4)}}, Wait, id="another-version"),
        pytest.param({"slots": {"b": SlotSeen(NEW, 4, 3)}}, Wait, id="a-replica-missing"),
        pytest.param({"slots": {"b": SlotSeen(NEW, 0, 0)}}, Wait, id="no-replica-at-all"),
        pytest.param({"stable": "a"}, Wait, id="not-called-stable"),
        pytest.param({"release": 7}, Wait, id="still-in-motion"),
    ],
)
def test_a_cluster_is_done_when_it_was_seen_healthy_at_100(changes, expected):
    done = {"stable": "b", "weights": {"a": 0, "b": 100}, "release": 0}

    assert isinstance(ask(Healthy(), saw=facts(seen("az1", **{**done, **changes}))), expected)


def test_only_what_was_live_in_a_cluster_may_return_there():
    assert isinstance(ask(Verified(), verified=frozenset({"az1"})), Pass)
    assert "was never live in az1" in ask(Verified()).why
