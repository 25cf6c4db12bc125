"""Counters of Kubernetes clusters, read from the Traefik that is their gateway.

It counts for each backend of each rule, as `httproute-…-svc-<namespace>-<Service>-<place in the rule>`.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from runners.clusters.desired import Slot
from runners.clusters.kubernetes.objects import backend
from runners.counted import USUAL, OwnSeries, SlotCounts

from .counters import scrape


class Contents(Protocol):
    """A cluster that says what its slots should run, and where."""

    namespace: str

    def contents(self, service: str) -> Mapping[str, Slot]: ...


class RouteMetrics:
    """Counters by slot. `urls`: cluster → the metrics address of its one gateway."""

    def __init__(self, clusters: Mapping[str, Contents], urls: Mapping[str, str]) -> None:
        self._clusters = clusters
        self._urls = urls

    def read(
        self, cluster: str, service: str, counters: Collection[str] = (), own: OwnSeries = USUAL
    ) -> Mapping[str, SlotCounts]:
        """One scrape, without counters of the app. A slot's Service has a new name with each content, so its own begin
        at zero."""
        slots = self._clusters[cluster].contents(service)
        gateway = scrape(self._urls[cluster])
        counts = {}
        for name, slot in slots.items():
            server = f"-svc-{self._clusters[cluster].namespace}-{backend(service, name, slot.generation)}"
            source = f"{cluster}{server}@{gateway.began}" if slot.digest else ""
            counts[name] = gateway.ending(server).counts(source)
        return counts
