"""What the objects of a service look like in Kubernetes, and what they say when they are read back. Pure.

A service has one HTTPRoute, which is also its anchor, and for each slot a Deployment and a Service of its own. Weights
and anchor are one object on purpose: one compare-and-set moves both, so no worker that was fenced out can move traffic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from pipeline.definition.manifests import PORT
from runners.clusters.desired import SLOTS, Service, Slot
from runners.ports import Fence

from . import notes, pods
from .notes import EPOCH, OURS, RELEASE, Manifest

CONTENT, BEFORE = f"{OURS}/content", f"{OURS}/weights-before"
SERVICE, SLOT, GENERATION = f"{OURS}/service", f"{OURS}/slot", f"{OURS}/generation"
MANAGED: Mapping[str, str] = {"app.kubernetes.io/managed-by": "sluice"}  # a label of every object of ours
_SLOT = TypeAdapter(Slot)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cluster's services live, and how requests reach them."""

    namespace: str
    gateway: str  # namespace/name of the Gateway that routes attach to, "" = none: replicas are the share
    images: Mapping[str, str] = field(default_factory=dict)  # service → the repository its images are in
    hostnames: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # service → the names it answers to
    data: Mapping[str, str] = field(default_factory=dict)  # service → the claim that its replicas share


def backend(service: str, slot: str, generation: int) -> str:
    """The Service of one content of a slot. Its name is new with each content, so that counters begin anew."""
    return f"{service}-{slot}-{generation}"


def workload(service: str, name: str, slot: Slot, fence: Fence) -> Manifest:
    """The Deployment of a slot."""
    mine = {SERVICE: service, SLOT: name}
    words = {RELEASE: str(fence.release), EPOCH: str(fence.epoch), CONTENT: _SLOT.dump_json(slot).decode()}
    deployment = pods.named(slot, "deployment", {**labels(service), **mine}, words)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{service}-{name}", **deployment},
        "spec": {
            "replicas": slot.replicas,
            "revisionHistoryLimit": 1,
            "selector": {"matchLabels": mine},
            # The slot gets no traffic while its content changes: nothing has to stay up meanwhile.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "100%", "maxUnavailable": "100%"}},
            "template": {
                "metadata": pods.named(slot, "template", {**labels(service), **mine, GENERATION: str(slot.generation)}),
                "spec": pods.pod(slot),
            },
        },
    }


def address(service: str, name: str, slot: Slot) -> Manifest:
    """The Service of one content of a slot: its selector never changes."""
    mine = {SERVICE: service, SLOT: name, GENERATION: str(slot.generation)}
    spoken = {key: words for key, words in pods.given(slot, "service").items() if key == "appProtocol"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": backend(service, name, slot.generation),
            **pods.named(slot, "service", {**labels(service), **mine}),
        },
        "spec": {"selector": mine, "ports": [{"name": "http", "port": 80, "targetPort": PORT, **spoken}]},
    }


def route(service: str, place: Place) -> Manifest:
    """The HTTPRoute of a service that has none yet: it attaches to the gateway and leads nowhere."""
    namespace, _, gateway = place.gateway.rpartition("/")
    parent = {"name": gateway, **({"namespace": namespace} if namespace else {})}
    names = place.hostnames.get(service, ())
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": service, "labels": {**labels(service), SERVICE: service}, "annotations": {}},
        "spec": {"parentRefs": [parent], **({"hostnames": list(names)} if names else {}), "rules": [{}]},
    }


def turned(old: Manifest, service: str, wanted: Service, fence: Fence, before: Mapping[str, int]) -> Manifest:
    """The route as it should be: our weights in every rule of ours; filters, matches and rules of others stay.

    `before`: what the gateway is known to do now, for as long as it has not taken up the new weights.
    """
    words = {
        **old["metadata"].get("annotations", {}),
        **notes.anchored(wanted, fence),
        BEFORE: notes.weights_as_text(before),
    }
    rules = [_rule(rule, service, wanted) if ours(rule, service) else rule for rule in old["spec"]["rules"]]
    return {
        **old,
        "metadata": {**old["metadata"], "annotations": words},
        "spec": {**old["spec"], "rules": rules},
    }


