"""States and verdicts: what may become what, and whose word counts."""

import pytest

from pipeline.errors import IllegalMove
from pipeline.states import MAY_BECOME, TERMINAL, State, move
from pipeline.verdict import Fail, Pass, Wait, strictest


@pytest.mark.parametrize("state", TERMINAL)
@pytest.mark.parametrize("target", State)
def test_what_has_ended_stays_as_it_is(state, target):
    with pytest.raises(IllegalMove, match=f"a release that is {state} cannot become {target}"):
        move(state, target)


def test_a_release_that_goes_back_never_goes_forward_again():
    assert State.RUNNING not in MAY_BECOME[State.ROLLING_BACK]
    assert State.LIVE not in MAY_BECOME[State.ROLLING_BACK]


def test_only_a_person_gets_a_halted_release_out_and_never_straight_to_live():
    assert State.LIVE not in MAY_BECOME[State.HALTED]
    assert move(State.HALTED, State.ROLLING_BACK) is State.ROLLING_BACK


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        pytest.param([], Pass(), id="nobody-asked"),
        pytest.param([Pass("a"), Pass("b")], Pass("a"), id="all-agree"),
        pytest.param([Pass(), Wait("first"), Wait("second")], Wait("first"), id="the-first-not-yet-speaks"),
        pytest.param([Wait("not yet"), Fail("no"), Pass()], Fail("no"), id="one-no-is-a-no"),
    ],
)
def test_the_strictest_verdict_counts(verdicts, expected):
    assert strictest(verdicts) == expected
