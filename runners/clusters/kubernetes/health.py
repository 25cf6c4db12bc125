"""How the replicas of a slot are, in the words a person would ask with. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from .notes import Manifest
from .objects import GENERATION, SLOT

QUIET = frozenset({"ContainerCreating", "PodInitializing"})  # a replica that is on its way


def settled(deployment: Manifest) -> bool:
    """The numbers of its status are of what it should run now."""
    return bool(deployment.get("status", {}).get("observedGeneration", 0) >= deployment["metadata"]["generation"])


def ready(deployment: Manifest) -> int:
    """Replicas of the present content that are ready: those of a content before it do not count."""
    status = deployment.get("status", {})
    older = int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))
    return max(0, int(status.get("readyReplicas", 0)) - older)


def ready_pods(pods: Iterable[Manifest], slot: str, generation: int) -> int:
    """The same, counted one by one, for a status that lags behind."""
    return sum(_ready(pod) for pod in _of(pods, slot, generation))


def trouble(deployment: Manifest, pods: Iterable[Manifest], slot: str, generation: int) -> str:
    """Why a replica is not ready, "" if it is only on its way."""
    conditions = {one["type"]: one for one in deployment.get("status", {}).get("conditions", ())}
    failure = conditions.get("ReplicaFailure")
    if failure and failure["status"] == "True":
        return _refused(failure["message"])
    found = [words for pod in _of(pods, slot, generation) if not _ready(pod) and (words := _why(pod))]
    return found[0] if found else ""


def crashed(pods: Iterable[Manifest], slot: str, generation: int) -> str:
    """The name of a pod whose last words are worth reading, "" if none crashes."""
    return next((_name(pod) for pod in _of(pods, slot, generation) if _why(pod).startswith("CrashLoopBackOff")), "")


def _of(pods: Iterable[Manifest], slot: str, generation: int) -> list[Manifest]:
    kept = []
    for pod in pods:
        labels: Mapping[str, str] = pod["metadata"].get("labels", {})
        mine = labels.get(SLOT) == slot and labels.get(GENERATION) == str(generation)
        if mine and "deletionTimestamp" not in pod["metadata"]:
            kept.append(pod)
    return kept


def _ready(pod: Manifest) -> bool:
    return _condition(pod, "Ready").get("status") == "True"


def _condition(pod: Manifest, kind: str) -> Mapping[str, Any]:
    return next((one for one in pod.get("status", {}).get("conditions", ()) if one["type"] == kind), {})


def _why(pod: Manifest) -> str:
    placed = _condition(pod, "PodScheduled")
    if placed.get("status") == "False":
        return f"no node can take a replica: {_sentence(placed.get('message', ''))}"
    for container in pod.get("status", {}).get("containerStatuses", ()):
        state = container.get("state", {})
        waiting, ended = state.get("waiting", {}), state.get("terminated", {})
        last = container.get("lastState", {}).get("terminated", {})
        if (container.get("restartCount", 0) and last) or ended:
            return f"CrashLoopBackOff: a replica ended with exit code {(ended or last).get('exitCode')}"
        if waiting.get("reason", "ContainerCreating") not in QUIET:
            return f"{waiting['reason']}: {_sentence(waiting.get('message', ''))}"
        if "running" in state and not container.get("ready"):
            return "a replica runs and does not answer its readiness probe"
    return ""


def _refused(message: str) -> str:
    """A message of the API server about pods it does not take."""
    words = message.partition(" is forbidden: ")[2] or message
    return f"the cluster takes no more replicas: {_sentence(words)}"


def _sentence(message: str) -> str:
    return " ".join(message.split())[:300].rstrip(".")


def _name(pod: Manifest) -> str:
    return str(pod["metadata"]["name"])
