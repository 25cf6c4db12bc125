"""Counters of the local clusters, read from their gateway."""

from collections.abc import Mapping
from pathlib import Path

from runners.clusters import layout
from runners.gateway import leaf_name
from runners.ports import SlotCounts

from .counters import scrape


class GatewayMetrics:
    """Counters by slot for the clusters of the home `home`."""

    def __init__(self, home: Path) -> None:
        self._home = Path(home)

    def read(self, cluster: str, service: str) -> Mapping[str, SlotCounts]:
        """One scrape."""
        if not (url := layout.running(self._home).read().metrics):
            raise layout.not_running(self._home)
        counters = scrape(url)
        counts = {}
        for name, slot in layout.desired(self._home, cluster).read().service(service).slots.items():
            leaf = leaf_name(cluster, service, name, slot.generation, slot.digest)
            source = f"{leaf}@{counters.began}" if slot.digest else ""
            counts[name] = counters.of(leaf).counts(source)
        return counts
