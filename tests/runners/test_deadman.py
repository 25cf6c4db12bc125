"""The guard of a cluster goes back in a safe order, never forward, and only after it has observed silence."""

from dataclasses import replace

from runners.clusters import moves
from runners.clusters.deadman import PATIENCE, Guard, retreat, unfinished
from runners.clusters.desired import Desired, Service
from runners.ports import Fence, Workload

FIRST, SECOND = Fence(11, 1), Fence(12, 1)
READY = {"a": 2, "b": 2}


def shop(canary: int | None = None, stable: bool = True, replicas: int = 2) -> Service:
    """A service with v1 stable in slot a and, if asked, v2 in slot b with a share."""
    service = moves.beat(Service(), FIRST)
    service = moves.deploy(service, FIRST, "a", Workload("sha256:1", "v1", {}), replicas)
    service = moves.route(service, FIRST, "a", 100, READY)
    if stable:
        service = moves.promote(service, FIRST, "a")
    if canary is None:
        return service
    service = moves.beat(service, SECOND)
    service = moves.deploy(service, SECOND, "b", Workload("sha256:2", "v2", {}), replicas)
    return moves.route(service, SECOND, "b", canary, READY)


def overdue(guard: Guard, service: Service, *times: float) -> list[bool]:
    """What the guard says at each of these times."""
    return [bool(list(guard.overdue(Desired({"shop": service}), at))) for at in times]


def seconds(first: int, last: int) -> list[float]:
    return [float(at) for at in range(first, last + 1)]


def test_silence_for_the_time_to_live_is_overdue() -> None:
    said = overdue(Guard(60.0), shop(canary=10), *seconds(0, 61))

    assert said == [False] * 60 + [True] * 2


def test_a_heartbeat_starts_the_time_anew() -> None:
    guard, service = Guard(60.0), shop(canary=10)
    overdue(guard, service, *seconds(0, 59))

    service = moves.beat(service, SECOND)

    assert overdue(guard, service, 60.0, 61.0) == [False, False]


def test_a_guard_that_slept_itself_has_observed_nothing() -> None:
    assert overdue(Guard(60.0), shop(canary=10), 0.0, 1.0, 500.0, 501.0) == [False] * 4


def test_finished_anchors_are_never_touched() -> None:
    assert not any(overdue(Guard(60.0), shop(), *seconds(0, 200)))


def test_a_mark_is_carried_to_its_end_by_a_guard_that_has_seen_no_silence_itself() -> None:
    begun = retreat(shop(canary=50, replicas=4), ready=1, late=0.0)

    assert begun.anchor.moving
    assert overdue(Guard(60.0), begun, 0.0) == [True]


def test_a_person_may_ask_for_it_while_sluice_still_beats() -> None:
    service = Desired({"shop": shop(canary=10)})

    assert [name for name, _ in Guard(60.0).overdue(service, 0.0, asked=["shop"])] == ["shop"]
    assert not list(Guard(60.0).overdue(Desired({"shop": shop()}), 0.0, asked=["shop"]))


def test_patience_is_counted_from_the_moment_it_began_to_go_back() -> None:
    guard, service = Guard(3.0), Desired({"shop": shop(canary=10)})
    late = [list(guard.overdue(service, at)) for at in seconds(0, 5)]
    marked = Desired({"shop": retreat(service.service("shop"), ready=0, late=0.0)})

    assert late[3:] == [[("shop", 0.0)], [("shop", 1.0)], [("shop", 2.0)]]
    assert list(guard.overdue(marked, 6.0)) == [("shop", 3.0)]


def test_a_promoted_release_that_is_being_taken_back_is_not_pushed_forward_again() -> None:
    service = moves.promote(moves.route(shop(canary=50), SECOND, "b", 100, READY), SECOND, "b")
    going_back = moves.route(moves.beat(service, SECOND), SECOND, "a", 40, READY)

    assert going_back.anchor.release == SECOND.release
    assert not unfinished(going_back.anchor)


def test_with_everything_ready_it_goes_back_in_one_step() -> None:
    after = retreat(shop(canary=50), ready=2, late=0.0)

    assert after.weights == {"a": 100, "b": 0}
    assert (after.slots["b"].replicas, after.anchor.marks, after.anchor.release) == (0, (12,), 0)


def test_the_canary_keeps_its_replicas_until_its_last_request_is_over() -> None:
    first = retreat(shop(canary=50), ready=2, late=0.0, drained=False)

    assert (first.weights, first.slots["b"].replicas, first.anchor.release) == ({"a": 100, "b": 0}, 2, 12)
    assert retreat(first, ready=2, late=1.0, drained=False) == first
    assert retreat(first, ready=2, late=2.0).anchor.release == 0


def test_it_goes_back_in_proportion_to_what_is_ready() -> None:
    canary = shop(canary=90, replicas=4)
    short = canary.with_slot("a", replace(canary.slots["a"], replicas=1))

    first = retreat(short, ready=1, late=0.0)
    second = retreat(first, ready=3, late=1.0)

    assert (first.slots["a"].replicas, first.weights["a"], first.slots["b"].replicas) == (4, 25, 4)
    assert (second.weights["a"], second.anchor.release) == (75, SECOND.release)
    assert retreat(second, ready=4, late=2.0).weights == {"a": 100, "b": 0}


def test_it_never_waits_for_ever_for_full_strength() -> None:
    after = retreat(shop(canary=50, replicas=4), ready=1, late=PATIENCE + 1)

    assert after.weights == {"a": 100, "b": 0}


def test_it_never_lowers_the_share_of_stable() -> None:
    after = retreat(shop(canary=10, replicas=4), ready=1, late=0.0)

    assert after.weights == {"a": 90, "b": 10}


def test_without_a_stable_slot_there_is_only_the_mark() -> None:
    first = shop(stable=False)

    after = retreat(first, ready=0, late=100.0)

    assert after == replace(first, anchor=replace(first.anchor, marks=(11,)))
    assert retreat(after, ready=0, late=200.0) == after
