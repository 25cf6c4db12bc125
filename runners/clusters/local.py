"""A local cluster through the `Cluster` port: wishes go into a file, answers come from what the daemon saw."""

import time
from collections.abc import Callable, Collection
from pathlib import Path

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen, Rendered, SlotSeen
from runners.ports import Fence, Workload

from . import layout, moves
from .desired import SLOTS, Service, Slot
from .observed import Observed, ServiceState, SlotState

STALE = 5.0  # seconds without a report after which the daemon counts as gone


class LocalCluster:
    """The cluster `name` of the home `home`."""

    def __init__(self, name: str, home: Path) -> None:
        self.name = name
        self.home = Path(home)
        self._desired = layout.desired(self.home, name)
        self._observed = layout.observed(self.home, name)

    def look(self, service: str) -> ClusterSeen:
        """The service as it is now."""
        try:
            wanted = self._desired.read().service(service)
            seen = self._observed.read()
        except (TryLater, NeedsHuman) as error:
            return ClusterSeen(self.name, service, trouble=str(error))
        anchor = wanted.anchor
        state = seen.services.get(service, ServiceState())
        return ClusterSeen(
            cluster=self.name,
            service=service,
            stable=anchor.stable,
            slots={name: _slot(slot, state.slots.get(name, SlotState())) for name, slot in wanted.slots.items()},
            weights={slot: state.weights.get(slot, 0) for slot in SLOTS},
            release=anchor.release,
            epoch=anchor.epoch,
            marked=anchor.marked,
            trouble=seen.trouble if _fresh(seen) else str(layout.not_running(self.home)),
        )

    def forget(self) -> None:
        """Its files are read each time."""

    def gather(self, services: Collection[str]) -> None:
        """Its files are at hand."""

    def render(self, service: str, workload: Workload, replicas: int) -> tuple[Rendered, ...]:
        """None: what it runs is in the definition, word for word."""
        return ()

    def beat(self, fence: Fence, service: str) -> None:
        """Carry the epoch, count the heartbeat, take the anchor."""
        self._change(service, lambda one: moves.beat(one, fence))

    def deploy(self, fence: Fence, service: str, slot: str, workload: Workload, replicas: int) -> None:
        """Make the slot run the workload; its bundle has to be where the daemon looks for bundles."""
        self._change(service, lambda one: moves.deploy(one, fence, slot, workload, replicas))

    def route(self, fence: Fence, service: str, slot: str, percent: int) -> None:
        """Weights, once whoever gets more of the traffic has a replica that can take it."""
        seen = self._observed.read().services.get(service, ServiceState())

        def turn(one: Service) -> Service:
            ready = {name: _slot(one.slots[name], seen.slots.get(name, SlotState())).ready for name in SLOTS}
            return moves.route(one, fence, slot, percent, ready)

        self._change(service, turn)

    def promote(self, fence: Fence, service: str, slot: str) -> None:
        """The slot is the stable one from now on."""
        self._change(service, lambda one: moves.promote(one, fence, slot))

    def scale(self, fence: Fence, service: str, slot: str, replicas: int) -> None:
        """More or fewer replicas; the daemon ends none before its last request is answered."""
        self._change(service, lambda one: moves.scale(one, fence, slot, replicas))

    def settle(self, fence: Fence, service: str, slot: str) -> None:
        """End of going back."""
        self._change(service, lambda one: moves.settle(one, fence, slot))

    def _change(self, service: str, turn: Callable[[Service], Service]) -> None:
        self._desired.change(lambda now: now.with_service(service, turn(now.service(service))))


def _slot(wanted: Slot, state: SlotState) -> SlotSeen:
    if state.generation != wanted.generation:  # what the daemon saw was what the slot ran before
        return SlotSeen(wanted.digest, wanted.replicas, 0, "starting" if wanted.replicas else "")
    return SlotSeen(wanted.digest, wanted.replicas, state.ready, state.trouble)


def _fresh(seen: Observed) -> bool:
    return 0 <= time.monotonic() - seen.at <= STALE
