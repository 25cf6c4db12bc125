"""Releases to a real cluster under load: how soon a bad one is gone, how soon a good one is everywhere, what it costs.

python -m benchmarks.kubernetes --runs 10     # 200 requests per second, 4 replicas; `make clusters` first
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from tests.kubernetes.story import KubernetesInstallation, released
from tests.load import FAILED, Answer, Load

RATE, REPLICAS = 200, 4
IDLE = 30.0  # seconds
RESULTS = Path(__file__).parent / "results" / "kubernetes.json"
DEFINITION = f"""\
app: pebble
build: {{image: {{}}}}
serve: {{ready: /ready, replicas: {REPLICAS}, drain: 500ms, ready-within: 60s}}
test:
  unit: {{run: python3.11 -I -S check.py}}
judge:
  errors: {{margin: 0.5pp}}
waves:
  - {{clusters: [az1], canary: [5%, 25%, 50%], soak: 0s}}
"""
Figures = dict[str, float]


@dataclass(frozen=True)
class Bench:
    """An installation with a live version, and its users."""

    shop: KubernetesInstallation
    load: Load

    def bad(self, name: str, every: int) -> Figures:
        """A version that fails each `every`th request, from its push until it is taken back."""
        began = time.monotonic()
        release = self.shop.push(name, definition=DEFINITION, **{"fails-every": every})
        assert self.shop.ends(release, 300) == "rolled back", self.shop.show(release)
        mine = [one for one in self._since(began) if one.said in (FAILED, f"{name}\n")]
        failed = [one for one in mine if one.said == FAILED]
        decided = self._at(release, "undo")
        return {
            "first failing → last bad answer, s": max(one.at for one in mine) - failed[0].at,
            "first failing → decision, s": decided - self._clock(failed[0]),
            "decision → last bad answer, s": self._clock(mine[-1]) - decided,
            "failed requests": len(failed),
        }

    def good(self, name: str) -> Figures:
        """A version that is as good as the one before, from its first share until everybody has it."""
        began = time.monotonic()
        release = self.shop.push(name, definition=DEFINITION)
        assert self.shop.ends(release, 300) == "live", self.shop.show(release)
        said = self._since(began)
        first = next(one for one in said if one.said == f"{name}\n")
        last = max((one for one in said if one.said not in (f"{name}\n", FAILED)), key=lambda one: one.at)
        started, ended = self._at(release, "start", "Canary on az1"), self._at(release, "finish")
        return {
            "first new answer → everybody, s": last.at - first.at,
            "canary begins → live, s": ended - started,
            "failed requests": sum(one.said == FAILED for one in said),
            "API calls": self._calls(started, ended),
        }

    def idle(self) -> Figures:
        began = time.time()
        time.sleep(IDLE)
        return {"API calls in 30 s": self._calls(began, time.time())}

    def _since(self, began: float) -> list[Answer]:
        time.sleep(1.0)  # what is on its way arrives
        return sorted((one for one in list(self.load.answers) if one.at >= began), key=lambda one: one.at)

    def _clock(self, answer: Answer) -> float:
        """When it was sent, on the clock of the journal."""
        return time.time() - (time.monotonic() - answer.at)

    def _at(self, release: int, kind: str, words: str = "") -> float:
        events = self.shop.call("GET", f"/api/releases/{release}/journal?limit=100")["events"]
        found = [one for one in events if one["kind"] == kind and words in json.dumps(one)]
        return datetime.fromisoformat(found[-1]["at"]).timestamp()

    def _calls(self, began: float, ended: float) -> int:
        """Calls of Sluice's account, as the API server has noted them."""
        mine = f"system:serviceaccount:{self.shop.namespace}:sluice"
        log = self.shop.nodes["az1"].run("cat", "/var/log/audit.log").splitlines()
        noted = [json.loads(line) for line in log if mine in line]
        times = [datetime.fromisoformat(one["requestReceivedTimestamp"]).timestamp() for one in noted]
        return sum(began <= at <= ended for at in times)


def main() -> int:
    """Print a table and write the results; 1 if a good release failed a request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, released(Path(folder)) as shop, ExitStack() as stack:
        first = shop.push("v0", definition=DEFINITION)
        assert shop.ends(first, 180) == "live", shop.show(first)
        bench = Bench(shop, stack.enter_context(Load(shop.nodes["az1"].gateway, RATE, 20, host=shop.host)))
        found = {
            "bad 50 %": [bench.bad(f"half-{run}", 2) for run in range(asked.runs)],
            "bad 5 %": [bench.bad(f"some-{run}", 20) for run in range(asked.runs)],
            "good": [bench.good(f"good-{run}") for run in range(asked.runs)],
            "idle": [bench.idle()],
        }
    told = {what: _middle(runs) for what, runs in found.items()}
    for what, figures in told.items():
        print(f"{what:<9} " + "; ".join(f"{name} {value:g}" for name, value in figures.items()))
    RESULTS.write_text(
        json.dumps({"runs": asked.runs, "rate": RATE, "medians": told, "all": found}, indent=1, ensure_ascii=False)
        + "\n"
    )
    return 1 if any(run["failed requests"] for run in found["good"]) else 0


def _middle(runs: list[Figures]) -> Mapping[str, Any]:
    return {name: round(median(run[name] for run in runs), 2) for name in runs[0]}


if __name__ == "__main__":
    sys.exit(main())
