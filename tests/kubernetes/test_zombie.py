"""A worker is stopped in the middle of a write, another one takes over and goes back, the first one wakes up: it is
refused by the fence, and where it does not look at the fence by the API server itself, whose log tells of it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from runners.clusters.kubernetes import notes, objects
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import NAMESPACE
from tests.runners.contract_cluster import FIRST, SECOND, canary, carry_out, go_live
from tests.runners.until import until

NEWER = replace(SECOND, epoch=SECOND.epoch + 1)
USER = "system:serviceaccount:shop:sluice"
pytestmark = pytest.mark.story


def asleep(bed: KubernetesBed, *, reckless: bool) -> "subprocess.Popen[str]":
    """A worker of release 12 that is stopped before it writes 75 %."""
    told = {
        "cluster": bed.node.name,
        "access": asdict(bed.node.access()),
        "namespace": NAMESPACE,
        "service": bed.service,
        "release": SECOND.release,
        "epoch": SECOND.epoch,
        "reckless": reckless,
    }
    argv = [sys.executable, "-m", "tests.kubernetes.zombie"]
    worker = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdin is not None
    worker.stdin.write(json.dumps(told))
    worker.stdin.close()
    until(lambda: os.WIFSTOPPED(os.waitpid(worker.pid, os.WUNTRACED)[1]), "it is stopped")
    return worker


def awake(worker: "subprocess.Popen[str]") -> str:
    """How its write ended."""
    worker.send_signal(signal.SIGCONT)
    assert worker.stdout is not None
    said = worker.stdout.read().strip()
    worker.wait()
    worker.stdout.close()
    return said


def goes_back(bed: KubernetesBed) -> None:
    """The worker that took over: newer epoch, canary to 0 %."""
    carry_out(lambda: bed.cluster.beat(NEWER, bed.service))
    carry_out(lambda: bed.cluster.route(NEWER, bed.service, "a", 100))
    bed.until(lambda now: now.weights["b"] == 0)


@pytest.fixture
def halfway(bed: KubernetesBed) -> KubernetesBed:
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 25)
    return bed


def shares_since_back(bed: KubernetesBed) -> list[int]:
    """The share of slot b in each write that the API server took from the first one with the newer epoch on."""
    taken = [one["responseObject"] for one in bed.audited() if one["responseStatus"]["code"] < 300]
    routes = [one for one in taken if one["kind"] == "HTTPRoute"]
    epochs = [int(one["metadata"]["annotations"][notes.EPOCH]) for one in routes]
    return [objects.weights(bed.service, one)["b"] for one in routes[epochs.index(NEWER.epoch) :]]


def refused(bed: KubernetesBed, code: int, words: str = "") -> list[tuple[str, str]]:
    """By whom and how the route was to be written with the older epoch, once the newer one had all of the traffic."""
    noted = bed.audited()
    back = max(at for at, one in enumerate(noted) if one["responseStatus"]["code"] < 300)
    return [
        (one["user"]["username"], one["verb"])
        for one in noted[back:]
        if one["responseStatus"]["code"] == code and words in one["responseStatus"]["message"]
    ]


def test_a_zombie_is_fenced_out(halfway: KubernetesBed) -> None:
    zombie = asleep(halfway, reckless=False)
    goes_back(halfway)

    assert awake(zombie) == "TryLater: fenced out by epoch 3 of release 12; this write has epoch 2"

    assert halfway.cluster.look(halfway.service).weights["b"] == 0
    assert sorted(shares_since_back(halfway), reverse=True) == shares_since_back(halfway)
    assert refused(halfway, 409) == [(USER, "update")]


def test_a_zombie_that_looks_at_no_fence_is_refused_by_the_api_server(halfway: KubernetesBed) -> None:
    zombie = asleep(halfway, reckless=True)
    goes_back(halfway)

    assert "fenced out by epoch 3 of release 12: this write has epoch 2" in awake(zombie)

    assert halfway.cluster.look(halfway.service).weights["b"] == 0
    assert sorted(shares_since_back(halfway), reverse=True) == shares_since_back(halfway)
    assert refused(halfway, 422, "sluice-witness") == [(USER, "update")]
