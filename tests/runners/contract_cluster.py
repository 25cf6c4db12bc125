"""What every `Cluster` does, run against the fake and each real adapter."""

from collections.abc import Callable
from typing import Protocol

import pytest

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen
from runners.ports import Cluster, Fence, Workload
from tests.runners.until import until

FIRST, SECOND, THIRD = Fence(release=11, epoch=4), Fence(release=12, epoch=2), Fence(release=13, epoch=1)


class Bed(Protocol):
    """A cluster, a service of its own for this test, things to run, and patience."""

    cluster: Cluster
    service: str

    def workload(self, version: str) -> Workload: ...

    def until(self, seen: Callable[[ClusterSeen], bool]) -> ClusterSeen:
        """Look until `seen` is true of what is seen."""
        ...


def carry_out(write: Callable[[], None]) -> None:
    """A write as the loop does it: what may pass by itself is written again at the next look."""

    def taken() -> bool:
        try:
            write()
        except TryLater:
            return False
        return True

    until(taken, "the cluster takes it", every=0.1)


def go_live(bed: Bed, fence: Fence, slot: str, version: str, replicas: int = 1) -> None:
    """A whole release without canary."""
    cluster, service = bed.cluster, bed.service
    cluster.beat(fence, service)
    cluster.deploy(fence, service, slot, bed.workload(version), replicas)
    bed.until(lambda now: now.slot(slot).ready == replicas)
    carry_out(lambda: cluster.route(fence, service, slot, 100))
    bed.until(lambda now: now.weights[slot] == 100)
    cluster.promote(fence, service, slot)


def canary(bed: Bed, fence: Fence, version: str, percent: int) -> str:
    """A release with `percent` of the traffic in the free slot, which is named."""
    cluster, service = bed.cluster, bed.service
    slot = cluster.look(service).free
    cluster.beat(fence, service)
    cluster.deploy(fence, service, slot, bed.workload(version), 1)
    bed.until(lambda now: now.slot(slot).ready == 1)
    carry_out(lambda: cluster.route(fence, service, slot, percent))
    bed.until(lambda now: now.weights[slot] == percent)
    return slot


