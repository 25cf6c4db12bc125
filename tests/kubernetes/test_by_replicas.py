"""A cluster without a gateway: replicas are the share, one Service is the anchor."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.errors import NeedsHuman, TryLater
from pipeline.shares import reachable
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import NAMESPACE, Node
from tests.kubernetes.conftest import apart
from tests.runners.contract_cluster import FIRST, SECOND, Bed, ClusterContract, carry_out, go_live
from tests.runners.until import until


@pytest.fixture
def bed() -> Iterator[KubernetesBed]:
    with apart(Node("dr", "")) as bed:
        yield bed


def canary(bed: Bed, percent: int, replicas: int) -> None:
    """The second release with a share, asked for as a stage asks: with the replicas that its next rung needs."""
    bed.cluster.beat(SECOND, bed.service)
    bed.cluster.deploy(SECOND, bed.service, "b", bed.workload("v2"), replicas)
    bed.until(lambda now: now.slot("b").ready == replicas)
    carry_out(lambda: bed.cluster.route(SECOND, bed.service, "b", percent))
    bed.until(lambda now: now.weights["b"] == percent)


def asked(bed: KubernetesBed, times: int) -> Counter[str]:
    """Who answers requests to the Service, each over a connection of its own."""
    (front,) = bed.node.objects("service", "-l", f"sluice.dev/service={bed.service}")
    ask = f"u.urlopen('http://{front['spec']['clusterIP']}/').read().decode().strip()"
    script = f"import urllib.request as u; [print({ask}) for _ in range({times})]"
    return Counter(bed.node.run("python3", "-c", script).split())


class TestByReplicas(ClusterContract):
    """One replica beside one: half is the only share there is, so two tests ask for it where others ask for less."""

    @pytest.fixture
    def bed(self, bed: KubernetesBed) -> Bed:
        return bed

    def test_a_canary_shares_the_traffic_with_stable(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")

        canary(bed, 50, 1)

        now = bed.cluster.look(bed.service)
        assert (now.stable, now.release, dict(now.weights)) == ("a", SECOND.release, {"a": 50, "b": 50})

    def test_a_slot_with_traffic_keeps_its_content(self, bed: Bed) -> None:
        go_live(bed, FIRST, "a", "v1")
        canary(bed, 50, 1)

        with pytest.raises(TryLater, match="still gets 50 %"):
            bed.cluster.deploy(SECOND, bed.service, "b", bed.workload("v3"), 1)
        with pytest.raises(TryLater, match="still gets 50 %"):
            bed.cluster.scale(SECOND, bed.service, "b", 0)


def test_users_are_shared_as_replicas_are_and_a_raise_is_a_change_of_the_anchor(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1", replicas=4)
    assert reachable(4)[0] == 20
    canary(bed, 20, 1)

    bed.cluster.deploy(SECOND, bed.service, "b", bed.workload("v2"), 4)  # for the rung after this one

    until(lambda: asked(bed, 10)["v2"], "the node's proxy knows the new replica")
    said = asked(bed, 500)
    assert len(bed.pods("b")) == 1
    assert set(said) == {"v1", "v2"}
    assert 55 <= said["v2"] <= 145  # each connection is drawn: 5 standard deviations around 100

    carry_out(lambda: bed.cluster.route(SECOND, bed.service, "b", 50))
    now = bed.until(lambda now: now.weights["b"] == 50)
    assert (now.slot("b").wanted, now.slot("b").ready) == (4, 4)


def test_going_back_is_one_write(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1")
    canary(bed, 50, 1)

    bed.cluster.route(SECOND, bed.service, "a", 100)

    assert dict(bed.cluster.look(bed.service).weights) == {"a": 100, "b": 0}
    until(lambda: set(asked(bed, 20)) == {"v1"}, "only the old version answers")
    assert bed.cluster.look(bed.service).slot("b").ready == 1


def test_a_way_back_that_is_short_of_replicas_goes_in_proportion(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1", replicas=2)
    canary(bed, 33, 1)
    carry_out(lambda: bed.cluster.route(SECOND, bed.service, "b", 50))
    bed.until(lambda now: now.weights["b"] == 50)

    bed.cluster.route(SECOND, bed.service, "b", 33)

    bed.until(lambda now: now.weights["b"] == 33 and len(bed.pods("b")) == 1)


def test_a_worker_that_slept_cannot_raise_a_share_by_scaling(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1", replicas=2)
    canary(bed, 33, 1)
    asleep = bed.asleep()
    bed.cluster.beat(replace(SECOND, epoch=SECOND.epoch + 1), bed.service)

    with pytest.raises(TryLater, match="somebody else wrote in dr at the same moment"):
        asleep.route(SECOND, bed.service, "b", 50)
    asleep.scale(SECOND, bed.service, "b", 9)  # it may ask, and is given no more than the anchor allows

    assert bed.cluster.look(bed.service).slot("b").wanted == 1
    assert len(bed.pods("b")) == 1


def test_replicas_scaled_by_hand_are_seen_and_not_overwritten(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1")
    canary(bed, 50, 1)
    bed.node.kubectl("-n", NAMESPACE, "scale", "deployment", f"{bed.service}-b", "--replicas=3")

    bed.until(lambda now: now.weights["b"] == 75)
    bed.cluster.beat(SECOND, bed.service)

    assert len(bed.pods("b")) == 3
    with pytest.raises(NeedsHuman, match="somebody else changed an object"):
        bed.cluster.scale(SECOND, bed.service, "b", 2)


def test_a_cluster_without_gateway_api_is_enough(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1")
    canary(bed, 50, 1)

    assert not bed.node.objects("httproute", "-l", f"sluice.dev/service={bed.service}")
