"""A Kubernetes cluster through the `Cluster` port: wishes go into its objects, and what is seen comes from them."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen, Rendered, SlotSeen
from runners.clusters import moves
from runners.clusters.desired import Service, Slot
from runners.ports import Fence, Workload

from . import drawn, health, objects, scaling
from .api import Api
from .by_gateway import ByGateway
from .by_replicas import ByReplicas
from .notes import Manifest
from .objects import Place
from .refusals import Conflict
from .sight import TICK, Sight, Sights
from .way import Found, Way

TRIES = 3  # to write what nobody else wrote meanwhile
Ready = Callable[[], Mapping[str, int]]
Turn = Callable[[Service, Ready], Service]


class KubernetesCluster:
    """The cluster behind `api`. What each write does is decided by `moves`, as for every kind of cluster.

    `tick`: for how many seconds what was read is known. `key`: of the signs that stand for hidden values.
    """

    def __init__(self, name: str, api: Api, place: Place, tick: float = TICK, key: Callable[[], bytes] = bytes) -> None:
        self.name = name
        self._key = key
        self._api = api
        self._place = place
        self._way: Way = ByGateway(api, place) if place.gateway else ByReplicas(api, place)
        self.namespace = place.namespace
        self._sights = Sights(self._find, tick)

    def look(self, service: str) -> ClusterSeen:
        """The service as it is now: two calls at most, and one or two more while a replica is not ready."""
        try:
            sight = self._sights.of(service)
            slots = {name: self._slot(service, name, sight) for name in sight.found.service.slots}
        except (TryLater, NeedsHuman) as error:
            return ClusterSeen(self.name, service, trouble=str(error))
        found, anchor = sight.found, sight.found.service.anchor
        does, trouble = self._way.does(service, found, {name: slot.ready for name, slot in slots.items()})
        return ClusterSeen(
            cluster=self.name,
            service=service,
            stable=anchor.stable,
            slots=slots,
            weights=does,
            release=anchor.release,
            epoch=anchor.epoch,
            marked=anchor.marked,
            trouble=trouble,
        )

    def forget(self) -> None:
        """The next look asks the API server."""
        self._sights.forget_all()

    def gather(self, services: Collection[str]) -> None:
        """Two calls, however many they are. What cannot be had so is asked for service by service."""
        at = time.monotonic()
        with suppress(TryLater, NeedsHuman):
            listed = self._api.find("Deployment", self._place.namespace, objects.MANAGED)
            fronts = self._way.fronts()
            for service in services:
                with suppress(NeedsHuman):  # damaged: its look says so
                    mine = [one for one in listed if one["metadata"]["labels"].get(objects.SERVICE) == service]
                    self._sights.keep(service, Sight(at, self._found(service, _by_slot(mine), fronts.get(service))))

    def contents(self, service: str) -> Mapping[str, Slot]:
        """What each slot should run now, as the look of this moment has it: a reading belongs to its look."""
        return self._sights.of(service).found.service.slots

    def render(self, service: str, workload: Workload, replicas: int) -> tuple[Rendered, ...]:
        """All that `deploy` and `route` would write, by kind and name."""
        here = self._here(service, workload)
        slot = Slot(here.digest, here.version, here.serve, replicas)
        return drawn.drawn(service, self._way.brings(service, slot), self._key())

    def beat(self, fence: Fence, service: str) -> None:
        """Carry the epoch, count the heartbeat, take the anchor: one write of its object, whose answer is read."""
        known = self._sights.known(service)
        at = known.at if known else time.monotonic()
        deployments = known.found.deployments if known else self._deployments(service)
        beaten = self._way.beat(service, fence)
        front = beaten or self._way.front(service)
        found = self._found(service, deployments, front)
        self._sights.keep(service, known.after(found) if known else Sight(at, found))
        if beaten is None:
            self._change(service, fence, lambda one, _: moves.beat(one, fence))

    def deploy(self, fence: Fence, service: str, slot: str, workload: Workload, replicas: int) -> None:
        """Make the slot run the image of this digest."""
        found = self._here(service, workload)
        self._change(service, fence, lambda one, _: moves.deploy(one, fence, slot, found, replicas))

    def route(self, fence: Fence, service: str, slot: str, percent: int) -> None:
        """Weights, once whoever gets more of the traffic has a replica that can take it."""
        self._change(service, fence, lambda one, ready: moves.route(one, fence, slot, percent, ready()))

    def promote(self, fence: Fence, service: str, slot: str) -> None:
        """The slot is the stable one from now on."""
        self._change(service, fence, lambda one, _: moves.promote(one, fence, slot))

    def scale(self, fence: Fence, service: str, slot: str, replicas: int) -> None:
        """More or fewer replicas; one that goes first answers what it was asked."""
        self._change(service, fence, lambda one, _: moves.scale(one, fence, slot, replicas))

    def settle(self, fence: Fence, service: str, slot: str) -> None:
        """End of going back."""
        self._change(service, fence, lambda one, _: moves.settle(one, fence, slot))

    # ---- reading ------------------------------------------------------------------------------------------------

    def _find(self, service: str) -> Found:
        """Deployments first: a newer holder writes the anchor before them, so what is older than the anchor read
        here cannot be written over it."""
        deployments = self._deployments(service)
        return self._found(service, deployments, self._way.front(service))

    def _found(self, service: str, deployments: Mapping[str, Manifest], front: Manifest | None) -> Found:
        return Found(deployments, front, self._way.read(service, deployments, front))

    def _deployments(self, service: str) -> Mapping[str, Manifest]:
        return _by_slot(self._api.find("Deployment", self._place.namespace, {objects.SERVICE: service}))

    def _slot(self, service: str, name: str, sight: Sight) -> SlotSeen:
        found, slot = sight.found, sight.found.service.slots[name]
        deployment = found.deployments.get(name)
        if deployment is None or not slot.digest:
            return SlotSeen()
        wanted = self._way.given(found.service, name)
        scaled = bool(self._place.gateway) and scaling.autoscaled(deployment)  # else replicas are the share
        if health.settled(deployment) and health.ready(deployment) >= wanted:
            return SlotSeen(slot.digest, wanted, health.ready(deployment), scaled=scaled)
        if name not in sight.pods:
            mine = {objects.SERVICE: service, objects.SLOT: name}
            sight.pods[name] = self._api.find("Pod", self._place.namespace, mine)
        pods = sight.pods[name]
        why = health.trouble(deployment, pods, name, slot.generation)
        if crashed := health.crashed(pods, name, slot.generation):
            why += self._last_words(crashed)
        return SlotSeen(slot.digest, wanted, health.ready_pods(pods, name, slot.generation), why, scaled)

    def _last_words(self, pod: str) -> str:
        try:
            lines = self._api.last_words(self._place.namespace, pod).strip().splitlines()[-3:]
        except (TryLater, NeedsHuman):
            return ""
        return f", last words: {' / '.join(line.strip() for line in lines)[:300]}" if lines else ""

    def _here(self, service: str, workload: Workload) -> Workload:
        """The workload as it is in this cluster."""
        image = self._place.images.get(service)
        if image is None:
            raise NeedsHuman(f"platform.yaml does not say where the images of {service} are; give the app image:")
        here = {"image": image, "cluster": self.name, "data": self._place.data.get(service, "")}
        return replace(workload, serve={**workload.serve, **here})

    # ---- writing ------------------------------------------------------------------------------------------------

    def _change(self, service: str, fence: Fence, turn: Turn) -> None:
        """Gateways write the status of a route at any moment, so a write may have to be decided anew."""
        for _ in range(TRIES - 1):
            try:
                return self._change_once(service, fence, turn)
            except Conflict:
                continue
        return self._change_once(service, fence, turn)

    def _change_once(self, service: str, fence: Fence, turn: Turn) -> None:
        sight = self._sights.of(service)
        self._sights.forget(service)  # until it is known how this write ends

        def ready() -> dict[str, int]:
            return {name: self._slot(service, name, sight).ready for name in sight.found.service.slots}

        wanted = turn(sight.found.service, ready)
        self._sights.keep(service, sight.after(self._way.put(service, wanted, sight.found, fence)))


def _by_slot(deployments: Iterable[Manifest]) -> Mapping[str, Manifest]:
    return {one["metadata"]["labels"].get(objects.SLOT, ""): one for one in deployments}