class ClusterContract:
    """Subclasses bring a fixture `bed`."""

    def test_a_service_nobody_deployed_is_empty(self, bed: Bed) -> None:
        now = bed.cluster.look(bed.service)

        assert (now.stable, now.release, now.epoch, now.marked, now.trouble) == (None, 0, 0, 0, "")
        assert now.slot("a").digest == now.slot("b").digest == ""
        assert sum(now.weights.values()) == 0
        assert now.free == "a"

    def test_what_would_come_here_can_be_read_before_anything_is_written(self, bed: Bed) -> None:
        shown = bed.cluster.render(bed.service, bed.workload("v1"), 2)

        assert bed.cluster.render(bed.service, bed.workload("v1"), 2) == shown
        assert not shown or any(bed.workload("v1").digest in one.text for one in shown)
        assert bed.cluster.look(bed.service).slot("a").digest == ""

    def test_a_beat_takes_the_anchor_and_carries_the_epoch(self, bed: Bed) -> None:
        bed.cluster.beat(FIRST, bed.service)
        bed.cluster.beat(FIRST, bed.service)

        now = bed.cluster.look(bed.service)

        assert (now.release, now.epoch) == (FIRST.release, FIRST.epoch)

    def test_an_older_epoch_of_the_same_release_is_fenced_out(self, bed: Bed) -> None:
        bed.cluster.beat(FIRST, bed.service)
        older = Fence(FIRST.release, FIRST.epoch - 1)

        for write in (
            lambda: bed.cluster.beat(older, bed.service),
            lambda: bed.cluster.deploy(older, bed.service, "a", bed.workload("v1"), 1),
            lambda: bed.cluster.route(older, bed.service, "a", 100),
            lambda: bed.cluster.scale(older, bed.service, "a", 0),
            lambda: bed.cluster.promote(older, bed.service, "a"),
            lambda: bed.cluster.settle(older, bed.service, "a"),
        ):
            with pytest.raises(TryLater, match="fenced out by epoch 4"):
                write()

    def test_an_older_epoch_stays_fenced_out_after_the_release_has_ended(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        bed.cluster.beat(SECOND, bed.service)

        with pytest.raises(TryLater, match="fenced out"):
            bed.cluster.beat(Fence(FIRST.release, FIRST.epoch - 1), bed.service)

    def test_nobody_writes_without_a_beat_before(self, bed: Bed) -> None:
        with pytest.raises(TryLater, match="has to beat first"):
            bed.cluster.deploy(FIRST, bed.service, "a", bed.workload("v1"), 1)

    def test_a_release_in_motion_keeps_others_away(self, bed: Bed) -> None:
        bed.cluster.beat(SECOND, bed.service)

        with pytest.raises(TryLater, match="release 12 is in motion"):
            bed.cluster.beat(THIRD, bed.service)
        with pytest.raises(TryLater, match="the newer release 12"):
            bed.cluster.beat(FIRST, bed.service)

    def test_a_finished_anchor_can_be_taken_by_any_release(self, bed: Bed) -> None:
        go_live(bed, SECOND, "a", "v2")

        bed.cluster.beat(FIRST, bed.service)

        assert bed.cluster.look(bed.service).release == FIRST.release

    def test_the_first_release_becomes_stable_by_promotion(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1", replicas=2)

        now = bed.cluster.look(bed.service)

        assert (now.stable, now.free, now.release) == ("a", "b", 0)
        assert now.slot("a").digest == bed.workload("v1").digest
        assert (now.slot("a").wanted, now.slot("a").ready, now.slot("a").trouble) == (2, 2, "")

    def test_a_finished_release_beats_on_without_moving_again(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")

        bed.cluster.beat(Fence(FIRST.release, FIRST.epoch + 1), bed.service)

        now = bed.cluster.look(bed.service)
        assert (now.release, now.epoch) == (0, FIRST.epoch + 1)

    def test_a_canary_shares_the_traffic_with_stable(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")

        slot = canary(bed, SECOND, "v2", 25)

        now = bed.cluster.look(bed.service)
        assert (slot, now.stable, now.release) == ("b", "a", SECOND.release)
        assert dict(now.weights) == {"a": 75, "b": 25}

    def test_writes_may_be_repeated(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        before = bed.cluster.look(bed.service)

        bed.cluster.deploy(FIRST, bed.service, "a", bed.workload("v1"), 1)
        bed.cluster.route(FIRST, bed.service, "a", 100)
        bed.cluster.promote(FIRST, bed.service, "a")

        assert bed.cluster.look(bed.service) == before

    def test_a_slot_with_traffic_keeps_its_content(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 10)

        with pytest.raises(TryLater, match="still gets 10 %"):
            bed.cluster.deploy(SECOND, bed.service, "b", bed.workload("v3"), 1)
        with pytest.raises(TryLater, match="still gets 10 %"):
            bed.cluster.scale(SECOND, bed.service, "b", 0)

    def test_the_stable_slot_is_no_place_for_a_release(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        bed.cluster.beat(SECOND, bed.service)

        with pytest.raises((NeedsHuman, TryLater)):
            bed.cluster.deploy(SECOND, bed.service, "a", bed.workload("v2"), 1)

    def test_only_the_slot_with_all_traffic_becomes_stable(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 50)

        with pytest.raises(NeedsHuman, match="gets 50 %"):
            bed.cluster.promote(SECOND, bed.service, "b")

    def test_promotion_moves_roles_and_the_old_slot_can_go(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 100)

        bed.cluster.promote(SECOND, bed.service, "b")
        bed.cluster.scale(SECOND, bed.service, "a", 0)

        now = bed.until(lambda now: now.slot("a").ready == 0)
        assert (now.stable, now.free, now.release) == ("b", "a", 0)
        assert now.slot("a").wanted == 0

    def test_going_back_ends_with_the_old_slot_stable(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 50)

        bed.cluster.route(SECOND, bed.service, "a", 100)
        bed.until(lambda now: now.weights["a"] == 100)
        bed.cluster.scale(SECOND, bed.service, "b", 0)
        bed.cluster.settle(SECOND, bed.service, "a")

        now = bed.until(lambda now: now.slot("b").ready == 0)
        assert (now.stable, now.release, dict(now.weights)) == ("a", 0, {"a": 100, "b": 0})

    def test_a_promoted_release_can_be_taken_back(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 100)
        bed.cluster.promote(SECOND, bed.service, "b")

        bed.cluster.beat(SECOND, bed.service)
        bed.cluster.route(SECOND, bed.service, "a", 100)
        bed.until(lambda now: now.weights["a"] == 100)

        assert bed.cluster.look(bed.service).release == SECOND.release
        bed.cluster.settle(SECOND, bed.service, "a")
        assert bed.cluster.look(bed.service).stable == "a"

    def test_a_first_release_that_fails_leaves_nothing_behind(self, bed: Bed) -> None:
        canary(bed, FIRST, "v1", 100)

        bed.cluster.route(FIRST, bed.service, "a", 0)
        bed.cluster.scale(FIRST, bed.service, "a", 0)
        bed.cluster.settle(FIRST, bed.service, "")

        now = bed.until(lambda now: sum(now.weights.values()) == 0)
        assert (now.stable, now.release) == (None, 0)

    def test_traffic_never_goes_where_nothing_runs(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 100)
        bed.cluster.promote(SECOND, bed.service, "b")
        bed.cluster.scale(SECOND, bed.service, "a", 0)

        with pytest.raises(NeedsHuman, match="no replicas"):
            bed.cluster.route(SECOND, bed.service, "a", 10)

    @pytest.mark.parametrize(("slot", "percent"), [("c", 10), ("a", 101), ("a", -1)])
    def test_nonsense_is_for_a_person(self, bed: Bed, slot: str, percent: int) -> None:
        bed.cluster.beat(FIRST, bed.service)

        with pytest.raises(NeedsHuman):
            bed.cluster.route(FIRST, bed.service, slot, percent)
