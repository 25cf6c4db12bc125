"""The Service before both slots of a service in a cluster without a Gateway, and the slots behind it. Pure."""

from collections.abc import Mapping

from pipeline.definition.manifests import PORT
from runners.clusters.desired import SLOTS, Service, Slot
from runners.ports import Fence

from . import notes, objects
from .notes import OURS, Manifest
from .objects import SERVICE, SLOT

WEIGHTS = f"{OURS}/weights"  # as asked: the selector only says who may get requests at all
NOWHERE: Mapping[str, int] = dict.fromkeys(SLOTS, 0)
ASKED, GIVEN = f"{OURS}/replicas-asked", f"{OURS}/replicas-given"


def front(service: str, weights: Mapping[str, int] = NOWHERE) -> Manifest:
    """A Service that leads to whoever has a weight."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": service, "labels": {**objects.labels(service), SERVICE: service}, "annotations": {}},
        "spec": {
            "selector": _selector(service, weights),
            "ports": [{"name": "http", "port": 80, "targetPort": PORT}],
        },
    }


def turned(old: Manifest, service: str, wanted: Service, fence: Fence) -> Manifest:
    """The Service as it should be: anchor and weights as annotations, and a selector for whoever has a weight."""
    words = {
        **old["metadata"].get("annotations", {}),
        **notes.anchored(wanted, fence),
        WEIGHTS: notes.weights_as_text(wanted.weights),
    }
    return {
        **old,
        "metadata": {**old["metadata"], "annotations": words},
        "spec": {**old["spec"], "selector": _selector(service, wanted.weights)},
    }


def read(service: str, deployments: Mapping[str, Manifest], found: Manifest | None) -> Service:
    """The service as its objects say it should be."""
    slots = {name: _slot(deployments.get(name)) for name in SLOTS}
    if found is None:
        return Service(slots=slots)
    where = f"Service {service}"
    return Service(notes.anchor(found, where), slots, notes.weights_from(found, WEIGHTS, where))


def workload(service: str, name: str, slot: Slot, given: int, fence: Fence) -> Manifest:
    """The Deployment of a slot that was asked for `slot.replicas` and gets `given`."""
    body = objects.workload(service, name, slot, fence)
    body["spec"]["replicas"] = given
    note_replicas(body, slot.replicas, given)
    return body


def note_replicas(body: Manifest, asked: int, given: int) -> None:
    """So that what was given is not taken for what was asked, and neither for what somebody did by hand."""
    body["metadata"]["annotations"] = {**body["metadata"].get("annotations", {}), ASKED: str(asked), GIVEN: str(given)}


def by_hand(deployment: Manifest) -> bool:
    """Somebody else has scaled it since we did."""
    return bool(deployment["metadata"].get("annotations", {}).get(GIVEN) != str(deployment["spec"].get("replicas", 1)))


def _slot(deployment: Manifest | None) -> Slot:
    """With the replicas that were asked for, or those that somebody gave it by hand."""
    slot = objects.slot(deployment)
    if deployment is None or by_hand(deployment):
        return slot
    asked = deployment["metadata"]["annotations"].get(ASKED, "")
    return Slot(slot.digest, slot.version, slot.serve, int(asked) if asked.isdigit() else 0, slot.generation)


def _selector(service: str, weights: Mapping[str, int]) -> dict[str, str]:
    taking = [name for name, share in weights.items() if share]
    if len(taking) == len(SLOTS):
        return {SERVICE: service}
    return {SERVICE: service, SLOT: taking[0] if taking else "none"}
