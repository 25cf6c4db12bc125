"""Local clusters keep the contracts of their ports, with real processes and a real gateway."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman, TryLater
from runners.clusters import layout
from runners.clusters.local import LocalCluster
from runners.counted import OwnSeries, SlotCounts
from runners.front import FileFront
from runners.metrics.scrape import GatewayMetrics
from runners.ports import Fence
from tests.runners.contract_cluster import Bed, ClusterContract, canary, go_live
from tests.runners.contract_metrics import Gauge, MetricsContract
from tests.runners.local_bed import Home, LocalBed, home
from tests.runners.until import until

NUMBERS = count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One daemon for all contracts; each test has a service of its own."""
    with home(tmp_path_factory.mktemp("home"), "az1", capacity={"az1": 100}) as one:
        yield one


@pytest.fixture
def bed(shared: Home) -> LocalBed:
    return shared.bed(service=f"shop{next(NUMBERS)}")


class TestLocalCluster(ClusterContract):
    @pytest.fixture
    def bed(self, bed: LocalBed) -> Bed:
        return bed


@dataclass
class LocalGauge:
    bed: LocalBed
    metrics: GatewayMetrics
    cluster: str = "az1"

    @property
    def service(self) -> str:
        return self.bed.service

    def ask(self, slot: str, good: int, bad: int) -> None:
        fence, other = Fence(12, 2), "a" if slot == "b" else "b"
        self.bed.cluster.route(fence, self.service, slot, 100)
        self.bed.until(lambda now: now.weights[slot] == 100 and now.weights[other] == 0)
        for path in ["/"] * good + ["/fail"] * bad:
            self.bed.get(path)

    def redeploy(self) -> None:
        fence, cluster = Fence(12, 2), self.bed.cluster
        cluster.route(fence, self.service, "a", 100)
        for version in ("v3", "v2"):
            cluster.deploy(fence, self.service, "b", self.bed.workload(version), 1)
            self.bed.until(lambda now: now.slot("b").ready == 1)

    def breaks(self) -> None:
        self.metrics = GatewayMetrics(self.bed.home.path / "elsewhere")

    def until(self, seen: Callable[[Mapping[str, SlotCounts]], bool]) -> Mapping[str, SlotCounts]:
        until(lambda: seen(self.metrics.read(self.cluster, self.service)), "the counters")
        return self.metrics.read(self.cluster, self.service)


class TestGatewayMetrics(MetricsContract):
    @pytest.fixture
    def gauge(self, bed: LocalBed) -> Gauge:
        go_live(bed, Fence(11, 4), "a", "v1")
        canary(bed, Fence(12, 2), "v2", 0)
        return LocalGauge(bed, GatewayMetrics(bed.home.path))


def test_each_replica_tells_its_own_requests(bed: LocalBed) -> None:
    go_live(bed, Fence(11, 4), "a", "v1")
    canary(bed, Fence(12, 2), "v2", 0)
    gauge = LocalGauge(bed, GatewayMetrics(bed.home.path))
    gauge.ask("b", good=3, bad=2)

    own = OwnSeries(pods="http_requests_total")
    counts = gauge.metrics.read("az1", bed.service, own=own)

    assert [(one.total, one.bad) for one in counts["b"].pods.values()] == [(5, 2)]
    assert sum(one.total for one in counts["a"].pods.values()) == 0
    assert {name for name, one in counts["b"].pods.items()} & set(counts["a"].pods) == set()
    assert all(not one.pods for one in gauge.metrics.read("az1", bed.service).values())
    assert all(not one.pods for one in gauge.metrics.read("az1", bed.service, own=OwnSeries(pods="hits")).values())


def test_a_replica_that_crashes_at_start_is_named_with_its_last_words(bed: LocalBed) -> None:
    bed.cluster.beat(Fence(1, 1), bed.service)
    bed.cluster.deploy(Fence(1, 1), bed.service, "a", bed.workload("v1", CRASH="no such table: cart"), 1)

    now = bed.until(lambda now: "crashes" in now.slot("a").trouble)

    assert now.slot("a").trouble == "crashes at start (exit code 1), last lines: no such table: cart"
    assert now.slot("a").ready == 0


