"""The dead-man guard of a Kubernetes cluster: counts the silence of Sluice, and can only take a canary back.

Any number may run beside each other and none is the leader: each step is one write that nobody else's can have preceded
unseen, and the next look begins from what is there. The rule is that of every kind of cluster (`..deadman`).
"""

from collections.abc import Callable, Iterator, Mapping

import structlog

from pipeline.errors import NeedsHuman, PipelineError
from runners.clusters.anchor import Anchor
from runners.clusters.deadman import Guard, beat_of, retreat, unfinished
from runners.clusters.desired import SLOTS, Desired, Service, other
from runners.ports import Fence

from . import fronts, health, notes, objects, scaling
from .api import MANAGER, Api
from .applied import applied
from .by_gateway import ByGateway
from .by_replicas import ByReplicas
from .notes import Manifest
from .objects import Place
from .refusals import Conflict
from .way import Found, Way

GRAIN = 5.0  # seconds of silence one look may count: as long as the API server is away, Sluice cannot be heard
ABORT = f"{notes.OURS}/abort"  # the release that a person wants back at once, whether Sluice lives or not
WAYS: Mapping[str, tuple[Callable[[Api, Place], Way], str]] = {  # how requests are split → and what carries the anchor
    "gateway": (ByGateway, "HTTPRoute"),
    "replicas": (ByReplicas, "Service"),
}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment"}  # lists do not say it of their items

_log = structlog.get_logger()


class KubernetesGuard:
    """The guard of the services in one namespace. `split`: how the cluster splits their requests, a key of `WAYS`."""

    def __init__(self, api: Api, namespace: str, ttl: float, split: str = "gateway") -> None:
        way, self._kind = WAYS[split]
        self._api = api
        self._namespace = namespace
        self._way = way(api, Place(namespace, ""))
        self._guard = Guard(ttl, GRAIN)
        self._clear: dict[tuple[str, int], float] = {}  # service and release → since when it gets no request

    def round(self, now: float) -> bool:
        """One look at every service, and the next step back where one is due. `now`: seconds of a monotonic clock.

        True as long as a release is in motion here: then the next look should not be long in coming.
        """
        listed = self._api.find(self._kind, self._namespace, objects.MANAGED)
        seen = {name: (service, front) for name, service, front in self._readable(listed)}
        asked = [name for name, (service, front) in seen.items() if _asked(service.anchor, front)]
        desired = Desired({name: service for name, (service, _) in seen.items()})
        for name, late in list(self._guard.overdue(desired, now, asked)):
            try:
                self._step_back(name, desired.service(name).anchor, late, now)
            except Conflict:
                continue  # Sluice is there again, or the other guard was faster: the next look tells
            except PipelineError as trouble:
                _log.error("could not go back", service=name, namespace=self._namespace, why=str(trouble))
        return any(unfinished(service.anchor) for service in desired.services.values())

    def _readable(self, listed: list[Manifest]) -> Iterator[tuple[str, Service, Manifest]]:
        """What each anchor of Sluice says. One that cannot be read is for a person and hides no other."""
        for front in listed:
            name = front["metadata"]["name"]
            if notes.ANCHOR not in front["metadata"].get("annotations", {}):
                continue
            try:
                yield name, self._way.read(name, {}, front), front
            except NeedsHuman as trouble:
                _log.error("cannot guard", service=name, namespace=self._namespace, why=str(trouble))

    def _step_back(self, name: str, seen: Anchor, late: float, now: float) -> None:
        """Read anew, and write one step: the mark and the weights first, the last replicas of the canary last."""
        found = self._find(name)
        if found.front is None or beat_of(found.service.anchor) != beat_of(seen):
            return
        ready = {slot: _ready(found.deployments.get(slot)) for slot in SLOTS}
        stable = found.service.anchor.stable
        if stable and not found.service.slots[stable].digest:
            raise NeedsHuman(f"the Deployment of slot {stable} of {name} is gone: there is nothing to go back to")
        drained = stable is not None and self._drained(name, found, ready, other(stable), now)
        wanted = retreat(found.service, ready[stable] if stable else 0, late, drained)
        steps = (self._turn, self._scale) if wanted.anchor.moving else (self._scale, self._turn)
        for step in steps:
            step(name, found, wanted, ready)

    def _find(self, name: str) -> Found:
        """Deployments first: what is older than the anchor read here cannot be written over a newer one."""
        listed = self._api.find("Deployment", self._namespace, {objects.SERVICE: name})
        deployments = {one["metadata"]["labels"].get(objects.SLOT, ""): one for one in listed}
        front = self._way.front(name)
        return Found(deployments, front, self._way.read(name, deployments, front))

    def _drained(self, name: str, found: Found, ready: Mapping[str, int], canary: str, now: float) -> bool:
        """The canary has got nothing for as long as its longest request may take."""
        key = (name, found.service.anchor.holder)
        does, _ = self._way.does(name, found, ready)
        if found.service.weights[canary] or does[canary]:
            self._clear.pop(key, None)
            return False
        return now - self._clear.setdefault(key, now) >= found.service.slots[canary].drain

    def _turn(self, name: str, found: Found, wanted: Service, ready: Mapping[str, int]) -> None:
        """Anchor and weights in one write."""
        if found.front is None or (wanted.anchor, wanted.weights) == (found.service.anchor, found.service.weights):
            return
        fence = Fence(wanted.anchor.holder, wanted.anchor.epoch)
        if self._kind == "Service":
            body = fronts.turned(found.front, name, wanted, fence)
        else:
            does, _ = self._way.does(name, found, ready)
            body = objects.turned(found.front, name, wanted, fence, does)
        self._api.replace(body, self._namespace)
        state = "goes back" if wanted.anchor.moving else "is back"
        where = {"namespace": self._namespace, "service": name, "release": fence.release}
        _log.warning(state, **where, weights=dict(wanted.weights))

    def _scale(self, _name: str, found: Found, wanted: Service, _ready: Mapping[str, int]) -> None:
        """Other replicas, and nothing else of what Sluice has applied, whichever version of it that was."""
        for slot, deployment in found.deployments.items():
            due = self._way.given(wanted, slot)
            if due != deployment["spec"].get("replicas", 1) or wanted.slots[slot] != found.service.slots[slot]:
                body = applied(deployment, MANAGER)
                body = {**body, **DEPLOYMENT, "spec": {**body["spec"], "replicas": due}}
                if self._kind == "Service":
                    fronts.note_replicas(body, wanted.slots[slot].replicas, due)
                scaling.put(self._api, body, deployment, self._namespace)


def _asked(anchor: Anchor, front: Manifest) -> bool:
    """A person wants the release in motion back. The number keeps an old wish from meeting a new release."""
    wish = front["metadata"].get("annotations", {}).get(ABORT)
    return anchor.moving and wish == str(anchor.holder)


def _ready(deployment: Manifest | None) -> int:
    """Replicas of a slot that answer. While its status lags behind, none is known to."""
    return health.ready(deployment) if deployment and health.settled(deployment) else 0
