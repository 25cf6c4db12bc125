"""Whole lives of releases where replicas are the share: real ledger, loop, stages and rule; the cluster is a fake."""

from dataclasses import dataclass, replace

import pytest

from pipeline.facts import ClusterSeen
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.by_replicas import ByReplicas
from runners.clusters.kubernetes.objects import Place
from runners.clusters.kubernetes.way import Found
from tests.fake_clusters import FakeCluster
from tests.rules import shop
from tests.runners.fake_world import Office

CLUSTER = {"kind": "kubernetes", "kubernetes": {"namespace": "shop", "counters": "http://counts.example.org/metrics"}}
DEFINITION = """
app: shop
serve: {ready: /readyz, replicas: 4}
judge:
  errors: {margin: 2pp}
waves:
  - {clusters: [k1], canary: [20%, 33%], soak: 10s}
"""


def nobody() -> object:
    raise AssertionError("no API server is asked")


WAY = ByReplicas(Api("k1", nobody), Place("shop", ""))  # type: ignore[arg-type]


@dataclass
class ReplicaCluster(FakeCluster):
    """Replicas are there at once, as many as the rule gives, and share the requests evenly."""

    def look(self, service: str) -> ClusterSeen:
        seen, one = super().look(service), self.desired.service(service)
        slots = {
            name: replace(slot, wanted=WAY.given(one, name), ready=WAY.given(one, name))
            for name, slot in seen.slots.items()
        }
        weights, _ = WAY.does(service, Found({}, None, one), {name: slot.ready for name, slot in slots.items()})
        return replace(seen, slots=slots, weights=weights)


@pytest.fixture
def office(tmp_path):
    entry = {"tenant": "vmart", "repository": "https://git.example/shop.git", "image": "registry.example.org/web/shop"}
    platform = shop.platform(clusters={"k1": CLUSTER}, apps={"shop": entry})
    return Office(tmp_path, DEFINITION, {"k1": ReplicaCluster("k1")}, platform)


def test_a_good_version_climbs_by_the_shares_that_there_are(office):
    assert office.play(office.push("v1")) == "live"
    release_id, shares = office.push("v2"), [0]
    while office.row(release_id).state == "running":
        office.step(release_id)
        share = office.seen("k1").weights["b"]
        shares += [share] if share != shares[-1] else []

    assert office.row(release_id).state == "live"
    assert shares == [0, 20, 33, 50, 100]


def test_a_bad_version_is_taken_back(office):
    office.play(office.push("v1"))
    first = office.serves("k1")
    release_id = office.push("v2")

    assert office.play(release_id, bad=30) == "rolled back"

    assert office.serves("k1") == first
    assert office.row(release_id).reason_kind == "harmed"


def test_a_live_version_returns_to_the_one_before(office):
    office.play(office.push("v1"))
    first = office.serves("k1")
    release_id = office.push("v2")
    office.play(release_id)

    back = office.ledger.submit_return(release_id, None, "lena", "checkout is slow")

    assert office.play(back) == "live"
    assert office.serves("k1") == first
