"""A worker that reads, falls asleep right before it writes, and goes on when it is woken.

`python -m tests.kubernetes.zombie` is told on standard input how it gets in, its service and place, its release and
epoch, and whether it is `reckless`: then it looks at no fence and simply writes what it wants. It answers with how its
write ended.
"""

import json
import os
import signal
import sys
from typing import Any

from pipeline.errors import PipelineError
from runners.clusters.kubernetes import notes
from runners.clusters.kubernetes.access import Access
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.cluster import KubernetesCluster
from runners.clusters.kubernetes.notes import Manifest
from runners.clusters.kubernetes.objects import Place
from runners.ports import Fence


class Sleepy(Api):
    """Stopped before its first write, as by a machine that has no memory left."""

    slept = False

    def replace(self, body: Manifest, namespace: str) -> None:
        if not self.slept:
            self.slept = True
            os.kill(os.getpid(), signal.SIGSTOP)
        super().replace(body, namespace)


def main(told: dict[str, Any]) -> None:
    fence = Fence(told["release"], told["epoch"])
    api = Sleepy(told["cluster"], lambda: Access(**told["access"]))
    place = Place(told["namespace"], "default/web")
    try:
        if told["reckless"]:
            raise_anyhow(api, told["namespace"], told["service"], fence)
        else:
            KubernetesCluster(told["cluster"], api, place).route(fence, told["service"], "b", 75)
        sys.stdout.write("raised\n")
    except PipelineError as refused:
        sys.stdout.write(f"{type(refused).__name__}: {refused}\n")


def raise_anyhow(api: Sleepy, namespace: str, service: str, fence: Fence) -> None:
    """Sleep first, then write over whatever is there."""
    os.kill(os.getpid(), signal.SIGSTOP)
    api.slept = True
    route = api.get("HTTPRoute", namespace, service)
    assert route is not None
    route["metadata"]["annotations"] |= {
        notes.RELEASE: str(fence.release),
        notes.EPOCH: str(fence.epoch),
    }
    stable, moved = route["spec"]["rules"][0]["backendRefs"]
    stable["weight"], moved["weight"] = 25, 75
    api.replace(route, namespace)


if __name__ == "__main__":
    main(json.load(sys.stdin))