def names_both(found: Manifest, service: str, wanted: Service) -> bool:
    """The route already names every slot that runs something, be it with a weight of 0.

    A gateway that learns of a backend and of its share in the same moment may have to refuse requests: Envoy takes up
    the share before it knows the backend. So a route names a new content as soon as it is deployed.
    """
    named = {
        ref["name"] for rule in found["spec"]["rules"] if ours(rule, service) for ref in rule.get("backendRefs", ())
    }
    return named >= {backend(service, name, slot.generation) for name, slot in wanted.slots.items() if slot.digest}


def ours(rule: Manifest, service: str) -> bool:
    """A rule that leads to the slots of the service, or nowhere yet."""
    names = [ref["name"] for ref in rule.get("backendRefs", ())]
    return all(any(name.startswith(f"{service}-{slot}-") for slot in SLOTS) for name in names)


def _rule(rule: Manifest, service: str, wanted: Service) -> Manifest:
    """Both slots, also at 0 %. A slot that never ran anything has no Service, and a route to none is refused.

    A filter that somebody put on one of the backends is on each of them: Envoy Gateway counts backends with one apart.
    """
    more = next(({"filters": ref["filters"]} for ref in rule.get("backendRefs", ()) if ref.get("filters")), {})
    refs = [
        {"name": backend(service, name, slot.generation), "port": 80, "weight": wanted.weights[name], **more}
        for name, slot in wanted.slots.items()
        if slot.digest
    ]
    return {**rule, "backendRefs": refs}


def read(service: str, deployments: Mapping[str, Manifest], found: Manifest | None) -> Service:
    """The service as its objects say it should be."""
    slots = {name: slot(deployments.get(name)) for name in SLOTS}
    if found is None:
        return Service(slots=slots)
    return Service(notes.anchor(found, f"HTTPRoute {service}"), slots, weights(service, found))


def weights(service: str, found: Manifest) -> dict[str, int]:
    """Percent by slot, as the first rule of ours has it."""
    shares = dict.fromkeys(SLOTS, 0)
    rule: Manifest = next((rule for rule in found["spec"].get("rules", ()) if ours(rule, service)), {})
    for ref in rule.get("backendRefs", ()):
        slot = ref["name"].removeprefix(f"{service}-").partition("-")[0]
        shares[slot] = int(ref.get("weight", 1))
    return shares


def routed(service: str, found: Manifest) -> tuple[dict[str, int], str]:
    """What the gateway does now, and why it does not take the route, "" if it does.

    While it has not yet looked at the newest generation it still does what it did before.
    """
    latest = found["metadata"].get("generation", 0)
    parents = found.get("status", {}).get("parents", ())
    if not parents and any(weights(service, found).values()):
        wanted = ", ".join(f"{one.get('namespace', '')}/{one['name']}" for one in found["spec"]["parentRefs"])
        return before(found), f"no gateway has taken up the route of {service}; it asks for {wanted}"
    said = [condition for parent in parents for condition in parent.get("conditions", ())]
    current = [one for one in said if one.get("observedGeneration", 0) >= latest]
    refused = [one for one in current if one["type"] in ("Accepted", "ResolvedRefs") and one["status"] == "False"]
    if refused:
        why = "; ".join(f"{one['reason']}: {one['message']}" for one in refused)
        return before(found), f"the gateway does not take the route of {service}: {why}"
    taken = {one["type"] for one in current if one["status"] == "True"} >= {"Accepted", "ResolvedRefs"}
    return (weights(service, found) if taken else before(found)), ""


def before(found: Manifest) -> dict[str, int]:
    """What the gateway did before the last change of the weights."""
    return notes.weights_from(found, BEFORE, f"HTTPRoute {found['metadata']['name']}")


def slot(deployment: Manifest | None) -> Slot:
    """What a Deployment says its slot should run."""
    if deployment is None:
        return Slot()
    meta = deployment["metadata"]
    content = meta.get("annotations", {}).get(CONTENT)
    said = notes.stored(_SLOT, content, Slot(), f"Deployment {meta['name']}", CONTENT)
    return Slot(said.digest, said.version, said.serve, deployment["spec"].get("replicas", 1), said.generation)


def labels(service: str) -> dict[str, str]:
    """What every object of a service is labelled with."""
    return {"app.kubernetes.io/name": service, **MANAGED}
