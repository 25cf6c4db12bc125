"""Plans: what is made of a definition, what is refused, what is pinned."""

from dataclasses import replace

import pytest

from pipeline import plan, safety
from pipeline.definition.platform import Platform
from pipeline.errors import UnsafePlan
from pipeline.pinned import configuration, content_hash, pin, unpin, unpin_objects
from pipeline.plan import Stage, margins, passage, passages, replicas_for
from pipeline.settings import AllTests, Approval, Capacity, Freeze, Healthy, Judge, Soak, Turn

from .shop import app, platform

STEPS = plan.make(app(), platform())


def test_a_plan_is_build_test_and_then_canary_and_rollout_of_each_wave():
    names = [step.name for step in STEPS]

    assert names == [
        "build",
        "test",
        "canary az1",
        "rollout az1",
        "canary az2",
        "rollout az2",
        "canary dr",
        "rollout dr",
    ]


def test_a_release_crosses_every_rung_in_the_declared_order():
    walk = [(one.name, one.percent) for one in passages(STEPS)]

    assert walk == [
        ("test", 0),
        ("canary az1", 0),
        ("canary az1 10%", 10),
        ("canary az1 50%", 50),
        ("rollout az1", 50),
        ("rollout az1 95%", 95),
        ("rollout az1 100%", 100),
        ("canary az2", 0),
        ("canary az2 50%", 50),
        ("rollout az2", 50),
        ("rollout az2 95%", 95),
        ("rollout az2 100%", 100),
        ("canary dr", 0),
        ("canary dr 25%", 25),
        ("rollout dr", 25),
        ("rollout dr 100%", 100),
        ("live", 100),
    ]


def test_each_passage_asks_its_gates():
    gates = {one.name: [gate.name for gate in one.gates] for one in passages(STEPS)}

    assert gates["test"] == []
    assert gates["canary az1"] == ["tests", "turn", "approval release-managers", "freeze"]
    assert gates["canary az1 10%"] == ["freeze", "capacity"]
    assert gates["canary az1 50%"] == ["judge", "freeze", "capacity"]
    assert gates["rollout az1"] == ["judge"]
    assert gates["rollout az1 100%"] == ["soak", "judge", "freeze", "capacity"]
    assert gates["canary az2"] == ["healthy", "freeze"]
    assert gates["live"] == ["healthy"]


def test_without_a_canary_the_soak_is_the_first_to_be_judged():
    waves = [{"clusters": ["az1"], "canary": [], "soak": "10s"}]
    gates = {one.name: [gate.name for gate in one.gates] for one in passages(plan.make(app(waves=waves), platform()))}

    assert gates["rollout az1 95%"] == ["freeze", "capacity"]
    assert gates["rollout az1 100%"] == ["soak", "judge", "freeze", "capacity"]


def test_names_of_passages_and_of_gates_within_one_are_never_used_twice():
    walk = list(passages(STEPS))

    assert len({one.name for one in walk}) == len(walk)
    for one in walk:
        assert len({gate.name for gate in one.gates}) == len(one.gates)


def test_the_first_version_in_a_cluster_is_rolled_out_by_readiness_alone():
    at = [step.name for step in STEPS].index("canary az1")

    assert passage(STEPS, at, 0, first=True).name == "rollout az1"
    assert passage(STEPS, at + 1, 0, first=True).name == "rollout az1 100%"


def test_the_way_back_to_a_live_version_has_no_build_no_canary_and_no_freeze():
    steps = plan.make_return(app())

    assert [step.stage for step in steps] == [Stage.BUILD] + [Stage.ROLLOUT] * 3
    asked = {type(gate).__name__ for one in passages(steps) for gate in one.gates}
    assert asked == {"Verified", "Turn", "Capacity", "Healthy"}


def test_protected_clusters_keep_their_rules_whatever_the_team_writes():
    rule = {"clusters": ["az2"], "gates": [{"approval": {"from": "security", "of": 1}}]}
    other = {"apps": ["erp"], "gates": [{"approval": {"from": "finance", "of": 1}}]}
    steps = plan.make(app(), platform(protection=[rule, other]))

    entered = {one.name: one.gates for one in passages(steps)}
    assert Approval("security", 1, 86400.0) in entered["canary az2"]
    assert not [gate for gate in entered["canary az1"] if gate.name == "approval security"]
    assert not [gate for gates in entered.values() for gate in gates if gate.name == "approval finance"]


def test_of_two_rules_for_one_group_the_stricter_wins():
    rule = {"gates": [{"approval": {"from": "release-managers", "of": 3, "expires": "2h"}}]}
    steps = plan.make(app(), platform(protection=[rule]))

    entered = {one.name: one.gates for one in passages(steps)}
    assert Approval("release-managers", 3, 7200.0) in entered["canary az1"]


def test_the_settings_of_the_definition_reach_the_gates():
    spec = app(judge={"errors": {"margin": "1pp"}, "warm-up": "5s", "deadline": "10m", "inconclusive": "hold"})
    gates = {one.name: one.gates for one in passages(plan.make(spec, platform()))}

    judge = Judge(0.01, warm_up=5.0, deadline=600.0, inconclusive="hold", pods="http_requests_total")
    assert gates["rollout az1"] == (judge,)
    assert gates["canary az1 50%"][0] == replace(judge, margin=0.02)
    assert Soak(10.0) in gates["rollout az1 100%"]
    assert Capacity(50, 2, 60.0) in gates["canary az1 50%"]
    assert gates["canary az1"][:2] == (AllTests(), Turn("latest_wins"))
    assert gates["live"] == (Healthy(),)
    assert Freeze() in gates["rollout dr 100%"]


