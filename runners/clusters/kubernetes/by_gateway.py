"""The way of a cluster with a Gateway: an HTTPRoute carries weights and anchor, any share can be given."""

from collections.abc import Mapping
from dataclasses import replace

from runners.clusters.desired import Service, Slot
from runners.ports import Fence

from . import notes, objects, scaling
from .api import Api
from .drawn import EITHER, NOBODY
from .notes import Manifest
from .objects import Place
from .way import Found


class ByGateway:
    """Each content of a slot has a Service of its own, and the route gives each its weight."""

    def __init__(self, api: Api, place: Place) -> None:
        self._api = api
        self._place = place

    def front(self, service: str) -> Manifest | None:
        """The HTTPRoute of the service."""
        return self._api.get("HTTPRoute", self._place.namespace, service)

    def fronts(self) -> Mapping[str, Manifest]:
        """The HTTPRoutes of all services."""
        return notes.anchors(self._api.find("HTTPRoute", self._place.namespace, objects.MANAGED))

    def beat(self, service: str, fence: Fence) -> Manifest | None:
        """The route, with the epoch in it."""
        return self._api.note("HTTPRoute", self._place.namespace, service, *notes.beaten(fence))

    def read(self, service: str, deployments: Mapping[str, Manifest], front: Manifest | None) -> Service:
        """Weights as the route has them."""
        return objects.read(service, deployments, front)

    def does(self, service: str, found: Found, ready: Mapping[str, int]) -> tuple[Mapping[str, int], str]:
        """What the gateway says it took up."""
        return objects.routed(service, found.front) if found.front else (found.service.weights, "")

    def given(self, service: Service, name: str) -> int:
        """As many as were asked for: shares do not depend on them."""
        return service.slots[name].replicas

    def brings(self, service: str, slot: Slot) -> tuple[Manifest, ...]:
        """The Deployment and the Service of the slot, and the backend that they are in the route.

        Names and gateway of a route are written when there is none, and by no later release.
        """
        names = {"name": service, "labels": {**objects.labels(service), objects.SERVICE: service}}
        backend = {"name": objects.backend(service, EITHER, slot.generation), "port": 80}
        route = {
            **objects.route(service, self._place),
            "metadata": names,
            "spec": {"rules": [{"backendRefs": [backend]}]},
        }
        deployment = objects.workload(service, EITHER, slot, NOBODY)
        return deployment, route, objects.address(service, EITHER, slot)

    def put(self, service: str, wanted: Service, found: Found, fence: Fence) -> Found:
        """Slots first: the route may only name what is there."""
        deployments, front = dict(found.deployments), found.front
        for name, asked in wanted.slots.items():
            slot = replace(asked, replicas=scaling.due(asked.replicas, deployments.get(name)))
            if slot != found.service.slots[name]:
                deployments[name] = self._put_slot(service, name, slot, found, fence)
        moved = wanted.anchor != found.service.anchor or wanted.weights != found.service.weights
        if moved or (front and not objects.names_both(front, service, wanted)):
            front = self._put_route(service, wanted, found, fence)
        return Found(deployments, front, self.read(service, deployments, front))

    def _put_slot(self, service: str, name: str, slot: Slot, found: Found, fence: Fence) -> Manifest:
        """Its Service before its Deployment, both under our field manager; refused if somebody wrote meanwhile."""
        if slot.generation != found.service.slots[name].generation:
            self._forget(service, name, found)
            self._api.apply(objects.address(service, name, slot), self._place.namespace)
        body = objects.workload(service, name, slot, fence)
        if old := found.deployments.get(name):
            return scaling.put(self._api, body, old, self._place.namespace)
        return self._api.apply(body, self._place.namespace)

    def _forget(self, service: str, name: str, found: Found) -> None:
        """Remove the Services of contents that the slot no longer has and the route no longer names."""
        rules = found.front["spec"].get("rules", ()) if found.front else ()
        named = {ref["name"] for rule in rules for ref in rule.get("backendRefs", ())}
        mine = {objects.SERVICE: service, objects.SLOT: name}
        for old in self._api.find("Service", self._place.namespace, mine):
            if old["metadata"]["name"] not in named:
                self._api.delete("Service", self._place.namespace, old["metadata"]["name"])

    def _put_route(self, service: str, wanted: Service, found: Found, fence: Fence) -> Manifest:
        """Anchor and weights in one write that nobody else's write can have preceded unseen."""
        if found.front is None:
            fresh = objects.turned(objects.route(service, self._place), service, wanted, fence, wanted.weights)
            return self._api.create(fresh, self._place.namespace)
        does, _ = objects.routed(service, found.front)
        return self._api.replace(objects.turned(found.front, service, wanted, fence, does), self._place.namespace)
