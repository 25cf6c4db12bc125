"""The fakes keep the contracts of the ports they stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen
from runners.counted import SlotCounts
from runners.ports import Fence, Workload
from tests.fake_clusters import FakeCluster, FakeFront, FakeMetrics
from tests.runners.contract_cluster import Bed, ClusterContract, canary, go_live
from tests.runners.contract_metrics import Gauge, MetricsContract


@dataclass
class FakeBed:
    cluster: FakeCluster = field(default_factory=FakeCluster)
    service: str = "shop"

    def workload(self, version: str) -> Workload:
        return Workload(f"sha256:{version}", version, {"run": "true"})

    def until(self, seen: Callable[[ClusterSeen], bool]) -> ClusterSeen:
        now = self.cluster.look(self.service)
        assert seen(now)
        return now


@dataclass
class FakeGauge:
    bed: FakeBed
    metrics: FakeMetrics
    cluster: str = "az1"
    service: str = "shop"

    def ask(self, slot: str, good: int, bad: int) -> None:
        self.metrics.asked(self.cluster, self.service, slot, good + bad, bad)

    def redeploy(self) -> None:
        fence = Fence(12, 2)
        for version in ("v3", "v2"):
            self.bed.cluster.deploy(fence, self.service, "b", self.bed.workload(version), 1)

    def breaks(self) -> None:
        self.metrics.broken = "the gateway is away"

    def until(self, seen: Callable[[Mapping[str, SlotCounts]], bool]) -> Mapping[str, SlotCounts]:
        now = self.metrics.read(self.cluster, self.service)
        assert seen(now)
        return now


class TestFakeCluster(ClusterContract):
    @pytest.fixture
    def bed(self) -> Bed:
        return FakeBed()


class TestFakeMetrics(MetricsContract):
    @pytest.fixture
    def gauge(self) -> Gauge:
        bed = FakeBed()
        go_live(bed, Fence(11, 4), "a", "v1")
        canary(bed, Fence(12, 2), "v2", 0)
        return FakeGauge(bed, FakeMetrics({"az1": bed.cluster}))


def test_a_guard_that_fires_takes_the_canary_back_for_good() -> None:
    bed = FakeBed()
    go_live(bed, Fence(11, 4), "a", "v1")
    canary(bed, Fence(12, 2), "v2", 50)

    bed.cluster.guard_fires("shop")

    now = bed.cluster.look("shop")
    assert (now.marked, dict(now.weights)) == (12, {"a": 100, "b": 0})
    with pytest.raises(NeedsHuman):
        bed.cluster.route(Fence(12, 2), "shop", "b", 10)


def test_a_slot_without_a_ready_replica_gets_no_traffic_from_one_that_answers() -> None:
    bed = FakeBed()
    go_live(bed, Fence(11, 4), "a", "v1")
    canary(bed, Fence(12, 2), "v2", 0)
    bed.cluster.ready["shop", "b"] = 0

    with pytest.raises(TryLater, match="no replica of slot b is ready"):
        bed.cluster.route(Fence(12, 2), "shop", "b", 10)


def test_a_frozen_cluster_takes_wishes_and_shows_none() -> None:
    bed = FakeBed()
    go_live(bed, Fence(11, 4), "a", "v1")
    slot = canary(bed, Fence(12, 2), "v2", 0)

    bed.cluster.freeze()
    bed.cluster.route(Fence(12, 2), "shop", slot, 10)

    assert bed.cluster.look("shop").weights[slot] == 0
    bed.cluster.thaw()
    assert bed.cluster.look("shop").weights[slot] == 10


def test_a_cluster_that_is_down_says_why_and_takes_nothing() -> None:
    cluster = FakeCluster("az2", down="az2 does not answer")

    assert cluster.look("shop").trouble == "az2 does not answer"
    with pytest.raises(TryLater, match="az2 does not answer"):
        cluster.beat(Fence(1, 1), "shop")


def test_counters_begin_anew_with_the_gateway() -> None:
    bed = FakeBed()
    go_live(bed, Fence(11, 4), "a", "v1")
    metrics = FakeMetrics({"az1": bed.cluster})
    metrics.asked("az1", "shop", "a", 10, bad=1)
    before = metrics.read("az1", "shop")["a"].requests

    metrics.restart()

    after = metrics.read("az1", "shop")["a"].requests
    assert (before.total, after.total) == (10, 0)
    assert after.source != before.source


def test_shares_of_the_front_door_sum_to_100() -> None:
    front = FakeFront()

    front.share({"az1": 100})

    assert front.shares() == {"az1": 100, "az2": 0, "dr": 0}
    with pytest.raises(NeedsHuman, match="sum to 100"):
        front.share({"az1": 99})
