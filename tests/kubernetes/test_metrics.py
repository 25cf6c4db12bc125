"""The counters of a real cluster's gateway keep the contract of their port."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from runners.counted import SlotCounts
from runners.metrics.routes import RouteMetrics
from tests.kubernetes.bed import KubernetesBed
from tests.ports import free_ports
from tests.runners.contract_cluster import FIRST, SECOND, canary, carry_out, go_live
from tests.runners.contract_metrics import Gauge, MetricsContract
from tests.runners.until import until


@dataclass
class RouteGauge:
    """v1 in slot a with all of the traffic, v2 in slot b with none."""

    bed: KubernetesBed
    cluster: str = "az1"
    urls: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.urls["az1"] = self.bed.node.counters
        self.metrics = RouteMetrics({"az1": self.bed.cluster}, self.urls)

    @property
    def service(self) -> str:
        return self.bed.service

    def ask(self, slot: str, good: int, bad: int) -> None:
        carry_out(lambda: self.bed.cluster.route(SECOND, self.service, slot, 100))
        self.bed.until(lambda now: now.weights[slot] == 100)
        self.bed.gateway_follows()
        before = self.metrics.read("az1", self.service)[slot].requests.total
        for path in ["/"] * good + ["/fail"] * bad:
            self.bed.node.ask(self.bed.host, path)
        self.until(lambda now: now[slot].requests.total >= before + good + bad)

    def redeploy(self) -> None:
        cluster = self.bed.cluster
        carry_out(lambda: cluster.route(SECOND, self.service, "a", 100))
        self.bed.until(lambda now: now.weights["b"] == 0)
        for version in ("v3", "v2"):
            cluster.deploy(SECOND, self.service, "b", self.bed.workload(version), 1)
            self.bed.until(lambda now: now.slot("b").ready == 1)

    def breaks(self) -> None:
        self.urls["az1"] = f"http://127.0.0.1:{free_ports(1)[0]}/metrics"

    def until(self, seen: Callable[[Mapping[str, SlotCounts]], bool]) -> Mapping[str, SlotCounts]:
        until(lambda: seen(self.metrics.read("az1", self.service)), "the counters", every=0.1)
        return self.metrics.read("az1", self.service)


class TestRouteMetrics(MetricsContract):
    @pytest.fixture
    def gauge(self, bed: KubernetesBed) -> Gauge:
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 0)
        return RouteGauge(bed)
