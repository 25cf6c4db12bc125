"""What the pods of a slot are made from: Sluice's own, or those of the app with Sluice's words laid over. Pure."""

from collections.abc import Iterable, Mapping
from math import ceil
from types import MappingProxyType
from typing import Any

from pipeline.definition.manifests import PORT
from runners.clusters.desired import Slot

from .notes import Manifest

LAG = 3  # seconds: a busy gateway still sends requests where they went so long after its status says otherwise
DATA = "/data"  # what all replicas share, as $DATA_DIR


def pod(slot: Slot) -> Manifest:
    """The `spec` of the pods."""
    brought = given(slot, "pod")
    return _laid_over(brought, slot) if brought else _own(slot)


def given(slot: Slot, part: str) -> Manifest:
    """A part of the objects that the app brings, none where it brings no manifests."""
    objects = slot.serve.get("objects")
    found = objects.get(part) if isinstance(objects, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def named(slot: Slot, part: str, labels: Manifest, annotations: Mapping[str, str] = MappingProxyType({})) -> Manifest:
    """The labels and annotations of an object: what the app brings, and Sluice's, which win."""
    brought = given(slot, part)
    words = {**brought.get("annotations", {}), **annotations}
    return {"labels": {**brought.get("labels", {}), **labels}, **({"annotations": words} if words else {})}


def _own(slot: Slot) -> Manifest:
    """As closed as any image bears: one that starts as root may, and may then become somebody else."""
    claim = slot.word("data", "")
    return {
        "terminationGracePeriodSeconds": LAG + _drain(slot) + 10,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "app",
                "securityContext": {"allowPrivilegeEscalation": False},
                "image": _image(slot),
                "env": [{"name": name, "value": value} for name, value in _variables(slot).items()],
                "envFrom": [{"secretRef": {"name": name}} for name in _secrets(slot)],
                "ports": [{"name": "http", "containerPort": PORT}],
                "readinessProbe": _probe(slot),
                "lifecycle": _draining(slot),
                "resources": _resources(slot),
                **({"volumeMounts": [_mount()]} if claim else {}),
            }
        ],
        **({"volumes": [_volume(claim)]} if claim else {}),
    }


def _laid_over(brought: Manifest, slot: Slot) -> Manifest:
    """What the release decides wins: image, variables of Sluice, the port; what a pod lacks is added."""
    claim = slot.word("data", "")
    mine = str(slot.serve["objects"]["container"])  # type: ignore[index]
    volumes = [*brought.get("volumes", ()), *([_volume(claim)] if claim else ())]
    return {
        **brought,
        "terminationGracePeriodSeconds": max(brought.get("terminationGracePeriodSeconds", 0), LAG + _drain(slot) + 10),
        "containers": [_container(one, slot) if one["name"] == mine else one for one in brought["containers"]],
        **({"volumes": volumes} if volumes else {}),
    }


def _container(brought: Manifest, slot: Slot) -> Manifest:
    ours = _variables(slot)
    kept = [one for one in brought.get("env", ()) if one["name"] not in ours]
    ports = [one for one in brought.get("ports", ()) if one.get("name", "http") != "http"]
    mounts = [*brought.get("volumeMounts", ()), *([_mount()] if slot.word("data", "") else ())]
    return {
        "readinessProbe": _probe(slot),
        "lifecycle": _draining(slot),
        **brought,
        "image": _image(slot),
        "env": [*({"name": name, "value": value} for name, value in ours.items()), *kept],
        "ports": [{"name": "http", "containerPort": PORT}, *ports],
        **({"volumeMounts": mounts} if mounts else {}),
    }


def _image(slot: Slot) -> str:
    return f"{slot.word('image', '')}@{slot.digest}"


def _drain(slot: Slot) -> int:
    """Whole seconds, never less than the longest request."""
    return ceil(slot.drain)


def _variables(slot: Slot) -> dict[str, str]:
    ours = {"PORT": str(PORT), "SLUICE_VERSION": slot.version}
    if cluster := slot.word("cluster", ""):
        ours["CLUSTER"] = cluster
    if slot.word("data", ""):
        ours["DATA_DIR"] = DATA
    return ours | {name: value for name, value in slot.env.items() if name not in ours}


def _secrets(slot: Slot) -> Iterable[str]:
    """Of the cluster's own namespace: what they hold is never seen by Sluice."""
    named = slot.serve.get("secrets")
    return tuple(map(str, named)) if isinstance(named, list | tuple) else ()


def _probe(slot: Slot) -> Manifest:
    asked = {"path": slot.word("ready", "/"), "port": PORT}
    return {"httpGet": asked, "periodSeconds": 1, "timeoutSeconds": 2, "failureThreshold": 2}


def _draining(slot: Slot) -> Manifest:
    """It goes on answering until every gateway does what it was told and the longest request is over."""
    return {"preStop": {"sleep": {"seconds": LAG + _drain(slot)}}}


def _resources(slot: Slot) -> Manifest:
    asked = {name: slot.word(name, "") for name in ("cpu", "memory") if slot.word(name, "")}
    limits: Mapping[str, Any] = {"memory": asked["memory"]} if "memory" in asked else {}
    return {name: words for name, words in (("requests", asked), ("limits", limits)) if words}


def _mount() -> Manifest:
    return {"name": "data", "mountPath": DATA}


def _volume(claim: str) -> Manifest:
    return {"name": "data", "persistentVolumeClaim": {"claimName": claim}}
