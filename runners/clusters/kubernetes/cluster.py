"""A Kubernetes cluster through the `Cluster` port: wishes go into its objects, and what is seen comes from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen, SlotSeen
from runners.clusters import moves
from runners.clusters.desired import Service, Slot
from runners.ports import Fence, Workload

from . import health, objects
from .api import Api, Conflict
from .objects import Manifest, Place

TRIES = 3  # to write what nobody else wrote meanwhile
Ready = Callable[[], Mapping[str, int]]
Turn = Callable[[Service, Ready], Service]


@dataclass(frozen=True, slots=True)
class _Found:
    """The objects of a service as they are now, and what they say."""

    deployments: Mapping[str, Manifest]
    route: Manifest | None
    service: Service


class KubernetesCluster:
    """The cluster behind `api`. What each write does is decided by `moves`, as for every kind of cluster."""

    def __init__(self, name: str, api: Api, place: Place) -> None:
        self.name = name
        self._api = api
        self._place = place
        self.namespace = place.namespace

    def look(self, service: str) -> ClusterSeen:
        """The service as it is now: three calls, and one or two more while a replica is not ready."""
        try:
            found = self._find(service)
            slots = {name: self._slot(service, name, slot, found) for name, slot in found.service.slots.items()}
        except (TryLater, NeedsHuman) as error:
            return ClusterSeen(self.name, service, trouble=str(error))
        anchor = found.service.anchor
        does, trouble = objects.routed(service, found.route) if found.route else (found.service.weights, "")
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

    def contents(self, service: str) -> Mapping[str, Slot]:
        """What each slot should run now."""
        return self._find(service).service.slots

    def beat(self, fence: Fence, service: str) -> None:
        """Carry the epoch, count the heartbeat, take the anchor: one write of the route."""
        self._change(service, fence, lambda one, _: moves.beat(one, fence))

    def deploy(self, fence: Fence, service: str, slot: str, workload: Workload, replicas: int) -> None:
        """Make the slot run the image of this digest."""
        image = self._place.images.get(service)
        if image is None:
            raise NeedsHuman(f"platform.yaml does not say where the images of {service} are; give the app image:")
        found = replace(workload, serve={**workload.serve, "image": image})
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

    def _find(self, service: str) -> _Found:
        """Deployments first: a newer holder writes the anchor before them, so what is older than the anchor read
        here cannot be written over it."""
        listed = self._api.find("Deployment", self._place.namespace, {objects.SERVICE: service})
        deployments = {one["metadata"]["labels"].get(objects.SLOT, ""): one for one in listed}
        route = self._api.get("HTTPRoute", self._place.namespace, service)
        return _Found(deployments, route, objects.read(service, deployments, route))

    def _slot(self, service: str, name: str, slot: Slot, found: _Found) -> SlotSeen:
        deployment = found.deployments.get(name)
        if deployment is None or not slot.digest:
            return SlotSeen()
        if health.settled(deployment) and health.ready(deployment) >= slot.replicas:
            return SlotSeen(slot.digest, slot.replicas, health.ready(deployment))
        pods = self._api.find("Pod", self._place.namespace, {objects.SERVICE: service, objects.SLOT: name})
        why = health.trouble(deployment, pods, name, slot.generation)
        if crashed := health.crashed(pods, name, slot.generation):
            why += self._last_words(crashed)
        return SlotSeen(slot.digest, slot.replicas, health.ready_pods(pods, name, slot.generation), why)

    def _last_words(self, pod: str) -> str:
        try:
            lines = self._api.last_words(self._place.namespace, pod).strip().splitlines()[-3:]
        except (TryLater, NeedsHuman):
            return ""
        return f", last words: {' / '.join(line.strip() for line in lines)[:300]}" if lines else ""

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
        found = self._find(service)
        slots = found.service.slots

        def ready() -> dict[str, int]:
            return {name: self._slot(service, name, slot, found).ready for name, slot in slots.items()}

        wanted = turn(found.service, ready)
        for name, slot in wanted.slots.items():
            if slot != slots[name]:
                self._put_slot(service, name, slot, found, fence)
        moved = wanted.anchor != found.service.anchor or wanted.weights != found.service.weights
        if moved or (found.route and not objects.names_both(found.route, service, wanted)):
            self._put_route(service, wanted, found, fence)

    def _put_slot(self, service: str, name: str, slot: Slot, found: _Found, fence: Fence) -> None:
        """Its Service before its Deployment, both under our field manager; refused if somebody wrote meanwhile."""
        if slot.generation != found.service.slots[name].generation:
            self._forget(service, name, found)
            self._api.apply(objects.address(service, name, slot), self._place.namespace)
        body = objects.workload(service, name, slot, fence)
        if old := found.deployments.get(name):
            body["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
        self._api.apply(body, self._place.namespace)

    def _forget(self, service: str, name: str, found: _Found) -> None:
        """Remove the Services of contents that the slot no longer has and the route no longer names."""
        rules = found.route["spec"].get("rules", ()) if found.route else ()
        named = {ref["name"] for rule in rules for ref in rule.get("backendRefs", ())}
        mine = {objects.SERVICE: service, objects.SLOT: name}
        for old in self._api.find("Service", self._place.namespace, mine):
            if old["metadata"]["name"] not in named:
                self._api.delete("Service", self._place.namespace, old["metadata"]["name"])

    def _put_route(self, service: str, wanted: Service, found: _Found, fence: Fence) -> None:
        """Anchor and weights in one write that nobody else's write can have preceded unseen."""
        if found.route is None:
            fresh = objects.turned(objects.route(service, self._place), service, wanted, fence, wanted.weights)
            self._api.create(fresh, self._place.namespace)
            return
        does, _ = objects.routed(service, found.route)
        self._api.replace(objects.turned(found.route, service, wanted, fence, does), self._place.namespace)
