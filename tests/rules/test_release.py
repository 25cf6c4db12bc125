"""What a release becomes after a decision."""

import pytest

from pipeline.decision import Finish, Halt, Resume, Undo
from pipeline.states import Reason, State

from .shop import facts, release, seen

CANARY = release("canary az1", 10)


def test_a_halt_keeps_its_place_and_says_why():
    halted = CANARY.after(Halt("neither way is safe"), facts(seen("az1", 10), after=5))

    assert (halted.state, halted.why, halted.at, halted.percent) == (State.HALTED, "neither way is safe", CANARY.at, 10)
    assert halted.since > CANARY.since
    assert not halted.ended


def test_an_undo_remembers_its_waves_and_a_resume_forgets_them():
    saw = facts(seen("az1", 10), after=5)

    back = CANARY.after(Undo("worse", Reason.HARMED, (1,)), saw)
    assert (back.state, back.reason, back.undo_waves) == (State.ROLLING_BACK, Reason.HARMED, (1,))

    halted = back.after(Halt("neither way is safe"), saw)
    again = halted.after(Resume("a person said so"), saw)
    assert (again.state, again.why, again.reason, again.undo_waves) == (State.RUNNING, "", None, ())


@pytest.mark.parametrize(("slot", "before"), [("a", "b"), ("b", "a")])
def test_the_version_before_is_in_the_other_slot(slot, before):
    (target,) = CANARY.targets
    assert type(target)(target.cluster, target.service, slot, target.previous, target.wave).other == before


def test_the_end_closes_every_target():
    done = CANARY.after(Finish(State.ROLLED_BACK, "worse", Reason.HARMED), facts(seen("az1", 10)))

    assert done.ended
    assert [target.open for target in done.targets] == [False]


def test_everywhere_is_each_cluster_of_the_plan_once_in_its_order():
    assert CANARY.everywhere == ("az1", "az2", "dr")
