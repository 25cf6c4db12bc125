"""What users notice, measured at the gateway of a real cluster under load."""

from collections import Counter

import pytest

from tests.kubernetes.bed import KubernetesBed
from tests.load import Load
from tests.runners.contract_cluster import FIRST, SECOND, canary, carry_out, go_live


@pytest.mark.alone
def test_a_share_is_exact_also_while_the_heartbeat_goes_on(bed_apart: KubernetesBed) -> None:
    """A gateway that began its round anew with each heartbeat would give a small canary too little. Traefik does so
    with each change of any route, so this test has a gateway to itself."""
    bed = bed_apart
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 5)

    bed.gateway_follows()
    said: Counter[str] = Counter()
    for number in range(400):
        if number % 20 == 0:
            bed.cluster.beat(SECOND, bed.service)
        said[bed.node.ask(bed.host)[1]] += 1

    assert set(said) == {"v1", "v2"}
    assert 400 * 0.05 - 4 <= said["v2"] <= 400 * 0.05 + 4


def test_nobody_sees_a_failure_when_traffic_moves_and_the_old_slot_ends(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1", replicas=2)
    bed.gateway_follows()
    with Load(bed.node.gateway, 100, host=bed.host) as load:
        slot = canary(bed, SECOND, "v2", 25)
        bed.cluster.scale(SECOND, bed.service, slot, 2)
        bed.until(lambda now: now.slot(slot).ready == 2)
        carry_out(lambda: bed.cluster.route(SECOND, bed.service, slot, 100))
        bed.until(lambda now: now.weights[slot] == 100)
        bed.cluster.promote(SECOND, bed.service, slot)
        bed.cluster.scale(SECOND, bed.service, "a", 0)
        bed.until(lambda now: not bed.pods("a"))

    assert load.failed == 0
    assert load.said()["v1\n"] > 0 < load.said()["v2\n"]


def test_nobody_sees_a_failure_when_a_canary_goes_back(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1")
    bed.gateway_follows()
    with Load(bed.node.gateway, 100, host=bed.host) as load:
        slot = canary(bed, SECOND, "v2", 50)
        carry_out(lambda: bed.cluster.route(SECOND, bed.service, "a", 100))
        bed.until(lambda now: now.weights[slot] == 0)
        bed.cluster.scale(SECOND, bed.service, slot, 0)
        bed.cluster.settle(SECOND, bed.service, "a")
        bed.until(lambda now: not bed.pods(slot))

    assert load.failed == 0


def test_a_request_in_flight_is_answered_by_a_replica_that_leaves(bed: KubernetesBed) -> None:
    """The longest request takes 2 s here, and the definition says so."""
    cluster, patient = bed.cluster, bed.workload("v1", drain=2.5)
    cluster.beat(FIRST, bed.service)
    cluster.deploy(FIRST, bed.service, "a", patient, 1)
    bed.until(lambda now: now.slot("a").ready == 1)
    carry_out(lambda: cluster.route(FIRST, bed.service, "a", 100))
    bed.until(lambda now: now.weights["a"] == 100)
    cluster.promote(FIRST, bed.service, "a")
    bed.gateway_follows()
    with Load(bed.node.gateway, 5, host=bed.host, path="/slow") as load:
        slot = canary(bed, SECOND, "v2", 100)
        cluster.promote(SECOND, bed.service, slot)
        cluster.scale(SECOND, bed.service, "a", 0)
        bed.until(lambda now: not bed.pods("a"))

    assert load.failed == 0
    assert load.said()["v1\n"] > 0
