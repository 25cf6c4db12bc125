"""What `kubectl` does to the same workload in the same run: undo a rollout, and a rolling update of ten replicas."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.installation import FIXTURES
from tests.kubernetes.clusters import REGISTRY, pushed
from tests.load import FAILED

from .bench import CLUSTER, Bench, Figures, bench, clock, definition


@dataclass(frozen=True)
class Plain:
    """A Deployment like that of the slot that is live, which nobody but `kubectl` changes."""

    one: Bench
    replicas: int

    def begins(self) -> None:
        """Make it, with what is live now."""
        pod = self._live()["spec"]["template"]["spec"]
        labels = {"app": "plain"}
        plain = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "plain"},
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        }
        node, namespace = self.one.shop.nodes[CLUSTER], self.one.shop.namespace
        node.kubectl("-n", namespace, "apply", "-f", "-", stdin=json.dumps(plain))
        self._rolled()

    def updates(self, version: str) -> float:
        """Seconds for a rolling update to a version of the same app, which the node has to fetch like any other."""
        return self._timed("set", "image", "deployment/plain", f"app={self._built(version)}")

    def undoes(self) -> float:
        """Seconds from `kubectl rollout undo` until all replicas are of the version before and ready."""
        return self._timed("rollout", "undo", "deployment/plain")

    def _built(self, version: str) -> str:
        repository = f"{REGISTRY}/{self.one.shop.namespace}"
        with TemporaryDirectory() as folder:
            shutil.copytree(FIXTURES / "pebble", folder, dirs_exist_ok=True)
            settings = {"version": version, "fails-every": 0, "fails-in": ""}
            (Path(folder) / "settings.json").write_text(json.dumps(settings))
            return f"{repository}@{pushed(f'{repository}:{version}', folder)}"

    def _timed(self, *words: str) -> float:
        """From the patch that the API server took, since `kubectl` itself takes half a second to begin."""
        self.one.rests()
        self.one.shop.kubectl(CLUSTER, *words)
        self._rolled()
        ended = time.time()
        return ended - self.one.patched("plain")

    def _rolled(self) -> None:
        self.one.shop.kubectl(CLUSTER, "rollout", "status", "deployment/plain", "--timeout=120s")

    def _live(self) -> dict[str, dict[str, dict[str, dict[str, list[dict[str, str]]]]]]:
        """The Deployment of the slot that has all of the traffic."""
        route = json.loads(self.one.shop.kubectl(CLUSTER, "get", "httproute", "pebble", "-o", "json"))
        stable = route["metadata"]["annotations"]["sluice.dev/stable"]
        found = json.loads(self.one.shop.kubectl(CLUSTER, "get", "deployment", f"pebble-{stable}", "-o", "json"))
        return dict(found)


def undo(runs: int) -> Iterator[Figures]:
    """A bad version taken back, beside an undone rollout of as many replicas."""
    with bench(definition()) as one:
        plain = Plain(one, 4)
        plain.begins()
        one.released("other")
        plain.updates("beside")
        for run in range(runs):
            began = time.monotonic()
            release = one.released(f"bad-{run}", "rolled back", **{"fails-every": 2})
            (decided,) = one.moments(release, "undo")
            bad = [answer for answer in one.answers(began) if answer.said in (FAILED, f"bad-{run}\n")]
            ours, theirs = max(clock(bad[-1]), one.gone(decided)) - decided, plain.undoes()
            yield {"decision → 0 %, s": ours, "kubectl rollout undo, s": theirs, "times faster": theirs / ours}


def ten(runs: int) -> Iterator[Figures]:
    """A release of ten replicas without a canary, beside a rolling update of ten replicas."""
    with bench(definition(10, canary="")) as one:
        plain = Plain(one, 10)
        plain.begins()
        for run in range(runs):
            one.rests()
            began = time.monotonic()
            release = one.released(f"ten-{run}")
            ours = one.moments(release, "finish")[0] - one.moments(release, "start", "Canary on")[0]
            failed = one.failed(began)
            theirs = plain.updates(f"beside-{run}")
            yield {"release, s": ours, "rolling update, s": theirs, "ratio": ours / theirs, "failed requests": failed}
