"""A whole installation that releases a small app to three real clusters, in a namespace of its own."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.installation import ROOT, Installation
from tests.kubernetes.clusters import NAMES, REGISTRY, STATE, Node
from tests.kubernetes.wire import Wire
from tests.load import Load

DEFINITION = """\
app: pebble
build: {image: {}}
serve: {ready: /ready, replicas: 1, drain: 500ms, ready-within: 60s}
test:
  unit: {run: python3.11 -I -S check.py}
judge:
  errors: {margin: 10pp}
waves:
  - {clusters: [az1], canary: [25%, 50%], soak: 2s}
  - {clusters: [az2], canary: [50%], soak: 2s}
  - {clusters: [dr], canary: [50%], soak: 2s}
"""
PLATFORM = """\
tenants: {vmart: {plane: online}}
clusters: @CLUSTERS@
apps:
  pebble:
    tenant: vmart
    repository: @REPOSITORY@
    allow-local: true
    image: @IMAGE@
    hosts: [@HOST@]
    webhook: {kind: github, secret: push}
"""


@dataclass
class KubernetesInstallation(Installation):
    """Its clusters are the real ones of this machine."""

    namespace: str = ""
    wired: bool = False  # calls to the API servers go over wires that may be cut

    def __post_init__(self) -> None:
        super().__post_init__()
        self.namespace = f"story-{uuid.uuid4().hex[:8]}"
        self.nodes = {name: Node(name) for name in NAMES}
        self.wires = {name: Wire(6440 + node.number) for name, node in self.nodes.items()} if self.wired else {}
        clusters = {name: self._cluster(node) for name, node in self.nodes.items()}
        told = {
            "@CLUSTERS@": json.dumps(clusters),
            "@REPOSITORY@": str(self.repository.path),
            "@IMAGE@": f"{REGISTRY}/{self.namespace}",
            "@HOST@": self.host,
        }
        text = PLATFORM
        for mark, value in told.items():
            text = text.replace(mark, value)
        self.platform.write_text(text)

    def _cluster(self, node: Node) -> Mapping[str, Any]:
        reached = {"namespace": self.namespace, "gateway": "default/web", "counters": node.counters}
        place = {"dr": True} if node.name == "dr" else {"group": "east"}
        return {"kind": "kubernetes", "kubernetes": reached, **place}

    @property
    def host(self) -> str:
        return f"{self.namespace}.test"

    def add_clusters(self) -> None:
        """`sluice cluster add`, as an operator does it."""
        for name in self.nodes:
            words = ["cluster", "add", name, "--kubeconfig", str(STATE / name / "kubeconfig")]
            words += ["--server", f"https://127.0.0.1:{self.wires[name].port}"] if self.wired else []
            self._cluster_command(*words[1:])

    def _cluster_command(self, *words: str) -> None:
        argv = [sys.executable, "-m", "cli", "cluster", *words]
        argv += ["--home", str(self.home), "--platform", str(self.platform)]
        subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)

    def kubectl(self, cluster: str, *words: str) -> str:
        """As the cluster's administrator."""
        return self.nodes[cluster].kubectl("-n", self.namespace, *words)

    def share(self, cluster: str) -> int:
        """Percent of the newest content, as the route has it now."""
        weights = _weights(json.loads(self.kubectl(cluster, "get", "httproute", "pebble", "-o", "json")))
        return weights[max(weights, key=_generation)]

    def deployment(self, cluster: str, release: int) -> str:
        """The name of the one that a release has written."""
        found = json.loads(self.kubectl(cluster, "get", "deployment", "-o", "json"))["items"]
        (name,) = [
            one["metadata"]["name"]
            for one in found
            if one["metadata"]["annotations"]["sluice.dev/release"] == str(release)
        ]
        return str(name)

    def remove(self) -> None:
        """All that it made in the clusters."""
        for node in self.nodes.values():
            node.kubectl("delete", "namespace", self.namespace, "--ignore-not-found", "--wait=false")

    def push(self, version: str, *, definition: str = DEFINITION, **settings: Any) -> int:
        return super().push(version, definition=definition, **settings)

    def answers(self, cluster: str) -> str:
        return self.nodes[cluster].ask(self.host)[1]

    @contextmanager
    def users(self, rate: int = 30) -> Iterator[dict[str, Load]]:
        """Buyers at each gateway; what they saw."""
        loads = {name: Load(node.gateway, rate, host=self.host) for name, node in self.nodes.items()}
        with ExitStack() as stack:
            for load in loads.values():
                stack.enter_context(load)
            yield loads

    def shares(self, release: int, cluster: str) -> list[int]:
        """Percent that the content of a release had after each write of the route, as the API server noted them."""
        log = self.nodes[cluster].run("cat", "/var/log/audit.log").splitlines()
        noted = [one for one in (json.loads(line) for line in log if self.namespace in line) if _wrote_route(one)]
        routes = [one["responseObject"] for one in noted]
        its = [route for route in routes if route["metadata"]["annotations"]["sluice.dev/release"] == str(release)]
        newest = max((name for route in its for name in _weights(route)), key=_generation)
        return [_weights(route).get(newest, 0) for route in routes]


def _generation(name: str) -> int:
    return int(name.rpartition("-")[2])


def _wrote_route(noted: Mapping[str, Any]) -> bool:
    there = noted.get("objectRef", {})
    whole = noted["level"] == "RequestResponse" and noted["responseStatus"]["code"] < 300
    return whole and there.get("resource") == "httproutes" and "subresource" not in there and noted["verb"] != "delete"


def _weights(route: Mapping[str, Any]) -> dict[str, int]:
    return {ref["name"]: ref["weight"] for rule in route["spec"]["rules"] for ref in rule.get("backendRefs", ())}


@contextmanager
def released(folder: Path, *, wired: bool = False) -> Iterator[KubernetesInstallation]:
    """A running installation with its people and its three clusters."""
    one = KubernetesInstallation(folder, wired=wired)
    try:
        one.add_clusters()
        one.up()
        one.hire()
        yield one
    finally:
        one.down()
        one.remove()
        for wire in one.wires.values():
            wire.end()
