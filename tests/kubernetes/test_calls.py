"""What a tick costs the API server: an installation has many releases, and a cluster many tenants."""

from collections.abc import Mapping
from typing import Any

import pytest

from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.cluster import KubernetesCluster
from runners.metrics.routes import RouteMetrics
from runners.ports import Fence
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import Node
from tests.runners.contract_cluster import FIRST, SECOND, canary, go_live

LONG = 60.0  # seconds for a tick, so that a busy machine reads no more often


class Counted(Api):
    """An API server whose calls are written down."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.name, node.access)
        self.asked: list[str] = []

    def _ask(self, method: str, path: str, **words: object) -> bytes:
        self.asked.append(f"{method} {path.rsplit('/namespaces/', 1)[-1].split('/', 1)[1].split('/')[0]}")
        return super()._ask(method, path, **words)


@pytest.fixture
def counted(bed: KubernetesBed) -> Counted:
    """Release 12 has a tenth of the traffic with epoch 2; the calls are those of a worker that begins."""
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 10)
    return Counted(bed.node)


def tick(bed: KubernetesBed, api: Counted, epoch: int) -> Mapping[str, Any]:
    """A worker's calls for one look at a canary that is judged."""
    cluster = KubernetesCluster(bed.node.name, api, bed.place, LONG)
    cluster.beat(Fence(SECOND.release, epoch), bed.service)
    first = cluster.look(bed.service)
    counts = RouteMetrics({"az1": cluster}, {"az1": bed.node.counters}).read("az1", bed.service)
    assert first == cluster.look(bed.service)
    return {"seen": first, "counts": counts}


def test_a_tick_in_which_nothing_moves_reads_once_and_beats_once(bed: KubernetesBed, counted: Counted) -> None:
    seen = tick(bed, counted, SECOND.epoch + 1)["seen"]
    counted.close()

    assert counted.asked == ["get deployments", "patch httproutes"]
    assert (seen.release, seen.epoch, seen.weights["b"], seen.trouble) == (12, 3, 10, "")


def test_after_a_pause_of_its_worker_a_tick_reads_anew(bed: KubernetesBed, counted: Counted) -> None:
    cluster = KubernetesCluster(bed.node.name, counted, bed.place, LONG)
    for epoch in (SECOND.epoch + 1, SECOND.epoch + 2):
        cluster.beat(Fence(SECOND.release, epoch), bed.service)
        cluster.look(bed.service)
        cluster.forget()
    counted.close()

    assert counted.asked == ["get deployments", "patch httproutes"] * 2


def test_a_worker_that_does_not_follow_the_last_epoch_reads_before_it_beats(
    bed: KubernetesBed, counted: Counted
) -> None:
    assert tick(bed, counted, SECOND.epoch + 5)["seen"].epoch == SECOND.epoch + 5
    counted.close()

    assert counted.asked[:4] == ["get deployments", "patch httproutes", "get httproutes", "put httproutes"]  # at least


def test_a_look_around_costs_two_calls_however_many_services_there_are(bed: KubernetesBed, counted: Counted) -> None:
    cluster = KubernetesCluster(bed.node.name, counted, bed.place, LONG)
    others = [f"{bed.service}-{number}" for number in range(20)]

    cluster.gather([bed.service, *others])
    seen = [cluster.look(service) for service in (bed.service, *others)]
    counted.close()

    assert counted.asked == ["get deployments", "get httproutes"]
    assert seen[0] == bed.cluster.look(bed.service)
    assert [one.stable for one in seen] == ["a", *[None] * 20]


def test_what_somebody_did_by_hand_since_the_look_is_not_written_over(bed: KubernetesBed, counted: Counted) -> None:
    """What a worker knows of a moment ago is enough to look at, and refused as the ground of a write."""
    cluster = KubernetesCluster(bed.node.name, counted, bed.place, LONG)
    cluster.beat(Fence(SECOND.release, SECOND.epoch + 1), bed.service)
    by_hand = '[{"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 60}]'
    bed.node.kubectl("-n", bed.namespace, "patch", "httproute", bed.service, "--type=json", "-p", by_hand)

    cluster.scale(Fence(SECOND.release, SECOND.epoch + 1), bed.service, "b", 2)
    counted.close()

    assert bed.until(lambda now: now.weights["b"] == 60).slot("b").wanted == 2
