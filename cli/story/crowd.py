"""The buyers: the shop's own load generator as a process, and what it counts."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..children import Child, Role, end, start
from .shop import SOURCE

RATE = 150  # requests per second, all clusters together
LONGEST = 7 * 86400
NOBODY = "none"  # how the shopper calls the version of an answer that never came

Suspect = Callable[[str], str]  # cluster → version


@dataclass(frozen=True, slots=True)
class Count:
    """What buyers saw of one version in one cluster. Times are seconds of the clock."""

    requests: int = 0
    failed: int = 0
    last: float | None = None
    first_failed: float | None = None


@dataclass(slots=True)
class Tally:
    """The newest line of the shopper, and who has to answer for answers that never came."""

    at: float = 0.0
    counts: dict[str, dict[str, Count]] = field(default_factory=dict)  # by cluster and version
    charged: Counter[tuple[str, str]] = field(default_factory=Counter)  # by cluster and version
    rate: float = 0.0

    def hear(self, line: Mapping[str, Any], suspect: Suspect) -> None:
        """
        Take in a line. An answer that never came, or that came from no shop at all, names no version: it is a failure
        of whatever `suspect` says of its cluster when the line comes, at most a second later: of the release that is
        on its way, where it has a share by then, else of the version that is live there.
        """
        before, lost = self.total(), {cluster: self.of(cluster, NOBODY).requests for cluster in self.counts}
        elapsed = line["t"] - self.at
        self.at = line["t"]
        for cluster, target in line["targets"].items():
            self.counts[cluster] = {name: _count(seen) for name, seen in target["by_version"].items()}
            self.charged[cluster, suspect(cluster)] += self.of(cluster, NOBODY).requests - lost.get(cluster, 0)
        self.rate = (self.total().requests - before.requests) / max(elapsed, 0.1)

    def of(self, cluster: str, version: str) -> Count:
        """What was seen of a version in a cluster."""
        return self.counts.get(cluster, {}).get(version, Count())

    def failed(self, cluster: str, version: str) -> int:
        """What failed there: by its own answers, and what it is charged with."""
        return self.of(cluster, version).failed + self.charged[cluster, version]

    def requests(self, cluster: str, version: str) -> int:
        """Every request that was answered by it or charged to it."""
        return self.of(cluster, version).requests + self.charged[cluster, version]

    def total(self) -> Count:
        """Everything together."""
        every = [(name, one) for versions in self.counts.values() for name, one in versions.items()]
        failed = sum(one.requests if name == NOBODY else one.failed for name, one in every)
        return Count(sum(one.requests for _, one in every), failed)


class Crowd:
    """Buyers in front of every cluster. `doors`: cluster → where they come in."""

    def __init__(self, doors: Mapping[str, str], logs: Path) -> None:
        self.tally = Tally()
        self.doors, self._log, self._read = doors, logs / "shopper.log", 0
        self._children: list[Child] = []

    def come(self, *, counted: bool = True) -> None:
        """Let them in: a third of the load to each cluster."""
        argv = [sys.executable, "-m", "shopper", "--rate", str(RATE), "--seconds", str(LONGEST)]
        for name, address in self.doors.items():
            argv += ["--url", f"{name}={address}"]
        argv += ["--live"] if counted else []
        env = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
        self._children = [start(Role("shopper", tuple(argv), env, self._log))]

    def hear(self, suspect: Suspect) -> bool:
        """Take in what they said since. False: they are gone although nobody sent them away."""
        if not self._children:
            return True
        with self._log.open("rb") as log:
            log.seek(self._read)
            told = log.read()
        whole = told[: told.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            if line.startswith(b"{"):
                self.tally.hear(json.loads(line), suspect)
        return self._children[0].process.poll() is None

    def go(self) -> None:
        """Send them away; whoever is at the till finishes first."""
        end(self._children, 15.0)
        self._children = []


def _count(seen: Mapping[str, Any]) -> Count:
    return Count(seen["requests"], seen["failed"], seen["last"], seen["first_failed"])
