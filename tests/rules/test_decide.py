"""The one place that decides: stories of a release, and promises that hold for every input."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decide import decide
from pipeline.decision import Finish, Halt, Hold, Resume, Shift, Start, Undo
from pipeline.errors import TryLater
from pipeline.facts import Facts, FreezeSpan, Neighbour, Order, SlotSeen
from pipeline.lease import Lease
from pipeline.plan import make_return
from pipeline.release import Release
from pipeline.states import Kind, Reason, State
from pipeline.verdict import Fail, Pass, Wait

from .shop import AGREED, NEW, NOON, OLD, app, facts, release, said, seconds, seen, traffic, vote

CALM = {"az1": seen("az1", release=0), "az2": seen("az2", release=0)}
GOOD = traffic("az1", steps=60)


def order(verb, *, after=0.0, passage=""):
    return Order(verb, "lena", NOON + seconds(after), "because", passage)


def went(shop, saw, **words):
    """What `decide` says, without how the gates voted."""
    return decide(shop, saw, said(**words)).decision


def test_a_build_that_is_done_starts_the_tests():
    assert went(release(), facts()) == Start(1)


def test_tested_and_approved_it_enters_the_first_wave():
    ruling = decide(release("test"), facts(CALM["az1"], ran=Pass("unit passed")), said(votes=AGREED))

    assert isinstance(ruling.decision, Start)
    assert ruling.crosses
    assert [one.gate for one in ruling.judged] == ["tests", "turn", "approval release-managers", "freeze"]


def test_a_canary_climbs_rung_by_rung_and_then_is_rolled_out():
    saw = facts(seen("az1", 10), after=61)
    top = facts(seen("az1", 50), after=61)

    assert went(release("canary az1"), facts(seen("az1"))).percent == 10
    assert went(release("canary az1", 10), saw, readings=GOOD).percent == 50
    assert went(release("canary az1", 50), top, readings=traffic("az1", percent=50, steps=60)).at == 3


def test_after_the_soak_it_takes_everything_and_the_next_wave_starts():
    soaked = facts(seen("az1", 95), after=21)
    full = seen("az1", 100, stable="b", release=0)

    assert went(release("rollout az1", 95), soaked, readings=traffic("az1", percent=95)).percent == 100
    assert went(release("rollout az1", 100), facts(full, CALM["az2"])).at == 4


def test_when_the_last_cluster_is_healthy_it_is_live():
    full = seen("dr", 100, stable="b", release=0)

    done = went(release("rollout dr", 100), facts(full))

    assert isinstance(done, Finish)
    assert done.state is State.LIVE


def test_a_failing_build_or_test_ends_it_at_once_since_nothing_was_touched():
    assert went(release(), facts(ran=Fail("The build failed"))) == Finish(
        State.ROLLED_BACK, "The build failed", Reason.FAILED
    )


def test_a_superseded_release_ends_with_that_reason():
    ended = went(release("test"), facts(), neighbours=(Neighbour(8, Kind.NORMAL, touched=False, tested=True),))

    assert isinstance(ended, Finish)
    assert ended.reason is Reason.SUPERSEDED


def test_a_bad_canary_goes_back_and_earlier_waves_with_it():
    bad = facts(seen("az2", 50), after=21)
    shop = release("canary az2", 50)

    undone = went(shop, bad, readings=traffic("az2", bad=40, percent=50))

    assert isinstance(undone, Undo)
    assert undone.reason is Reason.HARMED
    assert undone.waves == (1, 2)


def test_where_the_definition_says_so_only_the_failing_wave_goes_back():
    bad = facts(seen("az2", 50), after=21)
    shop = release("canary az2", 50, spec=app(undo="wave"))

    assert went(shop, bad, readings=traffic("az2", bad=40, percent=50)).waves == (2,)
    assert went(shop, bad, orders=(order("rollback"),)).waves == (1, 2)


def test_the_mark_of_the_guard_is_final():
    saw = facts(seen("az1", 0, marked=7))

    undone = went(release("canary az1", 10), saw, orders=(order("promote"),))

    assert undone.reason is Reason.GUARD


@pytest.mark.parametrize("verb", ["cancel", "rollback"])
def test_a_person_may_take_it_back_at_any_time_also_in_a_freeze(verb):
    freeze = FreezeSpan("Sale", "", NOON - seconds(9), NOON + seconds(9))

    undone = went(release("canary az1", 10), facts(seen("az1", 10)), orders=(order(verb),), freezes=(freeze,))

    assert undone.reason is Reason.CANCELLED
    assert "lena" in undone.why


def test_a_pause_keeps_the_share_and_the_judge():
    shop, good = release("canary az1", 10), facts(seen("az1", 10), after=61)
    paused = (order("pause"),)

    assert "Paused by lena" in went(shop, good, readings=GOOD, orders=paused).why
    assert "Paused by lena" in went(shop, facts(seen("az1", 10)), orders=paused).why
    assert isinstance(went(shop, good, readings=GOOD, orders=(*paused, order("resume"))), Shift)
    bad = traffic("az1", bad=10)
    assert isinstance(went(shop, facts(seen("az1", 10), after=21), readings=bad, orders=paused), Undo)


def test_promoting_skips_the_waiting_of_the_judge_but_no_other_gate():
    shop = release("canary az1", 10)
    now = order("promote", passage="canary az1 50%")

    assert isinstance(went(shop, facts(seen("az1", 10)), orders=(now,)), Shift)
    assert isinstance(went(shop, facts(seen("az1", 10)), orders=(order("promote", passage="live"),)), Hold)
    small = facts(seen("az1", 10, slots={"b": SlotSeen(NEW, 1, 1)}))
    assert "capacity" in went(shop, small, orders=(now,)).why
    assert isinstance(went(release("test"), facts(CALM["az1"]), orders=(order("promote", passage="canary az1"),)), Hold)
    assert isinstance(
        went(shop, facts(seen("az1", 10), after=21), readings=traffic("az1", bad=10), orders=(now,)), Undo
    )


def test_a_raise_that_was_not_carried_out_in_time_is_decided_anew():
    shop = release("canary az1", 50)
    late = facts(seen("az1", 10), after=61)
    freeze = FreezeSpan("Sale", "", NOON, NOON + seconds(99))

    assert went(shop, late, readings=GOOD) == Shift(50, went(shop, late, readings=GOOD).why)
    assert isinstance(went(shop, late, readings=GOOD, freezes=(freeze,)), Hold)
    assert went(shop, facts(seen("az1", 50), after=61), readings=GOOD).at == 3


def test_hands_that_wait_for_a_raise_which_came_too_late_do_not_hold_up_the_new_one():
    late = facts(seen("az1", 10), ran=Wait("The gateway of az1 gives 10 %, 50 % is wanted"), after=61)
    broken = replace(late, ran=Fail("the image is gone"))

    assert isinstance(went(release("canary az1", 50), late, readings=GOOD), Shift)
    assert isinstance(went(release("canary az1", 50), broken, readings=GOOD), Undo)


def test_a_raise_cannot_be_missed_in_a_cluster_out_of_sight():
    gone = facts(seen("az1", trouble="no answer"), after=61)

    assert "az1 cannot be seen" in went(release("canary az1", 50), gone, readings=GOOD).why


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        pytest.param(seen("az1", trouble="no answer"), "az1 cannot be seen: no answer", id="silent"),
        pytest.param(seen("az2"), "az1 cannot be seen: it was not looked at yet", id="not-looked-at"),
        pytest.param(seen("az1", release=6), "az1 is still busy with R-6", id="busy"),
    ],
)
def test_a_cluster_is_seen_free_before_it_is_entered(cluster, expected):
    assert went(release("test"), facts(cluster), votes=AGREED).why == expected


def test_entering_a_cluster_notes_its_slots_as_they_are():
    shop = release("test")
    saw = replace(facts(seen("az1", release=0)), digest="")

    entered = shop.after(went(shop, saw, votes=AGREED), saw)

    assert [(one.cluster, one.slot, one.previous, one.open) for one in entered.targets] == [("az1", "b", OLD, True)]
    with pytest.raises(TryLater, match="az1 must be seen before it is touched"):
        shop.after(Start(2), facts())


def test_the_first_version_anywhere_takes_slot_a_and_skips_the_canary():
    shop, empty = release("test"), facts(seen("az1", stable=None, slots={}, weights={}, release=0))
    entered = shop.after(went(shop, empty, votes=AGREED), empty)

    assert entered.targets[0].slot == "a"
    assert entered.first_here
    assert went(entered, empty).at == 3


def test_leaving_a_cluster_closes_its_target():
    shop, full = release("rollout az1", 100), facts(seen("az1", 100, stable="b", release=0), CALM["az2"])

    left = shop.after(went(shop, full), full)

    assert [one.open for one in left.targets] == [False, True]


def test_going_back_ends_when_every_cluster_was_seen_back():
    back = release("canary az2", 50, state=State.ROLLING_BACK, why="worse", reason=Reason.HARMED, undo_waves=(1, 2))

    assert went(back, facts(ran=Pass())) == Finish(State.ROLLED_BACK, "worse", Reason.HARMED)
    assert went(back, facts(ran=Wait("az2 goes back"))).why == "az2 goes back"
    assert went(back, facts(ran=Fail("broken"))) == Halt("worse; going back failed: broken")


def test_a_release_that_keeps_some_waves_halts_for_a_person():
    back = release("canary az2", 50, state=State.ROLLING_BACK, why="worse", reason=Reason.HARMED, undo_waves=(2,))

    assert went(back, facts(ran=Pass())) == Halt("worse; taken back there, and az1 keeps the new version")
    assert went(back, facts(ran=Pass()), orders=(order("rollback"),)).waves == (1, 2)


def test_only_a_person_ends_a_halt():
    halted = release("canary az1", 10, state=State.HALTED, why="neither way is safe")

    assert went(halted, facts()).who == "Release managers can resume it or roll it back"
    assert went(halted, facts(), orders=(order("rollback", after=-1),)).look_again == timedelta(seconds=10)
    assert isinstance(went(halted, facts(), orders=(order("resume"),)), Resume)
    assert went(halted, facts(), orders=(order("rollback"),)).waves == (1,)
    assert isinstance(went(halted, facts(), orders=(order("pause"),)), Hold)


def test_what_was_partly_taken_back_can_only_go_further_back():
    halted = release("canary az2", state=State.HALTED, why="worse", undo_waves=(2,))

    assert went(halted, facts(), orders=(order("resume"),)).who == "Release managers can roll it back"


def test_a_resumed_release_forgets_the_order_that_halted_it():
    shop = release("canary az1", 10)

    assert isinstance(went(shop, facts(seen("az1", 10)), orders=(order("rollback"), order("resume"))), Hold)


def test_what_people_see_follows_from_what_is_pinned():
    shop = release("canary az1", 10)
    saw = facts(seen("az1", 10))

    assert shop.after(Hold("not yet"), saw) == shop
    assert shop.after(Shift(50), saw).percent == 50
    halted = shop.after(Halt("stuck"), saw)
    assert (halted.state, halted.why) == (State.HALTED, "stuck")
    assert halted.after(Resume("go on"), saw).why == ""
    assert not any(target.open for target in shop.after(Finish(State.LIVE, ""), saw).targets)
    assert shop.target("az1") == shop.targets[0]
    assert shop.target("dr") is None
    assert Lease(shop.id, 3).epoch == 3


@pytest.mark.parametrize("state", [State.LIVE, State.ROLLED_BACK])
def test_what_has_ended_is_left_alone(state):
    assert isinstance(went(release("rollout dr", 100, state=state), facts()), Hold)


def first(percent, **changes):
    """A first release at `percent`, with nothing to go back to."""
    shop = release("rollout az1", percent, **changes)
    return replace(shop, targets=(replace(shop.targets[0], previous=""),))


@pytest.mark.parametrize(
    ("shop", "cluster", "danger"),
    [
        pytest.param(first(100), seen("az1", 100), "nothing ran in az1 before", id="first-version-serves"),
        pytest.param(
            release("canary az1", 10),
            seen("az1", 10, slots={"a": SlotSeen("sha256:other", 4, 4)}),
            "az1 no longer holds the version before",
            id="old-version-is-gone",
        ),
        pytest.param(
            release("canary az1", 10),
            seen("az1", 10, slots={"a": SlotSeen(OLD, 4, 0), "b": SlotSeen(NEW, 4, 4)}),
            "the new one is the only healthy copy",
            id="old-version-is-dead",
        ),
    ],
)
def test_where_both_ways_would_hurt_it_halts(shop, cluster, danger):
    halted = went(shop, facts(cluster), orders=(order("rollback"),))

    assert isinstance(halted, Halt)
    assert danger in halted.why


@pytest.mark.parametrize(
    ("shop", "cluster"),
    [
        pytest.param(first(0), seen("az1", 0), id="first-version-serves-nobody"),
        pytest.param(release("canary az1", 10), seen("az1", 10, trouble="no answer"), id="out-of-sight"),
        pytest.param(release("canary az1"), seen("az1", slots={"a": SlotSeen("sha256:other", 4, 4)}), id="no-traffic"),
        pytest.param(
            release("canary az1", 10),
            seen("az1", 10, slots={"a": SlotSeen(OLD, 4, 0), "b": SlotSeen(NEW, 4, 0)}),
            id="both-are-dead",
        ),
        pytest.param(release("canary az1", 10), seen("az2"), id="not-looked-at"),
    ],
)
def test_else_it_goes_back(shop, cluster):
    assert isinstance(went(shop, facts(cluster), orders=(order("rollback"),)), Undo)


def test_a_return_goes_straight_to_full_size_and_never_to_what_was_not_live():
    steps = make_return(app())
    back = release("begin", plan=steps, kind=Kind.RETURN, digest=OLD)

    assert went(back, facts(CALM["az1"]), verified=frozenset({"az1"})).at == 1
    assert went(back, facts(CALM["az1"])).reason is Reason.FAILED
    assert went(release("return az1", plan=steps), facts(seen("az1"))).percent == 100


POSITIONS = [("build", 0), ("test", 0), ("canary az1", 10), ("rollout az1", 95), ("canary az2", 0), ("rollout dr", 100)]
SIGHTS = st.builds(
    seen,
    st.sampled_from(["az1", "az2", "dr"]),
    st.sampled_from([0, 10, 50, 95, 100]),
    trouble=st.sampled_from(["", "", "no answer"]),
    marked=st.sampled_from([0, 0, 7]),
    stable=st.sampled_from(["a", "b", None]),
)
RUNS = st.sampled_from([Pass(), Wait("not yet"), Fail("no")])
FACTS = st.builds(
    lambda ran, clusters, after: facts(*clusters, after=after, ran=ran),
    RUNS,
    st.lists(SIGHTS, max_size=3),
    st.floats(0, 100),
)
WORDS = st.builds(
    lambda votes, verbs, bad: said(
        votes=tuple(votes),
        orders=tuple(order(verb, passage="canary az1 50%") for verb in verbs),
        readings=traffic("az1", bad=bad, steps=10),
    ),
    st.lists(st.builds(vote, st.sampled_from(["lena", "diego", "mei"]), yes=st.booleans()), max_size=3),
    st.lists(st.sampled_from(["cancel", "pause", "resume", "promote", "rollback"]), max_size=2),
    st.sampled_from([0, 5, 20]),
)
RELEASES = st.builds(
    lambda place, state: release(*place, state=state, why="worse", undo_waves=(1,)),
    st.sampled_from(POSITIONS),
    st.sampled_from(State),
)


@given(RELEASES, FACTS, WORDS)
def test_deciding_is_total_and_gives_the_same_answer_again(shop: Release, saw: Facts, words):
    assert decide(shop, saw, words) == decide(shop, saw, words)


@given(RELEASES, FACTS, WORDS)
def test_one_more_failing_fact_never_makes_it_bolder(shop: Release, saw: Facts, words):
    worse = replace(saw, ran=Fail("no"))

    assert not isinstance(decide(shop, worse, words).decision, Start | Shift | Resume) or shop.state is State.HALTED


@given(RELEASES, FACTS, WORDS)
def test_what_is_decided_is_a_legal_move_with_a_reason(shop: Release, saw: Facts, words):
    decision = decide(shop, saw, words).decision

    if not shop.ended:
        shop.after(decision, saw)
    if isinstance(decision, Hold | Undo | Halt):
        assert decision.why
    if isinstance(decision, Hold):
        assert shop.ended or decision.look_again <= timedelta(seconds=10)
