"""Replicas of a Deployment in which an autoscaler has a word too.

The API server notes who set the replicas last. Sluice sets them as it applies a Deployment; a HorizontalPodAutoscaler
sets them by way of the scale, and from then on applying other ones is a conflict. So where it has done so Sluice goes
the same way, and never lowers what it has raised as long as the slot lives. Anybody else who scales is for a person.
"""

from .api import MANAGER, Api
from .notes import Manifest

AUTOSCALER = "kube-controller-manager"  # in whose name every HorizontalPodAutoscaler scales


def autoscaled(deployment: Manifest) -> bool:
    """An autoscaler set its replicas last."""
    return _scaler(deployment) == AUTOSCALER


def due(wanted: int, deployment: Manifest | None) -> int:
    """Replicas to give where `wanted` are asked for: none at all is the end of a slot, and nobody raises it then."""
    if deployment is None or not wanted or not autoscaled(deployment):
        return wanted
    return max(wanted, int(deployment["spec"].get("replicas", 1)))


def put(api: Api, body: Manifest, old: Manifest, namespace: str) -> Manifest:
    """Apply `body` over `old`, replicas first where they are set by the scale; refused if somebody wrote since."""
    version, replicas = old["metadata"]["resourceVersion"], body["spec"]["replicas"]
    if _scaler(old) in (AUTOSCALER, MANAGER) and replicas != old["spec"].get("replicas", 1):
        version = api.scale(namespace, old["metadata"]["name"], replicas, version)
    return api.apply({**body, "metadata": {**body["metadata"], "resourceVersion": version}}, namespace)


def _scaler(deployment: Manifest) -> str:
    """Who set the replicas last by way of the scale, "" if nobody has since they were applied."""
    for noted in deployment["metadata"].get("managedFields", ()):
        fields = noted.get("fieldsV1", {}).get("f:spec", {})
        if noted.get("subresource") == "scale" and "f:replicas" in fields:
            return str(noted["manager"])
    return ""
