"""Releases on a local cluster under load: nobody notices a good one, and the guard takes a forgotten one back."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman
from pipeline.facts import ClusterSeen
from runners.ports import Fence
from tests.load import Load
from tests.runners.contract_cluster import canary, go_live
from tests.runners.local_bed import LocalBed, home, replicas
from tests.runners.until import until

FIRST, SECOND = Fence(11, 1), Fence(12, 1)


def test_no_request_fails_while_a_release_goes_live(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1", replicas=2)
        with Load(bed.port, rate=100) as load:
            slot = canary(bed, SECOND, "v2", 10)
            began = time.monotonic()
            until(lambda: load.said(since=began).total() >= 200, "200 answers at 10 %")
            share = load.said(since=began)
            for percent in (50, 100):
                bed.cluster.route(SECOND, "shop", slot, percent)
                bed.until(lambda now, percent=percent: now.weights[slot] == percent)
            bed.cluster.promote(SECOND, "shop", slot)
            bed.cluster.scale(SECOND, "shop", "a", 0)
            until(lambda: len(replicas(one)) == 1, "the end of the old replicas")

        assert load.failed == 0
        assert share["v2"] == pytest.approx(share.total() / 10, abs=3)
        assert load.answers[-1].said == "v2"


def test_a_slow_request_is_answered_although_its_replica_has_to_go(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 0)
        with Load(bed.port, rate=20, connections=20, path="/slow=0.25") as load:
            until(lambda: load.said()["v1"] > 0, "slow answers of v1")
            bed.cluster.route(SECOND, "shop", "b", 100)
            bed.until(lambda now: now.weights["b"] == 100)
            bed.cluster.promote(SECOND, "shop", "b")
            bed.cluster.scale(SECOND, "shop", "a", 0)
            until(lambda: len(replicas(one)) == 1, "the end of the old replica")

        assert load.failed == 0


def test_no_request_fails_while_replicas_come_and_go(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1")
        with Load(bed.port, rate=100) as load:
            for replicas_wanted in (3, 1):
                bed.cluster.scale(FIRST, "shop", "a", replicas_wanted)
                until(lambda wanted=replicas_wanted: len(replicas(one)) == wanted, "the replicas wanted")
                bed.until(lambda now, wanted=replicas_wanted: now.slot("a").ready == wanted)

        assert load.failed == 0


def test_the_guard_takes_a_silent_canary_back_and_its_mark_stays(tmp_path: Path) -> None:
    with home(tmp_path, guard_ttl=2.0) as one:
        bed = one.bed()
        beating_canary(bed)

        with Load(bed.port, rate=50) as load:
            now = bed.until(lambda now: now.weights["a"] == 100 and now.slot("b").ready == 0)

        assert load.failed == 0
        assert (now.stable, now.marked, now.slot("b").wanted) == ("a", SECOND.release, 0)
        bed.cluster.beat(SECOND, "shop")
        bed.cluster.scale(SECOND, "shop", "b", 1)
        bed.until(lambda now: now.slot("b").ready == 1)
        with pytest.raises(NeedsHuman, match="guard mark 12"):
            bed.cluster.route(SECOND, "shop", "b", 10)


def test_the_guard_leaves_a_canary_alone_that_waits_with_a_heartbeat(tmp_path: Path) -> None:
    with home(tmp_path, guard_ttl=2.0) as one:
        bed = one.bed()
        beating_canary(bed)
        long = time.monotonic() + 5.0

        now = beating(bed, lambda _: time.monotonic() > long)

        assert (now.marked, now.weights["b"], now.release) == (0, 50, SECOND.release)


def beating_canary(bed: LocalBed) -> None:
    """v1 stable in slot a, v2 in slot b with half of the traffic, and never a silence on the way."""
    go_live(bed, FIRST, "a", "v1")
    bed.cluster.beat(SECOND, "shop")
    bed.cluster.deploy(SECOND, "shop", "b", bed.workload("v2"), 1)
    beating(bed, lambda now: now.slot("b").ready == 1)
    bed.cluster.route(SECOND, "shop", "b", 50)
    beating(bed, lambda now: now.weights["b"] == 50)


def beating(bed: LocalBed, seen: Callable[[ClusterSeen], bool]) -> ClusterSeen:
    """Look until `seen`, with a heartbeat before each look, as ticks do."""

    def look() -> bool:
        bed.cluster.beat(SECOND, "shop")
        return seen(bed.cluster.look("shop"))

    until(look, f"{bed.cluster.look('shop')}")
    return bed.cluster.look("shop")
