"""The protocol keeps its promises in every state, and not one of its mechanisms can be left out."""

import pytest

from tests.faults.protocol_model import MECHANISMS
from tests.faults.protocol_search import explore

NEEDED_FOR = {
    "compare and set": "I5 an end was left",
    "fence": "I2 more traffic after a failure was recorded",
    "first write": "I2 more traffic after a failure was recorded",
    "guard": "L2 if nobody comes back, users keep an unfinished canary",
    "mark": "I2 more traffic after a failure was recorded",
    "heed": "L1 it never ends",
    "gate in transaction": "I1 a gate was crossed without its pass",
    "look": "I8 traffic to a slot without replicas",
    "load after claim": "I2 more traffic after a failure was recorded",
    "capacity first": "I8 traffic to a slot without replicas",
}


def test_no_promise_is_broken_in_any_state_that_two_workers_can_reach():
    states, why, way = explore()

    assert (why, way) == ("", [])
    assert 100_000 < states < 1_000_000, "all of them: the search was not cut off"


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_without_one_mechanism_a_promise_can_be_broken(mechanism):
    _, why, way = explore(frozenset({mechanism}))

    assert why == NEEDED_FOR[mechanism]
    assert 0 < len(way) <= 30
