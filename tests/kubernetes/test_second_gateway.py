"""Nothing owes anything to Traefik: an Envoy under Contour keeps the same contract, and its users notice as little."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.kubernetes import test_traffic as traffic
from tests.kubernetes.bed import KubernetesBed
from tests.runners.contract_cluster import FIRST, SECOND, Bed, ClusterContract, canary, go_live


class TestSecondGateway(ClusterContract):
    @pytest.fixture
    def bed(self, bed_second: KubernetesBed) -> Bed:
        return bed_second


@pytest.mark.parametrize(
    "story",
    [
        traffic.test_nobody_sees_a_failure_when_traffic_moves_and_the_old_slot_ends,
        traffic.test_nobody_sees_a_failure_when_a_canary_goes_back,
        traffic.test_a_request_in_flight_is_answered_by_a_replica_that_leaves,
    ],
)
def test_users_notice_as_little(story: Callable[[KubernetesBed], None], bed_second: KubernetesBed) -> None:
    story(bed_second)


def test_its_share_is_as_asked(bed_second: KubernetesBed) -> None:
    """Envoy draws for each request, so the share is right on average: 5 standard deviations are allowed."""
    bed = bed_second
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 20)
    bed.gateway_follows()

    said = Counter(bed.node.ask(bed.host)[1] for _ in range(1000))

    assert set(said) == {"v1", "v2"}
    assert 137 <= said["v2"] <= 263


def test_a_content_is_named_in_the_route_before_it_gets_a_share(bed_second: KubernetesBed) -> None:
    bed = bed_second
    go_live(bed, FIRST, "a", "v1")
    bed.cluster.beat(SECOND, bed.service)

    bed.cluster.deploy(SECOND, bed.service, "b", bed.workload("v2"), 1)

    (route,) = bed.node.objects("httproute", "-l", f"sluice.dev/service={bed.service}")
    refs = [(ref["name"], ref["weight"]) for ref in route["spec"]["rules"][0]["backendRefs"]]
    assert refs == [(f"{bed.service}-a-1", 100), (f"{bed.service}-b-2", 0)]
