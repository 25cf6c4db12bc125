"""Counters of the local clusters, read from their gateway."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from runners.clusters import layout
from runners.clusters.observed import ServiceState, SlotState
from runners.counted import USUAL, OwnSeries, SlotCounts
from runners.gateway import leaf_name

from .counters import scrape
from .replicas import Pages, apart, counted, pages


class GatewayMetrics:
    """Counters by slot for the clusters of the home `home`."""

    def __init__(self, home: Path) -> None:
        self._home = Path(home)
        self._running = layout.running(self._home)

    def read(
        self, cluster: str, service: str, counters: Collection[str] = (), own: OwnSeries = USUAL
    ) -> Mapping[str, SlotCounts]:
        """One scrape of the gateway, and one of each replica where they are asked for something."""
        if not (url := self._running.read().metrics):
            raise layout.not_running(self._home)
        gateway = scrape(url)
        counts = {}
        for name, slot in layout.desired(self._home, cluster).read().service(service).slots.items():
            leaf = leaf_name(cluster, service, name, slot.generation, slot.digest)
            source = f"{leaf}@{gateway.began}" if slot.digest else ""
            found = gateway.of(leaf).counts(source)
            shown = self._shown(self._replicas(cluster, service, name), counters, own)
            of_app = counted(shown, counters, found.requests) if counters else {}
            counts[name] = replace(found, counters=of_app, pods=apart(shown, own.pods))
        return counts

    def _shown(self, replicas: list[tuple[str, int]], counters: Collection[str], own: OwnSeries) -> Pages:
        """What the replicas show. Only for `own.pods` no other one is asked if the first does not count so."""
        if counters:
            return pages(replicas)
        first = pages(replicas[:1] if own.pods else ())
        return {**first, **pages(replicas[1:])} if apart(first, own.pods) else first

    def _replicas(self, cluster: str, service: str, slot: str) -> list[tuple[str, int]]:
        state = layout.observed(self._home, cluster).read().services.get(service, ServiceState())
        return [(one.id, one.port) for one in state.slots.get(slot, SlotState()).replicas if one.port]
