"""Clusters without a gateway: which shares they can give, what is refused, and what their plan looks like."""

import pytest

from pipeline import plan, safety
from pipeline.definition.platform import Platform
from pipeline.errors import UnsafePlan
from pipeline.pinned import pin, unpin
from pipeline.plan import passages
from pipeline.settings import Capacity, Soak
from pipeline.shares import beside, reachable

from .shop import app, platform

WITHOUT = {"kind": "kubernetes", "kubernetes": {"namespace": "shop", "counters": "http://counts.example.org/metrics"}}
WITH = {"kind": "kubernetes", "kubernetes": {**WITHOUT["kubernetes"], "gateway": "edge/web"}}


def clusters(**kinds: object) -> Platform:
    entry = {
        "tenant": "web",
        "repository": "https://git.example.org/shop.git",
        "image": "registry.example.org/web/shop",
    }
    return platform(clusters=kinds, apps={"shop": entry})


def rungs(canary: list[str], soak: str = "10s") -> list[tuple[str, int]]:
    """Every raise of traffic of one wave without a gateway, and the replicas that are asked for before it."""
    waves = [{"clusters": ["k1"], "canary": canary, "soak": soak}]
    walk = passages(plan.make(app(waves=waves), clusters(k1=WITHOUT)))
    return [(one.name, gate.replicas) for one in walk for gate in one.gates if isinstance(gate, Capacity)]


@pytest.mark.parametrize("replicas", range(1, 101))
def test_each_share_that_is_reachable_is_given_by_a_number_of_replicas(replicas):
    for share in reachable(replicas):
        new = beside(share, replicas)
        assert round(100 * new / (new + replicas)) == share


def test_few_replicas_have_few_shares():
    assert [reachable(replicas) for replicas in (1, 2, 4)] == [(50,), (33, 50), (20, 33, 43, 50)]


def test_a_share_that_cannot_be_given_is_refused_with_those_that_can():
    spec = app(waves=[{"clusters": ["k1"], "canary": ["10%", "50%"]}])

    with pytest.raises(UnsafePlan) as refused:
        safety.check(spec, clusters(k1=WITHOUT))

    said = "k1 has no gateway: beside 4 replicas it can give 20, 33, 43, 50 %, and not 10 %"
    assert str(refused.value) == f"waves[0].canary[0]: {said}"
    safety.check(app(waves=[{"clusters": ["k1"], "canary": ["20%", "50%"]}]), clusters(k1=WITHOUT))


def test_a_wave_has_gateways_everywhere_or_nowhere():
    spec = app(waves=[{"clusters": ["k1", "k2"], "canary": ["50%"]}])

    with pytest.raises(UnsafePlan, match=r"waves\[0\].clusters: k2 has no gateway and others have one"):
        safety.check(spec, clusters(k1=WITH, k2=WITHOUT))


def test_replicas_of_the_next_share_come_with_it_and_not_before():
    expected = [("canary k1 20%", 1), ("canary k1 33%", 1), ("rollout k1 50%", 2), ("rollout k1 100%", 4)]

    assert rungs(["20%", "33%"]) == expected
    assert rungs(["20%", "33%"], soak="0s") == expected  # full size beside full size comes before everyone


def test_half_is_the_share_of_the_soak():
    assert rungs(["50%"]) == [("canary k1 50%", 2), ("rollout k1 100%", 4)]
    assert rungs([]) == [("rollout k1 50%", 2), ("rollout k1 100%", 4)]
    assert rungs([], soak="0s") == [("rollout k1 100%", 4)]
    waves = [{"clusters": ["k1"], "canary": ["50%"], "soak": "10s"}]
    gates = {one.name: one.gates for one in passages(plan.make(app(waves=waves), clusters(k1=WITHOUT)))}
    assert Soak(10.0, 50) in gates["rollout k1 100%"]


def test_what_is_pinned_says_how_its_clusters_split():
    steps = plan.make(app(waves=[{"clusters": ["k1"], "canary": ["50%"]}]), clusters(k1=WITHOUT))

    assert unpin(pin(app(), steps))[1] == steps
    assert [step.by_replicas for step in steps] == [False, False, True, True]
