"""The way of a cluster without a Gateway: one Service stands before both slots, and replicas are the share.

The Service is the anchor: its annotations carry what an HTTPRoute would, its selector says who may get requests. While
both may, the newer slot has just as many replicas as its weight allows beside the older one, whatever was asked for it;
so a raise is always a change of the anchor, and a worker that was fenced out cannot make one by scaling.
"""

from collections.abc import Mapping

from pipeline.shares import beside
from runners.clusters.desired import SLOTS, Service, Slot, other
from runners.ports import Fence

from . import fronts, notes, objects
from .api import Api
from .drawn import EITHER, NOBODY
from .notes import Manifest
from .objects import Place
from .way import Found


class ByReplicas:
    """Shares are those of ready replicas, and so only some can be had (`pipeline.shares.reachable`)."""

    def __init__(self, api: Api, place: Place) -> None:
        self._api = api
        self._place = place

    def front(self, service: str) -> Manifest | None:
        """The Service that clients of the service ask for."""
        return self._api.get("Service", self._place.namespace, service)

    def fronts(self) -> Mapping[str, Manifest]:
        """The Services of all services, without those behind them."""
        return notes.anchors(self._api.find("Service", self._place.namespace, objects.MANAGED))

    def beat(self, service: str, fence: Fence) -> Manifest | None:
        """The Service, with the epoch in it."""
        return self._api.note("Service", self._place.namespace, service, *notes.beaten(fence))

    def read(self, service: str, deployments: Mapping[str, Manifest], front: Manifest | None) -> Service:
        """Replicas as they were asked for, unless somebody else changed what was given."""
        return fronts.read(service, deployments, front)

    def does(self, service: str, found: Found, ready: Mapping[str, int]) -> tuple[Mapping[str, int], str]:
        """Ready replicas share the requests evenly among them."""
        taking = {name: ready[name] if found.service.weights[name] else 0 for name in SLOTS}
        everyone = sum(taking.values())
        if not everyone:
            return dict.fromkeys(SLOTS, 0), ""
        share = round(100 * taking["b"] / everyone)
        return {"a": 100 - share, "b": share}, ""

    def given(self, service: Service, name: str) -> int:
        """What the weight allows beside the stable slot, which has what was asked for."""
        slot, weight = service.slots[name], service.weights[name]
        if name == service.anchor.stable or weight in (0, 100) or not slot.replicas:
            return slot.replicas
        return beside(weight, service.slots[other(name)].replicas)

    def brings(self, service: str, slot: Slot) -> tuple[Manifest, ...]:
        """The Deployment of the slot, and the Service before both."""
        return objects.workload(service, EITHER, slot, NOBODY), fronts.front(service, dict.fromkeys(SLOTS, 1))

    def put(self, service: str, wanted: Service, found: Found, fence: Fence) -> Found:
        """The anchor first: only what it allows is scaled."""
        deployments, front = dict(found.deployments), found.front
        if wanted.anchor != found.service.anchor or wanted.weights != found.service.weights:
            front = self._put_front(service, wanted, found, fence)
        for name, slot in wanted.slots.items():
            old, due = found.deployments.get(name), self.given(wanted, name)
            outgrown = old is not None and not fronts.by_hand(old) and old["spec"].get("replicas", 1) != due
            if slot != found.service.slots[name] or outgrown:
                deployments[name] = self._put_slot(fronts.workload(service, name, slot, due, fence), old)
        return Found(deployments, front, self.read(service, deployments, front))

    def _put_slot(self, body: Manifest, old: Manifest | None) -> Manifest:
        """Under our field manager; refused if somebody wrote meanwhile."""
        if old:
            body["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
        return self._api.apply(body, self._place.namespace)

    def _put_front(self, service: str, wanted: Service, found: Found, fence: Fence) -> Manifest:
        """Anchor and selector in one write that nobody else's write can have preceded unseen."""
        front = fronts.turned(found.front or fronts.front(service), service, wanted, fence)
        write = self._api.create if found.front is None else self._api.replace
        return write(front, self._place.namespace)
