"""A HorizontalPodAutoscaler beside Sluice: it may raise replicas, and no release trips over that."""

from collections.abc import Iterator
from contextlib import contextmanager

from runners.clusters.kubernetes.api import Api
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import Node
from tests.kubernetes.told_guard import account, told
from tests.runners.contract_cluster import FIRST, SECOND, canary, carry_out, go_live
from tests.runners.until import until


@contextmanager
def autoscaled(bed: KubernetesBed, slot: str, least: int) -> Iterator[None]:
    """An autoscaler that finds so many replicas to be the least."""
    name = f"{bed.service}-{slot}"
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    meta = {"name": name, "labels": {"sluice.dev/service": bed.service}}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": 5}
    with bed.applied(
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": meta, "spec": spec}
    ):
        bed.until(lambda now: now.slot(slot).ready == least)
        yield


def test_what_it_raised_is_seen_and_kept_and_ends_with_the_slot(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1")
    with autoscaled(bed, "a", 3):
        canary(bed, SECOND, "v2", 50)
        bed.cluster.scale(SECOND, bed.service, "a", 2)  # fewer than it found to be needed

        now = bed.cluster.look(bed.service)
        assert (now.slot("a").wanted, now.slot("a").scaled, now.slot("b").scaled) == (3, True, False)
        assert now.carries("a", 1) == 3

        carry_out(lambda: bed.cluster.route(SECOND, bed.service, "b", 100))
        bed.until(lambda now: now.weights["b"] == 100)
        bed.cluster.promote(SECOND, bed.service, "b")
        bed.cluster.scale(SECOND, bed.service, "a", 0)
        bed.until(lambda now: not bed.pods("a"))

    bed.cluster.scale(SECOND, bed.service, "a", 1)  # by the same way, now that it is ours again
    assert bed.until(lambda now: now.slot("a").ready == 1).slot("a").scaled is False


def test_the_guard_takes_a_canary_back_that_it_has_raised(bed: KubernetesBed, node: Node) -> None:
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 50)
    with account(node, "gateway") as api, autoscaled(bed, "b", 2):
        back(bed, api)

    assert (bed.cluster.look(bed.service).slot("b").wanted, bed.cluster.look(bed.service).release) == (0, 0)


def back(bed: KubernetesBed, api: Api) -> None:
    """A guard whose minute of silence is over."""
    clock = told(bed, api, "gateway")
    clock.rounds(60)

    def ended() -> bool:
        clock.rounds(1)
        return bed.cluster.look(bed.service).release == 0

    until(ended, "it is back", 60, every=0.05)
