"""The path of a release: pods where they are told apart and it is not known better, requests elsewhere; and why."""

from dataclasses import replace

import pytest

from pipeline.judge.apart import POD_WINDOW, REQUEST, ByPods, path
from pipeline.judge.compare import judge_cluster, verdict
from pipeline.judge.curve import segments
from pipeline.judge.replay import replay
from pipeline.judge.windows import Watching, filled, pieces
from pipeline.settings import Judge
from pipeline.states import Reason
from pipeline.verdict import Fail, Pass, Wait

from .pods import Arms, named
from .traffic import NOON, at, steady

JUDGE = Judge(0.05)
FEW, MANY = named("c", 4), named("s", 12)


def well(_second, _pod):
    return 20, 0


def badly(second, pod):
    """The canary's pods fail one request in ten, each of stable's one in 1,200."""
    return 20, 2 if pod.startswith("c") else int(second % 60 == 5 * int(pod[1:]))


def clumsy(second, pod):
    """Whatever pod it is, once in a while it fails everything for twenty seconds."""
    begin = 60 + 113 * (sum(pod.encode()) % 7)
    return 20, 20 * (begin <= second < begin + 20)


def said(arms, seconds, judge=JUDGE, *, since=0.0):
    seen = arms.readings(seconds)
    return verdict(judge_cluster(seen, (judge,), seen[-1].at), judge, at(since), seen[-1].at)


def windows(seen, warm_up=0.0):
    return filled(ByPods(30, Watching(warm_up)), pieces(seen, by_pods=True))[1]


# ---- which path -----------------------------------------------------------------------------------------------------


def test_pods_that_are_told_apart_are_counted_until_there_is_a_history():
    found = path(JUDGE, Arms(FEW, MANY, well).readings(30))

    assert (found.unit, found.window) == (POD_WINDOW, 30.0)
    assert found.told("az1").endswith("in windows of 30 s, since too little is recorded of it yet to choose by")


def test_where_pods_are_not_told_apart_requests_are_counted():
    found = path(JUDGE, steady(10))

    assert found.unit == REQUEST
    assert "its pods are not told apart" in found.why


@pytest.mark.parametrize("unit", [REQUEST, POD_WINDOW])
def test_what_the_definition_says_is_done(unit):
    found = path(Judge(0.05, unit=unit), Arms(FEW, MANY, well).readings(30))

    assert (found.unit, found.why) == (unit, "the definition says so")


@pytest.mark.parametrize("unit", [REQUEST, POD_WINDOW])
def test_what_was_chosen_is_done_and_says_by_what(unit):
    judge = Judge(0.05, unit=unit, window=60, chosen="a replay says so")

    assert path(judge, Arms(FEW, MANY, well).readings(30)).told().endswith("since a replay says so")


def test_pods_that_are_told_apart_later_change_no_path():
    """A path that followed from what was seen would be a second chance to be wrong."""
    seen = Arms(FEW, MANY, well).readings(60)
    late = [replace(one, pods=()) if place < 9 else one for place, one in enumerate(seen)]

    assert path(JUDGE, late).unit == REQUEST
    assert path(JUDGE, [replace(one, pods=()) if place < 2 else one for place, one in enumerate(seen)]).unit == REQUEST


def test_pods_that_are_seen_with_the_canarys_first_request_are_in_time():
    seen = Arms(FEW, MANY, well, share=lambda second: 10 * (second >= 20)).readings(60)
    late = [replace(one, pods=()) if place <= 20 else one for place, one in enumerate(seen)]

    assert path(JUDGE, late).unit == POD_WINDOW


def test_one_arm_alone_is_not_told_apart():
    seen = [
        replace(one, pods=tuple(pod for pod in one.pods if pod.canary)) for one in Arms(FEW, MANY, well).readings(30)
    ]

    assert path(JUDGE, seen).unit == REQUEST


# ---- windows --------------------------------------------------------------------------------------------------------


def test_a_window_is_as_long_as_asked_and_holds_all_that_its_pods_did():
    parts = [part for part, counts in windows(Arms(FEW, MANY, badly).readings(95)) if counts]

    assert [part.window.seconds for part in parts] == [30, 30, 30]
    assert [(part.window.n_c, part.window.k_c, part.window.n_b) for part in parts] == [(2400, 240, 7200)] * 3


def test_a_window_ends_where_the_share_changes_and_the_change_is_in_none():
    arms = Arms(FEW, MANY, well, share=lambda second: 10 if second < 40 else 50)

    assert [(part.start, part.end) for part, _ in windows(arms.readings(100))] == [
        (at(0), at(30)),
        (at(30), at(39)),
        (at(40), at(70)),
        (at(70), at(100)),
    ]


def test_the_warm_up_ends_a_window_and_is_not_judged():
    found = list(windows(Arms(FEW, MANY, well).readings(65), 5))

    assert [(part.window.seconds, counts) for part, counts in found] == [(5, False), (30, True), (30, True)]


