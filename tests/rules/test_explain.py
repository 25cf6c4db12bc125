"""Explaining: the sentences people read."""

import pytest

from pipeline.decision import Finish, Halt, Hold, Resume, Shift, Start, Undo
from pipeline.explain import Line, colour, explain, journal, planned, standing
from pipeline.judge.planned import Traffic
from pipeline.states import Kind, Reason, State

from .shop import NOON, release

SHOP = release("canary az1", 10)


@pytest.mark.parametrize(
    ("shop", "decision", "line"),
    [
        (release(), Start(0), "Build starts."),
        (release(), Start(1), "Tests start."),
        (release("test"), Start(2, 0, "2 of 2 agreed"), "Canary on az1 starts at 0 %. 2 of 2 agreed."),
        (SHOP, Start(3, 50), "az1 goes to full size."),
        (SHOP, Shift(50, "not worse 20.4 of 20"), "az1 from 10 % to 50 %. not worse 20.4 of 20."),
        (SHOP, Hold("Waits for capacity"), "Waits for capacity."),
        (SHOP, Undo("worse", Reason.HARMED, (1,)), "Rolls back: worse. In az1."),
        (
            release("canary az2", 50),
            Undo("worse", Reason.HARMED, (1, 2)),
            "Rolls back: worse. First az2, then az1.",
        ),
        (SHOP, Halt("both hurt"), "Halted: both hurt. A person must look."),
        (SHOP, Resume("lena resumed it"), "Goes on. lena resumed it."),
        (SHOP, Finish(State.LIVE, ""), "Live everywhere."),
        (SHOP, Finish(State.ROLLED_BACK, "x", Reason.SUPERSEDED), "Superseded. x."),
        (SHOP, Finish(State.ROLLED_BACK, "x", Reason.CANCELLED), "Rolled back by a person. x."),
        (SHOP, Finish(State.ROLLED_BACK, "x", Reason.GUARD), "Rolled back by the guard. x."),
        (SHOP, Finish(State.ROLLED_BACK, "x", Reason.HARMED), "Sluice rolled it back. x."),
        (SHOP, Finish(State.ROLLED_BACK, "x"), "Rolled back. x."),
    ],
)
def test_every_decision_is_one_line_of_the_journal(shop, decision, line):
    assert journal(shop, decision) == line


@pytest.mark.parametrize(
    ("shop", "why", "who", "sentence"),
    [
        (release(), "", "", "Build."),
        (release("test"), "Waits for approval", "Lena can approve", "Tests. Waits for approval. Lena can approve."),
        (SHOP, "evidence is 7", "Nobody needs to act", "Canary on az1 at 10 %. evidence is 7."),
        (release("rollout az1", 95), "Soaks", "", "Rollout on az1 at 95 %. Soaks."),
        (
            release("canary az1", state=State.ROLLING_BACK, why="Worse"),
            "az1 goes back",
            "",
            "Rolls back. Worse. az1 goes back.",
        ),
        (release("canary az1", state=State.HALTED, why="stuck"), "", "Lena can act", "Halted: stuck. Lena can act."),
        (release("rollout dr", 100, state=State.LIVE), "", "", "Live everywhere."),
    ],
)
def test_where_it_stands_is_said_with_why_and_who(shop, why, who, sentence):
    assert standing(shop, why, who) == sentence


def test_a_wait_with_an_end_says_when():
    assert standing(SHOP, "Waits for the freeze", "", NOON).endswith("Until 12:00:00.")


def test_the_whole_story_is_told_from_the_first_line_to_now():
    told = explain(SHOP, (Line(NOON, "Build starts."),), "evidence is 7", "")

    assert told[0] == "R-7 is shop v7, commit ccccccc by mei."
    assert told[1] == "12:00:00 Build starts."
    assert "Now: Canary on az1 at 10 %. evidence is 7." in told
    assert told[-1] == "Next: The canary on dr waits for the judge at each share."


def test_a_return_says_where_it_goes_back_to():
    back = release("canary az1", kind=Kind.RETURN, authors=frozenset())

    assert explain(back, (), "", "")[0] == "R-7 brings shop back to v7, commit ccccccc."


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (State.LIVE, None, "pass"),
        (State.RUNNING, None, "run"),
        (State.HALTED, None, "wait"),
        (State.ROLLED_BACK, Reason.HARMED, "fail"),
        (State.ROLLED_BACK, Reason.SUPERSEDED, "todo"),
    ],
)
def test_colours_follow_from_state_and_reason(state, reason, expected):
    assert colour(state, reason) == expected


def test_planned_waits_are_said_before_they_begin():
    assert planned(release("test")) == [
        "The canary on az1 waits for 2 of release-managers, then the judge at each share.",
        "The rollout on az1 waits for a soak of 10 seconds.",
        "The canary on az2 waits for the judge at each share.",
        "The rollout on az2 waits for a soak of 10 seconds.",
        "The canary on dr waits for the judge at each share.",
    ]


def test_a_canary_that_has_not_started_says_how_long_it_will_take():
    first, *_, last = planned(release("canary az1", 10), {"az1": Traffic(100, 0.001), "dr": Traffic(100, 0.001)})

    assert first == "The canary on az1 waits for the judge at each share."
    assert last.startswith(
        "The canary on dr waits for the judge at each share. If it is as good as stable that takes about"
    )


def test_what_was_passed_is_no_longer_planned():
    assert planned(release("rollout az2", 95))[0] == "The rollout on az2 waits for a soak of 10 seconds."
    assert planned(release("rollout az2", 100)) == ["The canary on dr waits for the judge at each share."]


@pytest.mark.parametrize("state", [State.LIVE, State.HALTED, State.ROLLING_BACK, State.ROLLED_BACK])
def test_what_does_not_go_on_waits_for_nothing(state):
    assert planned(release("canary az1", 10, state=state)) == []
