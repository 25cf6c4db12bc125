"""Counters of a local cluster through a Prometheus that scrapes its gateway keep the contract of their port."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

import pytest

from pipeline.definition.platform import Platform
from runners import adapters
from runners.clusters import layout
from runners.counted import SlotCounts
from runners.ports import Fence, Metrics
from tests.ports import free_ports
from tests.runners.contract_cluster import canary, go_live
from tests.runners.contract_metrics import Gauge, MetricsContract
from tests.runners.local_bed import Home, LocalBed, home
from tests.runners.prometheus_bed import config, job, running
from tests.runners.test_local_clusters import LocalGauge
from tests.runners.until import until

NUMBERS = count(1)


@dataclass
class Watched:
    """A home whose gateway a Prometheus scrapes."""

    home: Home
    address: str


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with home(tmp_path_factory.mktemp("home"), "az1", capacity={"az1": 100}) as one:
        url = urlsplit(layout.running(one.path).read().metrics)
        scrapes = config(job("gateway", url.netloc, url.path))
        with running(tmp_path_factory.mktemp("prometheus"), scrapes) as address:
            yield Watched(one, address)


@dataclass
class PrometheusGauge(LocalGauge):
    metrics: Metrics  # type: ignore[assignment]  # asked by its port only

    def breaks(self) -> None:
        self.metrics = _metrics(self.bed, f"http://127.0.0.1:{free_ports(1)[0]}")

    def until(self, seen: Callable[[Mapping[str, SlotCounts]], bool]) -> Mapping[str, SlotCounts]:
        until(lambda: seen(self.metrics.read(self.cluster, self.service)), "the counters", every=0.1)
        return self.metrics.read(self.cluster, self.service)


def _metrics(bed: LocalBed, address: str) -> Metrics:
    """As an installation gets it from its platform.yaml."""
    cluster = {"prometheus": {"address": address, "where": {"job": "gateway"}, "token": "prometheus"}}
    app = {"tenant": "web", "repository": "https://git.example.org/shop.git"}
    platform = Platform.model_validate({"tenants": {"web": {}}, "clusters": {"az1": cluster}, "apps": {"shop": app}})
    secrets = bed.home.path / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "prometheus").write_text("s3cret\n")
    return adapters.metrics(platform, bed.home.path, {"az1": bed.cluster})["az1"]


class TestPrometheusMetrics(MetricsContract):
    @pytest.fixture
    def gauge(self, watched: Watched) -> Gauge:
        bed = watched.home.bed(service=f"shop{next(NUMBERS)}")
        go_live(bed, Fence(11, 4), "a", "v1")
        canary(bed, Fence(12, 2), "v2", 0)
        return PrometheusGauge(bed, _metrics(bed, watched.address))
