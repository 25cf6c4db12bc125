"""Fakes of Cluster, Metrics and FrontDoor: the same words and refusals, in memory, and at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen, Count, Rendered, SlotSeen
from runners.clusters import moves
from runners.clusters.deadman import retreat
from runners.clusters.desired import Desired, Service
from runners.counted import USUAL, OwnSeries, SlotCounts
from runners.ports import Fence, Workload


@dataclass
class FakeCluster:
    """
    A cluster that does at once what it is told.

    `down`: nothing can be seen or written. `frozen`: weights and replicas stay as they are seen now, as if the gateway
    were slow. `ready[(service, slot)]`: so many replicas are ready, however many are wanted; `troubles` says why.
    `scaled`: an autoscaler gave these slots their replicas.
    """

    name: str = "az1"
    down: str = ""
    desired: Desired = Desired()
    ready: dict[tuple[str, str], int] = field(default_factory=dict)
    troubles: dict[tuple[str, str], str] = field(default_factory=dict)
    scaled: set[tuple[str, str]] = field(default_factory=set)
    renders: bool = True
    unrenderable: str = ""  # why nothing can be rendered here
    writes: list[tuple[object, ...]] = field(default_factory=list)
    _frozen: Desired | None = None

    def look(self, service: str) -> ClusterSeen:
        if self.down:
            return ClusterSeen(self.name, service, trouble=self.down)
        wanted = self.desired.service(service)
        real = (self._frozen or self.desired).service(service)
        anchor = wanted.anchor
        slots = {name: self._slot(service, name, real) for name in wanted.slots}
        return ClusterSeen(
            self.name, service, anchor.stable, slots, dict(real.weights), anchor.release, anchor.epoch, anchor.marked
        )

    def forget(self) -> None:
        """Nothing is kept."""

    def gather(self, services: Collection[str]) -> None:
        """Nothing is far away."""

    def render(self, service: str, workload: Workload, replicas: int) -> tuple[Rendered, ...]:
        """One object, unless the cluster is one of those that have none."""
        if self.unrenderable:
            raise NeedsHuman(self.unrenderable)
        text = f"image: {workload.digest}\nreplicas: {replicas}\n"
        return (Rendered("Deployment", service, text),) if self.renders else ()

    def beat(self, fence: Fence, service: str) -> None:
        self._change(service, lambda one: moves.beat(one, fence), "beat", fence)

    def deploy(self, fence: Fence, service: str, slot: str, workload: Workload, replicas: int) -> None:
        what = ("deploy", fence, slot, workload.digest, replicas)
        self._change(service, lambda one: moves.deploy(one, fence, slot, workload, replicas), *what)

    def route(self, fence: Fence, service: str, slot: str, percent: int) -> None:
        ready = {name: seen.ready for name, seen in self.look(service).slots.items()}
        self._change(service, lambda one: moves.route(one, fence, slot, percent, ready), "route", fence, slot, percent)

    def promote(self, fence: Fence, service: str, slot: str) -> None:
        self._change(service, lambda one: moves.promote(one, fence, slot), "promote", fence, slot)

    def scale(self, fence: Fence, service: str, slot: str, replicas: int) -> None:
        self._change(service, lambda one: moves.scale(one, fence, slot, replicas), "scale", fence, slot, replicas)

    def settle(self, fence: Fence, service: str, slot: str) -> None:
        self._change(service, lambda one: moves.settle(one, fence, slot), "settle", fence, slot)

    # -- what tests do to it ----------------------------------------------------------------------------------

    def freeze(self) -> None:
        """From now on wishes are recorded and nothing happens."""
        self._frozen = self.desired

    def thaw(self) -> None:
        """Everything wished meanwhile happens."""
        self._frozen = None

    def guard_fires(self, service: str) -> None:
        """The guard of this cluster takes the release in motion back."""
        one = self.desired.service(service)
        stable = one.anchor.stable
        ready = self._slot(service, stable, one).ready if stable else 0
        self.desired = self.desired.with_service(service, retreat(one, ready, late=0.0))

    def _change(self, service: str, turn: Callable[[Service], Service], *what: object) -> None:
        if self.down:
            raise TryLater(self.down)
        self.desired = self.desired.with_service(service, turn(self.desired.service(service)))
        self.writes.append((*what,))

    def _slot(self, service: str, name: str, real: Service) -> SlotSeen:
        slot = real.slots[name]
        ready = min(self.ready.get((service, name), slot.replicas), slot.replicas)
        trouble, scaled = self.troubles.get((service, name), ""), (service, name) in self.scaled
        return SlotSeen(slot.digest, slot.replicas, ready, trouble, scaled)


@dataclass
class FakeMetrics:
    """Counters that tests raise. `broken`: why they cannot be read."""

    clusters: Mapping[str, FakeCluster]
    broken: str = ""
    began: int = 1
    sold: dict[str, int] = field(default_factory=dict)  # slot → what every counter of the app says
    pods: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)  # slot → pod → requests and bad ones
    each: int = 0  # or so many pods of each slot, which share its requests
    asked_for: OwnSeries = OwnSeries()  # in the latest read
    _counts: dict[tuple[str, str, int], SlotCounts] = field(default_factory=dict)

    def read(
        self, cluster: str, service: str, counters: Collection[str] = (), own: OwnSeries = USUAL
    ) -> Mapping[str, SlotCounts]:
        self.asked_for = own
        if self.broken:
            raise TryLater(self.broken)
        slots = self.clusters[cluster].desired.service(service).slots
        found = {name: self._slot(cluster, service, name, slot.generation) for name, slot in slots.items()}
        return {
            name: replace(
                one, counters=self._counters(name, one, counters), pods=self._by_pod(name, one) if own.pods else {}
            )
            for name, one in found.items()
        }

    def _by_pod(self, slot: str, whole: SlotCounts) -> dict[str, Count]:
        told = {name: Count(name, *counts) for name, counts in self.pods.get(slot, {}).items()}
        total, bad, source = whole.requests.total, whole.requests.bad, whole.requests.source
        names = [f"{source}-{number}" for number in range(self.each)]
        return told | {name: Count(name, total // self.each, bad // self.each) for name in names}

    def _counters(self, slot: str, counts: SlotCounts, names: Collection[str]) -> dict[str, Count]:
        return {name: replace(counts.requests, bad=self.sold[slot]) for name in names if slot in self.sold}

    def asked(self, cluster: str, service: str, slot: str, requests: int, bad: int = 0, seconds: float = 0.01) -> None:
        """`requests` more were answered by the slot, `bad` of them badly, each in `seconds`."""
        generation = self.clusters[cluster].desired.service(service).slots[slot].generation
        old = self._slot(cluster, service, slot, generation)
        buckets = {
            bound: old.buckets.get(bound, 0) + (requests if seconds <= bound else 0)
            for bound in (0.005, 0.05, 0.5, 5.0, float("inf"))
        }
        count = replace(old.requests, total=old.requests.total + requests, bad=old.requests.bad + bad)
        self._counts[cluster, service, generation] = SlotCounts(count, buckets)

    def restart(self) -> None:
        """The gateway started anew: every counter is 0 again, under another source."""
        self.began += 1
        self._counts.clear()

    def _slot(self, cluster: str, service: str, slot: str, generation: int) -> SlotCounts:
        source = f"{cluster}_{service}_{slot}_{generation}@{self.began}" if generation else ""
        return self._counts.get((cluster, service, generation), SlotCounts(Count(source)))


@dataclass
class FakeFront:
    """Shares in memory."""

    now: dict[str, int] = field(default_factory=lambda: {"az1": 34, "az2": 33, "dr": 33})

    def shares(self) -> Mapping[str, int]:
        return dict(self.now)

    def share(self, shares: Mapping[str, int]) -> None:
        if sum(shares.values()) != 100 or min(shares.values(), default=0) < 0:
            raise NeedsHuman(f"shares have to sum to 100 %, these sum to {sum(shares.values())} %")
        if unknown := [name for name in shares if name not in self.now]:
            raise NeedsHuman(f"there is no cluster {unknown[0]}")
        self.now = dict.fromkeys(self.now, 0) | dict(shares)
