"""The guard of a real cluster: Sluice falls silent, and its canary goes back. Time is told to the guard, so that a
minute of silence takes no minute here; `test_guard_installed.py` lets the real one pass."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pipeline.errors import NeedsHuman
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.guard import ABORT
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import NAMESPACE, Node
from tests.kubernetes.conftest import apart
from tests.kubernetes.told_guard import TTL, Clock, Killed, account, told
from tests.load import Load
from tests.runners.contract_cluster import FIRST, SECOND, THIRD, canary, carry_out, go_live
from tests.runners.until import until


@pytest.fixture(scope="module")
def guard(node: Node) -> Iterator[Api]:
    with account(node, "gateway") as api:
        yield api


@pytest.fixture
def begins(guard: Api) -> Callable[..., Clock]:
    """Starts a guard for the service of a test; `fails_at` names the write at which it dies."""

    def begin(bed: KubernetesBed, fails_at: str = "") -> Clock:
        return told(bed, guard, "gateway", fails_at)

    return begin


@pytest.fixture
def halfway(bed: KubernetesBed) -> KubernetesBed:
    """Release 12 has half of the traffic."""
    go_live(bed, FIRST, "a", "v1", replicas=2)
    canary(bed, SECOND, "v2", 50)
    return bed


def until_back(bed: KubernetesBed, *clocks: Clock) -> None:
    """Rounds in turn until the canary has neither traffic nor replicas and no release is in motion."""

    def back() -> bool:
        for clock in clocks:
            clock.rounds(1)
        now = bed.cluster.look(bed.service)
        return (now.weights, now.slot("b").wanted, now.release) == ({"a": 100, "b": 0}, 0, 0)

    until(back, "the canary is back", 60, every=0.05)


def test_silence_takes_the_canary_back_and_nobody_sees_a_failure(
    begins: Callable[..., Clock], halfway: KubernetesBed
) -> None:
    clock = begins(halfway)
    halfway.gateway_follows()
    with Load(halfway.node.gateway, 50, host=halfway.host) as load:
        clock.rounds(int(TTL))
        before = halfway.cluster.look(halfway.service).weights

        until_back(halfway, clock)
        halfway.until(lambda now: not halfway.pods("b"))

    assert before == {"a": 50, "b": 50}
    assert load.failed == 0
    assert halfway.cluster.look(halfway.service).marked == SECOND.release


def test_a_heartbeat_keeps_the_canary(begins: Callable[..., Clock], halfway: KubernetesBed) -> None:
    clock = begins(halfway)
    for _ in range(4):
        clock.rounds(int(TTL) // 2)
        carry_out(lambda: halfway.cluster.beat(SECOND, halfway.service))

    now = halfway.cluster.look(halfway.service)
    assert (now.weights["b"], now.marked) == (50, 0)


def test_what_was_taken_back_is_never_raised_again_and_the_next_release_is(
    begins: Callable[..., Clock], halfway: KubernetesBed
) -> None:
    clock, cluster = begins(halfway), halfway.cluster
    clock.rounds(int(TTL))
    until_back(halfway, clock)
    newer = replace(SECOND, epoch=SECOND.epoch + 1)
    carry_out(lambda: cluster.beat(newer, halfway.service))
    carry_out(lambda: cluster.scale(newer, halfway.service, "b", 1))
    halfway.until(lambda now: now.slot("b").ready == 1)

    with pytest.raises(NeedsHuman, match="guard mark 12"):
        cluster.route(newer, halfway.service, "b", 10)
    carry_out(lambda: cluster.scale(newer, halfway.service, "b", 0))
    carry_out(lambda: cluster.settle(newer, halfway.service, "a"))

    canary(halfway, THIRD, "v3", 25)


def test_two_guards_at_once_do_what_one_does(begins: Callable[..., Clock], halfway: KubernetesBed) -> None:
    one, two = begins(halfway), begins(halfway)
    one.rounds(int(TTL))
    two.rounds(int(TTL))

    until_back(halfway, one, two)

    assert halfway.cluster.look(halfway.service).marked == SECOND.release


@pytest.mark.parametrize("write", ["replace", "apply"])
def test_a_guard_that_dies_in_the_middle_is_followed_by_one_that_ends_it(
    begins: Callable[..., Clock], halfway: KubernetesBed, write: str
) -> None:
    """It dies before it moves traffic, or after that and before it ends the replicas."""
    dying, fresh = begins(halfway, fails_at=write), begins(halfway)
    fresh.rounds(int(TTL) if write == "replace" else 1)
    dying.rounds(int(TTL))
    with pytest.raises(Killed):
        until_back(halfway, dying)

    until_back(halfway, fresh)

    assert halfway.cluster.look(halfway.service).marked == SECOND.release


def test_short_of_replicas_it_goes_back_in_proportion(begins: Callable[..., Clock], bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1", replicas=4)
    slot = canary(bed, SECOND, "v2", 75)
    bed.cluster.scale(SECOND, bed.service, slot, 4)
    bed.until(lambda now: now.slot(slot).ready == 4)
    bed.cluster.scale(SECOND, bed.service, "a", 1)
    bed.until(lambda now: now.slot("a").ready == 1)
    clock = begins(bed)
    clock.rounds(int(TTL) + 1)

    first = bed.cluster.look(bed.service)
    until_back(bed, clock)

    assert (first.slot("a").wanted, first.marked) == (4, SECOND.release)
    assert bed.cluster.look(bed.service).slot("a").wanted == 4


def test_a_first_version_has_nowhere_to_go_back_to(begins: Callable[..., Clock], bed: KubernetesBed) -> None:
    bed.cluster.beat(FIRST, bed.service)
    bed.cluster.deploy(FIRST, bed.service, "a", bed.workload("v1"), 1)
    bed.until(lambda now: now.slot("a").ready == 1)
    carry_out(lambda: bed.cluster.route(FIRST, bed.service, "a", 100))
    clock = begins(bed)

    clock.rounds(int(TTL) + 5)

    now = bed.until(lambda now: now.weights["a"] == 100)
    assert (now.marked, now.slot("a").wanted) == (FIRST.release, 1)


def test_what_is_finished_is_left_alone(begins: Callable[..., Clock], bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1")
    clock = begins(bed)
    before = bed.api.get("HTTPRoute", NAMESPACE, bed.service)

    clock.rounds(3 * int(TTL))

    after = bed.api.get("HTTPRoute", NAMESPACE, bed.service)
    assert before is not None
    assert after is not None
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]


def test_a_person_with_kubectl_has_it_taken_back_at_once_and_an_old_wish_meets_no_new_release(
    begins: Callable[..., Clock],
    halfway: KubernetesBed,
) -> None:
    clock = begins(halfway)
    wish = f"{ABORT}={SECOND.release}"
    halfway.node.kubectl("-n", NAMESPACE, "annotate", "httproute", halfway.service, wish)

    until_back(halfway, clock)

    canary(halfway, THIRD, "v3", 25)
    clock.rounds(5)
    assert halfway.cluster.look(halfway.service).weights["b"] == 25


def test_where_replicas_are_the_share_it_goes_back_too() -> None:
    """Two replicas beside two are half of the requests; the Service before both slots is the anchor."""
    node = Node("dr", "")
    with apart(node) as bed, account(node, "replicas") as api:
        go_live(bed, FIRST, "a", "v1", replicas=2)
        bed.cluster.beat(SECOND, bed.service)
        bed.cluster.deploy(SECOND, bed.service, "b", bed.workload("v2"), 2)
        bed.until(lambda now: now.slot("b").ready == 2)
        carry_out(lambda: bed.cluster.route(SECOND, bed.service, "b", 50))
        bed.until(lambda now: now.weights["b"] == 50)
        one = told(bed, api, "replicas")
        one.rounds(int(TTL))
        assert bed.cluster.look(bed.service).weights["b"] == 50

        until_back(bed, one)

        assert bed.cluster.look(bed.service).marked == SECOND.release
        with pytest.raises(NeedsHuman, match="guard mark 12"):
            bed.cluster.route(SECOND, bed.service, "b", 50)
