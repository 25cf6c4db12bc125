"""A guard whose clock a test tells, so that a minute of silence takes no minute; it can die at each of its writes."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.guard import KubernetesGuard
from runners.clusters.kubernetes.notes import Manifest
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import NAMESPACE, Node
from tests.kubernetes.helm import CHARTS, applied, helm, namespace

TTL = 60.0


@dataclass(frozen=True)
class OneService:
    """The API of the guard's own account, for a test's service alone: others have theirs in the same namespace."""

    api: Api
    service: str
    fails_at: str = ""

    def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        return self.api.get(kind, namespace, name)

    def find(self, kind: str, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
        return self.api.find(kind, namespace, {**labels, "sluice.dev/service": self.service})

    def replace(self, body: Manifest, namespace: str) -> Manifest:
        return self._unless_dead("replace", lambda: self.api.replace(body, namespace))

    def apply(self, body: Manifest, namespace: str) -> Manifest:
        return self._unless_dead("apply", lambda: self.api.apply(body, namespace))

    def scale(self, namespace: str, deployment: str, replicas: int, version: str) -> str:
        return self.api.scale(namespace, deployment, replicas, version)

    def _unless_dead(self, name: str, write: Callable[[], Manifest]) -> Manifest:
        if self.fails_at == name:
            raise Killed
        return write()


class Killed(BaseException):
    """The guard ends here."""


@dataclass
class Clock:
    """A guard with a clock of its own, told by the test."""

    bed: KubernetesBed
    guard: KubernetesGuard
    now: float = 0.0

    def rounds(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1.0
            self.guard.round(self.now)


@contextmanager
def account(node: Node, split: str) -> Iterator[Api]:
    """The guard as its chart makes it: in a namespace of Sluice's own, with rights in `shop`."""
    with namespace(node, f"guard-{uuid.uuid4().hex[:8]}") as own:
        values = ("--set", f"namespaces={{{NAMESPACE}}}", "--set", f"split={split}")
        words = ("--show-only", "templates/account.yaml", *values)
        with applied(node, helm("template", own, str(CHARTS / "guard"), "-n", own, *words)):
            api = Api(node.name, partial(node.access, own, own))
            yield api
            api.close()


def told(bed: KubernetesBed, api: Api, split: str, fails_at: str = "") -> Clock:
    seen = OneService(api, bed.service, fails_at)
    return Clock(bed, KubernetesGuard(seen, NAMESPACE, TTL, split))  # type: ignore[arg-type]
