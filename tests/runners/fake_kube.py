"""What jobs ask of a cluster, in memory: Jobs that become pods, pods whose ends and lines a test decides about."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.errors import TryLater
from runners.clusters.kubernetes.refusals import Conflict
from runners.jobs.kubernetes.objects import JOB, TEST

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Killed(Exception):
    """The worker died in the middle of a call."""


def moment(after: float) -> str:
    return (BEGAN + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class FakeKube:
    """The methods of `Api` that jobs use. `dies`: writes until the worker is killed, before (-) or after (+) the last
    of them takes effect; 0 = never."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    lines: dict[str, list[tuple[float, bytes]]] = field(default_factory=dict)  # pod → seconds after BEGAN, and text
    woken: list[str] = field(default_factory=list)  # Jobs that became pods, in order
    away: bool = False
    dies: int = 0
    without_log: bool = False

    # ---- what a test does ---------------------------------------------------------------------------------------

    def says(self, name: str, text: bytes, after: float = 0.0) -> None:
        self.lines.setdefault(name, []).append((after, text))

    def ends(self, name: str, code: int = 0, **status: Any) -> None:
        """The container ends with this code; `status`: what else the pod says then."""
        ended = {"exitCode": code, "startedAt": moment(0), "finishedAt": moment(7), **status.pop("terminated", {})}
        self.pods[name]["status"] = {
            "phase": "Failed" if code or status else "Succeeded",
            "containerStatuses": [{"name": TEST, "state": {"terminated": ended}}],
            **status,
        }

    def loses(self, name: str) -> None:
        """The pod goes, and the Job with it."""
        self.pods.pop(name, None)
        self.jobs.pop(name, None)

    # ---- what a worker does -------------------------------------------------------------------------------------

    def get(self, kind: str, _namespace: str, name: str) -> dict[str, Any] | None:
        self._reached()
        assert kind == "Job"
        return deepcopy(self.jobs.get(name))

    def find(
        self, kind: str, _namespace: str, labels: Mapping[str, str], fields: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        self._reached()
        if kind == "Event":
            assert fields
            return [one for one in self.events if one["involvedObject"]["name"] == fields["involvedObject.name"]]
        assert kind == "Pod"
        return [deepcopy(one) for one in self.pods.values() if labels.items() <= one["metadata"]["labels"].items()]

    def create(self, body: dict[str, Any], _namespace: str) -> dict[str, Any]:
        kept = self.jobs if body["kind"] == "Job" else self.secrets
        name = body["metadata"]["name"]

        def work() -> None:
            if name in kept:
                raise Conflict(f"{name} already exists")
            kept[name] = json.loads(json.dumps(body))
            kept[name]["metadata"]["uid"] = f"uid-of-{name}"

        self._write(work)
        return deepcopy(kept[name])

    def patch(self, kind: str, _namespace: str, name: str, part: dict[str, Any]) -> dict[str, Any]:
        assert (kind, part) == ("Job", {"spec": {"suspend": False}})
        self._write(lambda: self._wake(name))
        return deepcopy(self.jobs[name])

    def delete(self, kind: str, _namespace: str, name: str, rest: str = "") -> None:
        assert (kind, rest in ("Foreground", "Background")) == ("Job", True)
        self._write(lambda: self._go(name))

    def log(self, _namespace: str, pod: str, container: str, since: str, limit: int) -> bytes:
        self._reached()
        if self.without_log:
            raise TryLater("the kubelet does not answer")
        assert container
        asked = datetime.fromisoformat(since) if since else BEGAN - timedelta(days=1)
        kept = [(BEGAN + timedelta(seconds=at), text) for at, text in self.lines.get(pod, [])]
        stamped = [stamp(at) + b" " + text for at, text in kept if at >= asked]
        return b"".join(stamped)[:limit]

    def _wake(self, name: str) -> None:
        if self.jobs[name]["spec"]["suspend"]:
            self.jobs[name]["spec"]["suspend"] = False
            template = deepcopy(self.jobs[name]["spec"]["template"])
            state = {"running": {"startedAt": moment(0)}}
            status = {"phase": "Running", "containerStatuses": [{"name": TEST, "state": state}]}
            self.woken.append(name)
            self.pods[name] = {"metadata": {"name": name, **template["metadata"]}, "spec": template["spec"]}
            self.pods[name]["status"] = status
            assert self.pods[name]["metadata"]["labels"][JOB] == name

    def _go(self, name: str) -> None:
        for kept in (self.jobs, self.pods):
            kept.pop(name, None)
        for secret in [key for key in self.secrets if key.startswith(f"{name}-")]:
            del self.secrets[secret]

    def _write(self, work: Callable[[], None]) -> None:
        self._reached()
        last = abs(self.dies) == 1
        if last and self.dies < 0:
            raise Killed
        work()
        if last:
            raise Killed
        self.dies -= (self.dies > 0) - (self.dies < 0)

    def _reached(self) -> None:
        if self.away:
            raise TryLater("the API server of k1 cannot be reached")


def stamp(at: datetime) -> bytes:
    """As servers write it: always nine digits."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()
