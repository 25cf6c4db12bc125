"""One service of its own in a real Kubernetes cluster."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pipeline.facts import ClusterSeen
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.cluster import KubernetesCluster
from runners.clusters.kubernetes.notes import Manifest
from runners.clusters.kubernetes.objects import Place
from runners.ports import Workload
from tests.kubernetes.clusters import NAMESPACE, REGISTRY, Node, image
from tests.runners.until import until


@dataclass(frozen=True)
class KubernetesBed:
    """A service and the cluster it runs in."""

    node: Node
    api: Api
    service: str
    namespace: str = NAMESPACE

    @property
    def place(self) -> Place:
        return Place(
            self.namespace,
            self.node.entrance and f"default/{self.node.entrance}",
            self.images,
            {self.service: (self.host,)},
        )

    @property
    def images(self) -> Mapping[str, str]:
        return {self.service: f"{REGISTRY}/app"}

    @property
    def cluster(self) -> KubernetesCluster:
        return KubernetesCluster(self.node.name, self.api, self.place)

    @property
    def host(self) -> str:
        return f"{self.service}.test"

    def workload(self, version: str, drain: float = 0.5, **env: str) -> Workload:
        serve = {"ready": "/ready", "drain": drain, "env": env}
        return Workload(image(version), version, serve)

    def until(self, seen: Callable[[ClusterSeen], bool], seconds: float = 60.0) -> ClusterSeen:
        found = [self.cluster.look(self.service)]

        def now() -> bool:
            found[0] = self.cluster.look(self.service)
            return seen(found[0])

        try:
            until(now, "it is so", seconds, every=0.1)
        except AssertionError:
            raise AssertionError(f"in vain, {self.service} is: {found[0]}") from None
        return found[0]

    def gateway_follows(self) -> None:
        """Until the gateway does what was written before this call.

        Its status is ahead of its deeds by some ten milliseconds. It takes up all routes at once, so one that answers
        with a word of ours, written last, tells that the others are in force.
        """
        word = uuid.uuid4().hex
        self.node.kubectl("-n", self.namespace, "apply", "-f", "-", stdin=json.dumps(self._echo(word)))
        until(lambda: self.node.location(f"{self.service}-echo.test").endswith(word), "the gateway follows", every=0.02)

    def _echo(self, word: str) -> Manifest:
        """A route that sends everybody on to a page with this name."""
        path = {"type": "ReplaceFullPath", "replaceFullPath": f"/{word}"}
        filters = [{"type": "RequestRedirect", "requestRedirect": {"path": path, "statusCode": 302}}]
        return {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": f"{self.service}-echo", "labels": {"sluice.dev/service": self.service}},
            "spec": {
                "parentRefs": [{"name": self.node.entrance, "namespace": "default"}],
                "hostnames": [f"{self.service}-echo.test"],
                "rules": [{"filters": filters}],
            },
        }

    def pods(self, slot: str) -> list[Manifest]:
        """The pods of a slot, also those that are leaving."""
        labels = f"sluice.dev/service={self.service},sluice.dev/slot={slot}"
        return self.node.objects("pods", "-l", labels, namespace=self.namespace)

    def audited(self) -> list[dict[str, Any]]:
        """What the API server noted of writes to the route of the service, oldest first."""
        log = self.node.run("cat", "/var/log/audit.log")
        noted = [json.loads(line) for line in log.splitlines() if f'"{self.service}"' in line]
        mine = {"resource": "httproutes", "name": self.service}
        return [one for one in noted if mine.items() <= one["objectRef"].items() and one["level"] == "RequestResponse"]

    def asleep(self) -> KubernetesCluster:
        """A worker that has read the objects of the service as they are now, and will only write later."""
        return KubernetesCluster(self.node.name, Asleep(self.api, self), self.place)  # type: ignore[arg-type]

    @contextmanager
    def applied(self, manifest: Manifest) -> Iterator[None]:
        """Something of the administrator's, until the block ends."""
        text = json.dumps(manifest)
        self.node.kubectl("-n", self.namespace, "apply", "-f", "-", stdin=text)
        try:
            yield
        finally:
            self.node.kubectl("-n", self.namespace, "delete", "-f", "-", stdin=text)

    def remove(self) -> None:
        """The service with all its objects."""
        label = f"sluice.dev/service={self.service}"
        kinds = "httproute,deployment,service"
        self.node.kubectl("-n", self.namespace, "delete", kinds, "-l", label, "--wait=false", "--ignore-not-found")


class Asleep:
    """Reads what was there when it fell asleep, writes to what is there now."""

    def __init__(self, api: Api, bed: KubernetesBed) -> None:
        self._fronts = {kind: api.get(kind, bed.namespace, bed.service) for kind in ("HTTPRoute", "Service")}
        self._deployments = api.find("Deployment", bed.namespace, {"sluice.dev/service": bed.service})
        self.replace, self.apply, self._find = api.replace, api.apply, api.find

    def get(self, kind: str, _namespace: str, _name: str) -> Manifest | None:
        return deepcopy(self._fronts[kind])

    def find(self, kind: str, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
        return deepcopy(self._deployments) if kind == "Deployment" else self._find(kind, namespace, labels)
