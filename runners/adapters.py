"""Which adapter serves which app and which cluster of `platform.yaml`. Built by `wiring`, used through the ports."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import structlog

from pipeline.definition.counting import Prometheus as PrometheusEntry
from pipeline.definition.platform import AppEntry, ClusterEntry, Platform, Reached
from pipeline.errors import PipelineError, TryLater
from runners.builders.bundle import BundleBuilder
from runners.clusters.local import LocalCluster
from runners.jobs.process import ProcessJobs
from runners.metrics.scrape import GatewayMetrics
from runners.ports import Builder, Cluster, Jobs, Metrics

if TYPE_CHECKING:
    from .jobs.split import SplitJobs

T = TypeVar("T")
_log = structlog.get_logger()


class Listed(dict[str, T]):
    """What platform.yaml lists. What it lists no longer holds the releases that need it, and they say so."""

    def __missing__(self, name: str) -> T:
        raise TryLater(f"{name} is not in platform.yaml any more; put it back, or cancel the release")


def clusters(platform: Platform, home: Path) -> Mapping[str, Cluster]:
    """By name. One that Sluice cannot get into says so when it is looked at, and holds up no other."""
    return Listed({name: _cluster(name, entry, platform, home) for name, entry in platform.clusters.items()})


def metrics(platform: Platform, home: Path, clusters: Mapping[str, Cluster]) -> Mapping[str, Metrics]:
    """By cluster."""
    local = GatewayMetrics(home)
    found: dict[str, Metrics] = {}
    for name, entry in platform.clusters.items():
        if entry.prometheus:
            found[name] = _prometheus(name, clusters[name], entry, entry.prometheus, home)
        else:
            found[name] = _routes(name, clusters[name], entry.kubernetes) if entry.kubernetes else local
    return Listed(found)


def jobs(platform: Platform, home: Path, here: ProcessJobs) -> "ProcessJobs | SplitJobs":
    """On this machine; what runs on images, where platform.yaml says that tests run."""
    if (asked := platform.tests) is None:
        return here
    from .clusters.kubernetes import access
    from .clusters.kubernetes.api import Api
    from .jobs.kubernetes.folder import owner
    from .jobs.kubernetes.jobs import KubernetesJobs
    from .jobs.kubernetes.objects import Place
    from .jobs.split import SplitJobs

    folder = home / "cluster-jobs"
    place = Place(
        asked.cluster, asked.namespace, asked.cpu, asked.memory, asked.user, owner(folder), asked.unpack or ""
    )
    api = Api(asked.cluster, partial(access.read, home / "secrets", asked.cluster))
    return SplitJobs(here, KubernetesJobs(folder, api, place))


def builders(platform: Platform, home: Path, jobs: Jobs, bundles: BundleBuilder) -> Mapping[str, Builder]:
    """By app: one that names where its images are kept gets images, every other one bundles."""
    apart = platform.tests is not None
    return Listed({app: _builder(app, entry, home, jobs, bundles, apart=apart) for app, entry in platform.apps.items()})


def renew(platform: Platform, home: Path) -> None:
    """Another token for each cluster whose token is past half its life. One that cannot be asked hides no other."""
    for name, entry in platform.clusters.items():
        if entry.kubernetes is None:
            continue
        from .clusters.kubernetes import tokens

        try:
            if tokens.renew(home / "secrets", name, entry.kubernetes.namespace, now=datetime.now(UTC)):
                _log.info("the token of a cluster was renewed", cluster=name)
        except PipelineError as trouble:
            _log.warning("the token of a cluster could not be renewed", cluster=name, why=str(trouble))


def _cluster(name: str, entry: ClusterEntry, platform: Platform, home: Path) -> Cluster:
    if entry.kubernetes is None:
        return LocalCluster(name, home)
    from .clusters.kubernetes import access, hidden  # heavy, and only some installations have one
    from .clusters.kubernetes.api import Api
    from .clusters.kubernetes.cluster import KubernetesCluster
    from .clusters.kubernetes.objects import Place

    images = {app: entry.image for app, entry in platform.apps.items() if entry.image}
    hosts = {app: entry.hosts for app, entry in platform.apps.items()}
    data = {app: entry.data for app, entry in platform.apps.items() if entry.data}
    place = Place(entry.kubernetes.namespace, entry.kubernetes.gateway or "", images, hosts, data)
    api = Api(name, partial(access.read, home / "secrets", name))
    return KubernetesCluster(name, api, place, key=partial(hidden.key, home / "secrets"))


def _routes(name: str, cluster: Cluster, reached: Reached) -> Metrics:
    from .clusters.kubernetes.cluster import KubernetesCluster
    from .metrics.routes import RouteMetrics

    assert isinstance(cluster, KubernetesCluster)  # its entry has `kubernetes:`
    return RouteMetrics({name: cluster}, {name: reached.counters or ""})


def _prometheus(name: str, cluster: Cluster, entry: ClusterEntry, asked: PrometheusEntry, home: Path) -> Metrics:
    from .metrics import naming
    from .metrics.asking import Prometheus
    from .metrics.conventions import CONVENTIONS
    from .metrics.prometheus import PrometheusMetrics

    if entry.kubernetes is None:
        words: Callable[[str], Mapping[str, naming.Words]] = partial(naming.local, home, name)
    else:
        from .clusters.kubernetes.cluster import KubernetesCluster

        assert isinstance(cluster, KubernetesCluster)  # its entry has `kubernetes:`
        words = partial(naming.kubernetes, cluster)
    prometheus = Prometheus(asked.address, partial(_token, home, asked.token))
    return PrometheusMetrics(prometheus, CONVENTIONS[asked.counts], words, asked.where)


def _token(home: Path, name: str | None) -> str:
    return (home / "secrets" / name).read_text().strip() if name else ""


def _builder(app: str, entry: AppEntry, home: Path, jobs: Jobs, bundles: BundleBuilder, *, apart: bool) -> Builder:
    if entry.image is None:
        return bundles
    from .builders.image import ImageBuilder

    return ImageBuilder(jobs, home / "images" / app, entry.image, owner=str(home), apart=apart)