def test_a_replica_that_is_not_ready_says_what_its_probe_heard(bed: LocalBed) -> None:
    bed.cluster.beat(Fence(1, 1), bed.service)
    bed.cluster.deploy(Fence(1, 1), bed.service, "a", bed.workload("v1", READY="503"), 1)

    now = bed.until(lambda now: "503" in now.slot("a").trouble)

    assert now.slot("a").trouble == "not ready: GET /readyz answered 503"


def test_a_bundle_that_is_missing_is_named(bed: LocalBed) -> None:
    workload = bed.workload("v1")
    gone = type(workload)("sha256:0000", "v1", workload.serve)
    bed.cluster.beat(Fence(1, 1), bed.service)
    bed.cluster.deploy(Fence(1, 1), bed.service, "a", gone, 1)

    now = bed.until(lambda now: "bundle" in now.slot("a").trouble)

    assert "the bundle of sha256:0000 is not on this machine" in now.slot("a").trouble


def test_traffic_does_not_leave_a_slot_that_answers_for_one_that_does_not(bed: LocalBed) -> None:
    go_live(bed, Fence(1, 1), "a", "v1")
    bed.cluster.beat(Fence(2, 1), bed.service)
    bed.cluster.deploy(Fence(2, 1), bed.service, "b", bed.workload("v2", READY="503"), 1)

    with pytest.raises(TryLater, match="no replica of slot b is ready"):
        bed.cluster.route(Fence(2, 1), bed.service, "b", 10)


def test_requests_that_meet_a_dead_canary_are_counted_against_it(bed: LocalBed) -> None:
    go_live(bed, Fence(1, 1), "a", "v1")
    canary(bed, Fence(2, 1), "v2", 100)
    bed.get("/die")
    bed.until(lambda now: now.slot("b").ready == 0)

    status, _ = bed.get("/")

    counts = GatewayMetrics(bed.home.path)
    assert status == 502
    until(lambda: counts.read("az1", bed.service)["b"].requests.bad >= 2, "bad answers of slot b")
    bed.until(lambda now: now.slot("b").ready == 1)  # and it is started again


def test_a_home_without_a_daemon_says_how_to_start_it(tmp_path: Path) -> None:
    cluster = LocalCluster("az1", tmp_path)
    cluster.beat(Fence(1, 1), "shop")

    now = cluster.look("shop")

    assert now.trouble == f"the clusters daemon of {tmp_path} is not running; start it with `sluice up`"
    assert (now.release, sum(now.weights.values())) == (1, 0)


def test_services_are_told_apart_by_their_host_and_the_first_takes_the_rest(tmp_path: Path) -> None:
    with home(tmp_path, "az1", "az2", capacity={"az1": 3}) as one:
        shop, blog = one.bed(), one.bed(service="blog")
        go_live(shop, Fence(1, 1), "a", "shop-v1")
        go_live(blog, Fence(2, 1), "a", "blog-v1")

        assert shop.get(host="shop.localhost")[1] == "shop-v1"
        assert shop.get(host="blog.localhost")[1] == "blog-v1"
        assert shop.get(host="127.0.0.1")[1] == "shop-v1"
        assert shop.get(port=one.front)[1] == "shop-v1"  # az2 serves nothing yet and gets nothing

        _a_full_cluster_says_so(blog)
        _the_front_door_obeys(one)


def _a_full_cluster_says_so(blog: LocalBed) -> None:
    blog.cluster.beat(Fence(3, 1), blog.service)
    blog.cluster.deploy(Fence(3, 1), blog.service, "b", blog.workload("blog-v2"), 2)

    now = blog.until(lambda now: now.slot("b").trouble.startswith("capacity") and now.slot("b").ready == 1)

    assert now.slot("b").trouble == "capacity: 3 of 3 replicas in use"


def _the_front_door_obeys(one: Home) -> None:
    front = FileFront(one.path)
    assert front.shares() == {"az1": 50, "az2": 50}
    go_live(one.bed("az2"), Fence(1, 1), "a", "shop-az2")

    front.share({"az1": 0, "az2": 100})

    bed = one.bed("az2")
    until(lambda: {bed.get(port=one.front)[1] for _ in range(3)} == {"shop-az2"}, "all at az2")
    with pytest.raises(NeedsHuman, match="there is no cluster moon"):
        front.share({"moon": 100})
    assert layout.shares(one.path).read().shares == {"az1": 0, "az2": 100}
