"""An installation on real clusters with a live version and users at one gateway; what is read off from outside."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.kubernetes.story import KubernetesInstallation, released
from tests.load import FAILED, Answer, Load
from tests.runners.until import until

CLUSTER, RATE = "az1", 200
RARELY = 1.0  # seconds: the journal has the moments, and who asks more often takes the processor from those who work
Figures = dict[str, float]


def definition(replicas: int = 4, canary: str = "5%, 25%, 50%", margin: str = "0.5pp") -> str:
    """One cluster, and nothing to wait for but the judge."""
    return f"""\
app: pebble
build: {{image: {{}}}}
serve: {{ready: /ready, replicas: {replicas}, drain: 500ms, ready-within: 60s}}
test:
  unit: {{run: python3.11 -I -S check.py}}
judge:
  errors: {{margin: {margin}}}
waves:
  - {{clusters: [{CLUSTER}], canary: [{canary}], soak: 0s}}
"""


@dataclass(frozen=True)
class Bench:
    """A live version `v0`, and `load`: everything that users were answered."""

    shop: KubernetesInstallation
    load: Load
    text: str

    def released(self, version: str, ends: str = "live", **settings: Any) -> int:
        """A version that ends so."""
        release = self.shop.push(version, definition=self.text, **settings)
        assert self.shop.ends(release, 300, every=RARELY) == ends, self.shop.show(release)
        return release

    def answers(self, since: float) -> list[Answer]:
        """In the order in which they were asked, from this moment of the monotonic clock on."""
        time.sleep(1.0)  # what is on its way arrives
        return sorted((one for one in list(self.load.answers) if one.at >= since), key=lambda one: one.at)

    def failed(self, since: float) -> int:
        return sum(one.said == FAILED for one in self.answers(since))

    def moments(self, release: int, kind: str, words: str = "") -> list[float]:
        """When the journal has events of that kind with these words, in seconds of the wall clock, oldest first."""
        events = self.shop.call("GET", f"/api/releases/{release}/journal?limit=100")["events"]
        found = [one for one in events if one["kind"] == kind and words in json.dumps(one)]
        return sorted(datetime.fromisoformat(one["at"]).timestamp() for one in found)

    def calls(self) -> list[float]:
        """When Sluice's account called the API server; seconds of the wall clock."""
        return [_moment(one) for one in self._noted()]

    def gone(self, since: float) -> float:
        """When the API server took the route that gives all of the traffic to one slot, after this moment."""
        for one in self._noted():
            refs = [ref for rule in _written(one).get("rules", ()) for ref in rule.get("backendRefs", ())]
            if _moment(one) >= since and sorted(ref["weight"] for ref in refs)[-2:] == [0, 100]:
                return _moment(one)
        raise AssertionError("the route never went back")

    def patched(self, deployment: str) -> float:
        """When the API server took the latest patch of that Deployment."""
        noted = [one for one in self._with(self.shop.namespace) if one["verb"] == "patch"]
        return max(_moment(one) for one in noted if one["objectRef"].get("name") == deployment)

    def rests(self) -> None:
        """Wait until no replica is on its way out: what is measured next has the machine for itself."""
        until(lambda: not any("deletionTimestamp" in pod["metadata"] for pod in self._pods()), "rest", 90, RARELY)

    def _pods(self) -> list[dict[str, Any]]:
        return list(json.loads(self.shop.kubectl(CLUSTER, "get", "pods", "-o", "json"))["items"])

    def _noted(self) -> list[dict[str, Any]]:
        """The calls of Sluice's account, as the API server has noted them."""
        return self._with(f"system:serviceaccount:{self.shop.namespace}:sluice")

    def _with(self, words: str) -> list[dict[str, Any]]:
        log = self.shop.nodes[CLUSTER].run("grep", "-F", words, "/var/log/audit.log")
        return [json.loads(line) for line in log.splitlines()]


def _moment(noted: dict[str, Any]) -> float:
    return datetime.fromisoformat(noted["requestReceivedTimestamp"]).timestamp()


def _written(noted: dict[str, Any]) -> dict[str, Any]:
    """The route that a call has written, {} if it was another call."""
    there = noted["objectRef"].get("resource") == "httproutes" and noted["responseStatus"]["code"] < 300
    return dict(noted.get("responseObject", {}).get("spec", {})) if there else {}


def clock(answer: Answer) -> float:
    """When it was asked, on the clock of the journal."""
    return time.time() - (time.monotonic() - answer.at)


def between(times: list[float], began: float, ended: float) -> int:
    return sum(began <= at <= ended for at in times)


@contextmanager
def bench(text: str, rate: int = RATE) -> Iterator[Bench]:
    """Everything in place, until the block ends."""
    with TemporaryDirectory() as folder, released(Path(folder)) as shop:
        first = shop.push("v0", definition=text)
        assert shop.ends(first, 180) == "live", shop.show(first)
        with Load(shop.nodes[CLUSTER].gateway, rate, 20, host=shop.host) as load:
            yield Bench(shop, load, text)
