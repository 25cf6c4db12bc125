"""Nobody lives who could move a weight, and the replicas of a canary stop being ready by themselves: where that is a
belt, and where it is none."""

import time
from collections import Counter

from pipeline.facts import ClusterSeen
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import Node
from tests.kubernetes.conftest import apart
from tests.runners.contract_cluster import FIRST, SECOND, carry_out, go_live

LASTS = 15.0  # seconds for which the canary stays ready


def halfway(bed: KubernetesBed) -> None:
    """Half of the users are on a canary whose time runs out."""
    go_live(bed, FIRST, "a", "v1")
    bed.cluster.beat(SECOND, bed.service)
    late = bed.workload("v2", CANARY_NOT_AFTER=str(time.time() + LASTS))
    bed.cluster.deploy(SECOND, bed.service, "b", late, 1)
    bed.until(lambda now: now.slot("b").ready == 1)
    carry_out(lambda: bed.cluster.route(SECOND, bed.service, "b", 50))
    bed.until(lambda now: now.weights["b"] == 50)


def out(now: ClusterSeen) -> bool:
    return now.slot("b").ready == 0


def test_behind_a_gateway_it_is_none_as_weights_stay_and_the_share_fails(bed: KubernetesBed) -> None:
    halfway(bed)

    assert bed.until(out).weights["b"] == 50

    bed.gateway_follows()
    said = Counter(bed.node.ask(bed.host)[0] for _ in range(20))
    assert said == {200: 10, 503: 10}


def test_where_replicas_are_the_share_users_go_to_stable() -> None:
    with apart(Node("dr", "")) as bed:
        halfway(bed)

        assert bed.until(out).weights == {"a": 100, "b": 0}
