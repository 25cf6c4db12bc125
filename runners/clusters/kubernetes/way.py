"""How the requests of a service are split between its slots, and where its anchor is: two ways."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from runners.clusters.desired import Service, Slot
from runners.ports import Fence

from .notes import Manifest


@dataclass(frozen=True, slots=True)
class Found:
    """The objects of a service as they are now, and what they say. `front`: the one that carries anchor and weights."""

    deployments: Mapping[str, Manifest]
    front: Manifest | None
    service: Service


class Way(Protocol):
    """What differs between a cluster with a gateway and one without."""

    def front(self, service: str) -> Manifest | None:
        """The object that carries anchor and weights, None before the first write."""
        ...

    def fronts(self) -> Mapping[str, Manifest]:
        """Those of all services, by service."""
        ...

    def beat(self, service: str, fence: Fence) -> Manifest | None:
        """The heartbeat of a release that beat in the tick before: the object, None if it has to be read first."""
        ...

    def read(self, service: str, deployments: Mapping[str, Manifest], front: Manifest | None) -> Service:
        """The service as its objects say it should be."""
        ...

    def does(self, service: str, found: Found, ready: Mapping[str, int]) -> tuple[Mapping[str, int], str]:
        """Percent of the requests by slot now, and why that is not what was asked, "" if nothing is wrong. `ready`:
        replicas by slot."""
        ...

    def given(self, service: Service, name: str) -> int:
        """Replicas a slot has when it should be so."""
        ...

    def brings(self, service: str, slot: Slot) -> tuple[Manifest, ...]:
        """Every object that a release which puts this into a slot writes, alike for both slots."""
        ...

    def put(self, service: str, wanted: Service, found: Found, fence: Fence) -> Found:
        """Make the objects say `wanted`, and give them as they are then; refused if somebody wrote since they were
        found."""
        ...