def test_replicas_and_margins_follow_the_share():
    assert [replicas_for(percent, 4) for percent in (1, 25, 26, 95, 100)] == [1, 1, 2, 4, 4]
    assert margins(0.005, 4) == (0.02, 0.02, 0.01, 0.005)
    assert margins(0.03, 2) == (0.03, 0.03)


@pytest.mark.parametrize(
    ("waves", "complaint"),
    [
        pytest.param([["az3"]], 'waves[0].clusters[0]: "az3" is no cluster of this installation', id="unknown"),
        pytest.param([["az1", "az2"]], "az1 and az2 carry group east together", id="active-active"),
        pytest.param([["az1", "dr"]], "dr is for disasters; give it a wave of its own", id="dr-with-others"),
        pytest.param([["dr"], ["az1"]], "the wave for disasters must be the last one", id="dr-first"),
    ],
)
def test_a_plan_that_is_not_safe_is_refused_before_it_starts(waves, complaint):
    spec = app(waves=[{"clusters": clusters, "soak": "5s"} for clusters in waves])

    with pytest.raises(UnsafePlan) as refused:
        safety.check(spec, platform())

    assert complaint in str(refused.value)


def test_the_region_for_disasters_waits_for_a_soak_of_the_others():
    spec = app(waves=[{"clusters": ["az1"], "soak": "0s"}, {"clusters": ["dr"]}])

    with pytest.raises(UnsafePlan, match=r"waves\[0\].soak: dr follows and starts only after a soak"):
        safety.check(spec, platform())


def test_a_release_serves_one_kind_of_cluster():
    clusters = {"az1": {}, "k1": {"kind": "kubernetes"}}

    with pytest.raises(UnsafePlan, match="of different kinds"):
        safety.check(app(waves=[{"clusters": ["az1"]}, {"clusters": ["k1"]}]), platform(clusters=clusters))


REACHED = {"namespace": "shop", "gateway": "edge/web", "counters": "http://traefik.example.org:9100/metrics"}
KUBERNETES = {"k1": {"kind": "kubernetes", "kubernetes": REACHED}}
ENTRY = {"tenant": "web", "repository": "https://git.example.org/shop.git"}


def with_image(clusters: dict[str, object]) -> Platform:
    return platform(clusters=clusters, apps={"shop": {**ENTRY, "image": "registry.example.org/web/shop"}})


def test_kubernetes_clusters_need_to_know_where_images_are_kept():
    with pytest.raises(UnsafePlan, match=r"platform\.yaml must say where they are kept: image: of the app"):
        safety.check(app(waves=[{"clusters": ["k1"]}]), platform(clusters=KUBERNETES))

    safety.check(app(waves=[{"clusters": ["k1"]}]), with_image(KUBERNETES))


def test_local_clusters_run_bundles_and_no_images():
    with pytest.raises(UnsafePlan, match="local clusters run bundles; remove image: there"):
        safety.check(app(waves=[{"clusters": ["az1"]}]), with_image({"az1": {}}))


def test_local_clusters_need_the_command_of_a_replica_and_kubernetes_does_not():
    silent = {"ready": "/readyz"}

    with pytest.raises(UnsafePlan, match=r"serve.run: local clusters need the command of one replica"):
        safety.check(app(serve=silent), platform())
    safety.check(app(serve=silent, waves=[{"clusters": ["k1"]}]), with_image(KUBERNETES))


@pytest.mark.parametrize(("key", "value"), [("manifests", "deploy"), ("chart", {"path": "chart"})])
def test_objects_of_an_app_are_for_kubernetes(key, value):
    brings = {"run": "serve", key: value}

    with pytest.raises(UnsafePlan, match=rf"serve.{key}: the clusters are local and have no Kubernetes objects"):
        safety.check(app(serve=brings), platform())
    safety.check(app(serve=brings, waves=[{"clusters": ["k1"]}]), with_image(KUBERNETES))


def test_old_and_new_must_fit_side_by_side():
    clusters = {"az1": {"capacity": 6}, "az2": {}, "dr": {"dr": True}}

    with pytest.raises(UnsafePlan, match="az1 runs 6 replicas at most, and old and new version side by side need 8"):
        safety.check(app(), platform(clusters=clusters))


def test_all_complaints_come_at_once_and_a_safe_plan_has_none():
    spec = app(waves=[{"clusters": ["dr"], "soak": "0s"}, {"clusters": ["az1", "az2"]}])

    assert len(list(safety.complaints(spec, platform()))) == 2
    safety.check(app(), platform())


@pytest.mark.parametrize("steps", [STEPS, plan.make_return(app())], ids=["normal", "return"])
def test_what_is_pinned_comes_back_equal(steps):
    assert unpin(pin(app(), steps)) == (app(), steps)


def test_the_objects_of_an_app_are_pinned_beside_its_plan():
    brought = {"container": "shop", "pod": {"containers": [{"name": "shop"}]}}
    text = pin(app(), STEPS, brought)

    assert (unpin(text), unpin_objects(text)) == ((app(), STEPS), brought)
    assert unpin_objects(pin(app(), STEPS)) == {}


def test_the_target_configuration_of_an_app_changes_with_its_clusters_and_its_rules_alone():
    rule = {"apps": ["shop"], "gates": [{"approval": {"from": "security"}}]}
    other = {"apps": ["erp"], "gates": [{"approval": {"from": "finance"}}]}
    as_it_is = configuration(platform(), "shop")

    assert configuration(platform(protection=[other]), "shop") == as_it_is
    assert configuration(platform(protection=[rule]), "shop") != as_it_is
    assert configuration(platform(clusters={"az1": {"capacity": 7}}), "shop") != as_it_is
    assert content_hash(as_it_is).startswith("sha256:")