def test_a_pod_that_is_new_or_began_anew_is_counted_from_then_on():
    seen = Arms(FEW, MANY, well).readings(30)
    again = [
        replace(
            one,
            pods=tuple(
                replace(pod, name="c0@2", total=pod.total - 200) if pod.name == "c0" and place >= 11 else pod
                for pod in one.pods
            ),
        )
        for place, one in enumerate(seen)
    ]

    ((part, _),) = windows(again)

    assert {pod.name: pod.total for pod in part.pods if pod.canary} == {
        "c0": 200,
        "c0@2": 380,
        **dict.fromkeys(["c1", "c2", "c3"], 600),
    }


# ---- verdicts -------------------------------------------------------------------------------------------------------


def test_pods_that_fail_are_taken_back_after_two_windows():
    assert isinstance(said(Arms(FEW, MANY, badly), 59), Wait)
    found = said(Arms(FEW, MANY, badly), 60)

    assert isinstance(found, Fail)
    assert found.reason is Reason.HARMED
    assert found.why.startswith("the canary's pods failed 480 of 4,800 requests, stable's 12 of 14,400")


def test_failures_in_clumps_take_back_nobody_by_pods_and_somebody_by_requests():
    arms = Arms(FEW, MANY, clumsy)

    assert not isinstance(said(arms, 900), Fail)
    assert isinstance(said(arms, 900, replace(JUDGE, unit=REQUEST)), Fail)


def test_pods_like_stables_go_on():
    found = said(Arms(FEW, MANY, well), 200)

    assert isinstance(found, Pass)
    assert found.why.startswith("The canary failed 0 of 16,000 requests")


def test_pods_are_judged_at_each_share_anew():
    arms = Arms(FEW, MANY, well, share=lambda second: 10 if second < 300 else 25)

    assert isinstance(said(arms, 320, since=300), Wait)
    assert isinstance(said(arms, 331, since=300), Pass)


def test_a_canary_whose_pods_die_is_taken_back_by_what_the_gateway_saw():
    lost = Arms(FEW, MANY, well, lost=lambda second: (8, 0))

    assert isinstance(said(lost, 120), Wait), "one pod that dies is no reason"
    assert isinstance(said(lost, 240), Fail)


def test_failures_that_pods_answer_for_are_not_counted_twice():
    evidence = judge_cluster(Arms(FEW, MANY, badly).readings(90), (JUDGE,), at(90))

    assert evidence.errors.harm.most == pytest.approx(1.0)
    assert evidence.leading.metric == "pods"


def test_a_pod_that_dies_for_a_moment_takes_back_nobody():
    died = Arms(FEW, MANY, well, lost=lambda second: (20 * (100 <= second < 130), 0))

    assert not isinstance(said(died, 600), Fail)


def test_readings_without_pods_are_judged_as_they_always_were():
    """What was judged before pods were told apart is judged by the same numbers now."""
    seen = steady(10, 25, bad=0.02)
    told = judge_cluster(seen, (JUDGE,), seen[-1].at)

    assert not told.path.by_pods
    assert [track.metric for track in told.tracks] == ["errors"]
    assert (told.harm.hex(), told.not_worse(0.05).hex()) == ("0x1.7d7fa94202f1dp+62", "0x1.9c9470532c4d0p+21")


def test_the_curve_ends_where_the_judge_stands_also_by_pods():
    seen = Arms(FEW, MANY, clumsy).readings(400)
    last = segments(seen, {10: JUDGE})[-1].points[-1]
    known = judge_cluster(seen, (JUDGE,), seen[-1].at)

    assert last.harm == known.harm
    assert last.not_worse == known.not_worse(0.05)
    assert [arms.metric for arms in last.arms] == ["errors", "pods"]


def test_a_replay_by_pods_says_when_it_was_taken_back():
    (stay,) = replay(Arms(FEW, MANY, badly).readings(120), {10: JUDGE})

    assert stay.harmed is not None
    assert stay.harmed.at == at(60)


def test_the_same_readings_give_the_same_evidence_to_the_last_digit():
    seen = Arms(FEW, MANY, clumsy).readings(500)
    one, other = (judge_cluster(list(seen), (JUDGE,), seen[-1].at) for _ in range(2))

    assert (one.harm.hex(), one.not_worse(0.05).hex()) == (other.harm.hex(), other.not_worse(0.05).hex())


def test_pods_of_stable_teach_what_is_usual_while_the_canary_warms_up():
    warm = replace(JUDGE, warm_up=60)
    early = judge_cluster(Arms(FEW, MANY, badly).readings(59), (warm,), at(59))
    found = judge_cluster(Arms(FEW, MANY, badly).readings(125), (warm,), at(125))

    assert early.harm == pytest.approx(1.0)
    assert len(found.leading.harm.past) == 12 * 4
    assert found.leading.judged.seconds == 60


def test_pods_that_are_worse_by_the_margin_are_in_no_sight_of_going_on():
    found = judge_cluster(Arms(FEW, MANY, badly).readings(95), (JUDGE,), at(95))

    assert found.to_promote(0.05, JUDGE.beta) is None


def test_it_says_how_long_pods_still_take():
    waits = said(Arms(FEW, MANY, well), 60)

    assert isinstance(waits, Wait)
    assert "by pods, is" in waits.why
    assert waits.until == NOON + (at(JUDGE.deadline) - NOON)
