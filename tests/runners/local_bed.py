"""Real local clusters for a test: a home of its own, free ports, the tiny app, and an end to all of it."""

import http.client
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.facts import ClusterSeen
from runners.clusters import layout
from runners.clusters.crew import roll
from runners.clusters.daemon import start_detached, stop
from runners.clusters.local import LocalCluster
from runners.ports import Workload
from tests.ports import free_ports
from tests.runners.until import until
from tests.tiny_app import bundle


@dataclass(frozen=True)
class Home:
    """One home with its daemon."""

    path: Path
    ports: dict[str, int]
    front: int
    capacity: dict[str, int] = field(default_factory=dict)
    guard_ttl: float = 60.0

    @property
    def bundles(self) -> Path:
        return self.path / "bundles"

    def start(self) -> None:
        start_detached(
            self.path,
            clusters=self.ports,
            front=self.front,
            bundles=self.bundles,
            capacity=self.capacity,
            guard_ttl=self.guard_ttl,
        )

    def bed(self, cluster: str = "az1", service: str = "shop") -> "LocalBed":
        return LocalBed(self, LocalCluster(cluster, self.path), service)


@dataclass
class LocalBed:
    """One service in one real local cluster."""

    home: Home
    cluster: LocalCluster
    service: str

    @property
    def port(self) -> int:
        return self.home.ports[self.cluster.name]

    def workload(self, version: str, **env: str) -> Workload:
        run = f"exec {sys.executable} -I -S app.py"
        serve = {"run": run, "ready": "/readyz", "drain": 0.3, "env": env}
        return Workload(bundle(self.home.bundles, version), version, serve)

    def until(self, seen: Callable[[ClusterSeen], bool]) -> ClusterSeen:
        until(lambda: seen(self.cluster.look(self.service)), f"{self.cluster.look(self.service)}")
        return self.cluster.look(self.service)

    def get(self, path: str = "/", host: str = "", port: int = 0) -> tuple[int, str]:
        """Ask the cluster's gateway once."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host or f"{self.service}.localhost"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def replicas(one: Home) -> dict[str, int]:
    """Replica → pid."""
    return {record.id: record.pid for record in roll(layout.folder(one.path) / "az1").read().records}


@contextmanager
def home(path: Path, *clusters: str, capacity: dict[str, int] | None = None, guard_ttl: float = 60.0) -> Iterator[Home]:
    """A running home; everything it started is ended with the block."""
    names = clusters or ("az1",)
    ports = free_ports(len(names) + 1)
    one = Home(path, dict(zip(names, ports, strict=False)), ports[-1], capacity or {}, guard_ttl)
    one.bundles.mkdir(parents=True, exist_ok=True)
    one.start()
    try:
        yield one
    finally:
        stop(path)
