"""What Kubernetes objects look like and say, without a cluster."""

from dataclasses import replace

import pytest

from pipeline.errors import NeedsHuman
from runners.clusters.anchor import Anchor
from runners.clusters.desired import Service, Slot
from runners.clusters.kubernetes import health, notes, objects, pods
from runners.clusters.kubernetes.objects import Place
from runners.ports import Fence

FENCE = Fence(release=7, epoch=3)
SERVE = {"image": "registry.example/shop", "ready": "/readyz", "drain": 1.2, "env": {"LOG": "info"}}
OLD = Slot("sha256:old", "v1", SERVE, 4, 1)
NEW = Slot("sha256:new", "v2", SERVE, 4, 2)
PLACE = Place("shop", "edge/web", hostnames={"shop": ("shop.example",)})
WANTED = Service(Anchor("a", holder=7, moving=True, epochs={7: 3}), {"a": OLD, "b": NEW}, {"a": 90, "b": 10})


def shown(deployment, **status):
    """A Deployment as the API server gives it back."""
    meta = {**deployment["metadata"], "generation": 5}
    return {**deployment, "metadata": meta, "status": {"observedGeneration": 5, **status}}


def made(wanted=WANTED, before=None):
    empty = objects.route("shop", PLACE)
    return objects.turned(empty, "shop", wanted, FENCE, before or {"a": 100, "b": 0})


def accepted(route, generation, *, conditions=("Accepted", "ResolvedRefs"), status="True"):
    said = [
        {"type": kind, "status": status, "reason": "BackendNotFound", "message": "no", "observedGeneration": generation}
        for kind in conditions
    ]
    return {**route, "metadata": {**route["metadata"], "generation": 2}, "status": {"parents": [{"conditions": said}]}}


def test_what_is_written_is_read_back():
    deployments = {name: objects.workload("shop", name, slot, FENCE) for name, slot in WANTED.slots.items()}

    assert objects.read("shop", deployments, made()) == WANTED


def test_a_filter_that_somebody_put_on_a_backend_stays_on_all_of_them():
    """Envoy Gateway counts the backends of a rule apart where one has a filter."""
    route = made()
    mark = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x-nothing"]}}
    route["spec"]["rules"][0]["backendRefs"][0]["filters"] = [mark]

    again = objects.turned(route, "shop", replace(WANTED, weights={"a": 50, "b": 50}), FENCE, {"a": 90, "b": 10})

    assert [ref["filters"] for ref in again["spec"]["rules"][0]["backendRefs"]] == [[mark], [mark]]
    assert "filters" not in made()["spec"]["rules"][0]["backendRefs"][0]


def test_a_service_without_objects_is_new():
    assert objects.read("shop", {}, None) == Service()


def test_somebody_scaling_by_hand_is_seen():
    deployment = objects.workload("shop", "a", OLD, FENCE)
    deployment["spec"]["replicas"] = 9

    assert objects.read("shop", {"a": deployment}, None).slots["a"] == replace(OLD, replicas=9)


def test_a_damaged_annotation_is_for_a_person():
    route = made()
    route["metadata"]["annotations"][notes.ANCHOR] = "{"

    with pytest.raises(NeedsHuman, match="HTTPRoute shop is damaged"):
        objects.read("shop", {}, route)


def beaten(**words):
    """A route whose annotations say something else than its anchor, named without their prefix."""
    route = made()
    route["metadata"]["annotations"] |= {f"{notes.OURS}/{name}": value for name, value in words.items()}
    return notes.anchor(route, "HTTPRoute shop")


def test_a_heartbeat_beside_the_anchor_raises_its_epoch():
    was, words = notes.beaten(Fence(release=7, epoch=4))
    route = made()

    assert was.items() <= route["metadata"]["annotations"].items()
    route["metadata"]["annotations"] |= words
    assert notes.anchor(route, "HTTPRoute shop") == replace(WANTED.anchor, epochs={7: 4})


@pytest.mark.parametrize("words", [{"epoch": "2"}, {"epoch": "soon"}, {"release": "8", "epoch": "9"}])
def test_an_epoch_that_is_older_or_no_number_or_of_somebody_else_is_none(words):
    assert beaten(**words) == WANTED.anchor


def test_the_route_names_both_slots_also_at_zero():
    (rule,) = made(replace(WANTED, weights={"a": 100, "b": 0}))["spec"]["rules"]

    assert [(ref["name"], ref["weight"]) for ref in rule["backendRefs"]] == [("shop-a-1", 100), ("shop-b-2", 0)]


def test_a_slot_that_never_ran_is_not_named():
    first = Service(Anchor(holder=7, moving=True), {"a": OLD, "b": Slot()}, {"a": 0, "b": 0})

    (rule,) = made(first)["spec"]["rules"]

    assert [ref["name"] for ref in rule["backendRefs"]] == ["shop-a-1"]


def test_a_route_that_does_not_know_the_newest_content_is_noticed():
    newer = WANTED.with_slot("b", replace(NEW, generation=3))
    route = made()
    foreign = {"backendRefs": [{"name": "shop-b-3x-of-somebody-else", "port": 80}]}
    route["spec"]["rules"].append(foreign)

    assert objects.names_both(route, "shop", WANTED)
    assert not objects.names_both(route, "shop", newer)
    assert objects.names_both(route, "shop", newer.with_slot("b", Slot()))


def test_filters_matches_and_rules_of_others_stay():
    route = made()
    route["metadata"]["annotations"]["example.com/owner"] = "edge"
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["X-Debug"]}}]
    theirs = {"matches": [{"path": {"value": "/legacy"}}], "backendRefs": [{"name": "legacy", "port": 80}]}
    route["spec"]["rules"] = [theirs, {**route["spec"]["rules"][0], "filters": filters}]

    turned = objects.turned(route, "shop", replace(WANTED, weights={"a": 50, "b": 50}), FENCE, {"a": 90, "b": 10})

    assert turned["metadata"]["annotations"]["example.com/owner"] == "edge"
    assert turned["spec"]["rules"][0] == theirs
    assert turned["spec"]["rules"][1]["filters"] == filters
    assert objects.weights("shop", turned) == {"a": 50, "b": 50}


def test_new_weights_count_once_the_gateway_has_taken_them():
    assert objects.routed("shop", accepted(made(), 1)) == ({"a": 100, "b": 0}, "")
    assert objects.routed("shop", accepted(made(), 2)) == ({"a": 90, "b": 10}, "")
    assert objects.routed("shop", accepted(made(), 2, conditions=("Accepted",))) == ({"a": 100, "b": 0}, "")


def test_a_route_that_is_refused_says_why():
    does, why = objects.routed("shop", accepted(made(), 2, status="False"))

    assert does == {"a": 100, "b": 0}
    assert why == "the gateway does not take the route of shop: BackendNotFound: no; BackendNotFound: no"


def test_a_gateway_that_is_not_there_is_named():
    nobody = {**made(), "status": {}}

    assert objects.routed("shop", nobody)[1] == "no gateway has taken up the route of shop; it asks for edge/web"


def test_a_replica_drains_before_it_ends():
    pod = objects.workload("shop", "a", OLD, FENCE)["spec"]["template"]["spec"]

    assert pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"] == pods.LAG + 2
    assert pod["terminationGracePeriodSeconds"] > pods.LAG + 2
    assert pod["containers"][0]["image"] == "registry.example/shop@sha256:old"
    assert {"name": "LOG", "value": "info"} in pod["containers"][0]["env"]


def test_replicas_of_the_content_before_are_not_ready_ones():
    deployment = objects.workload("shop", "a", OLD, FENCE)

    assert health.ready(shown(deployment, replicas=8, updatedReplicas=4, readyReplicas=4)) == 0
    assert health.ready(shown(deployment, replicas=4, updatedReplicas=4, readyReplicas=3)) == 3
    assert health.ready(shown(deployment)) == 0


def test_a_status_of_another_generation_is_not_believed():
    late = shown(objects.workload("shop", "a", OLD, FENCE))
    late["status"]["observedGeneration"] = 4

    assert not health.settled(late)
    assert health.settled(shown(objects.workload("shop", "a", OLD, FENCE)))


def pod(*, generation=1, leaving=False, ready=False, scheduled="True", **container):
    said = [
        {"type": "PodScheduled", "status": scheduled, "message": "0/1 nodes are available: 1 Insufficient cpu."},
        {"type": "Ready", "status": str(ready)},
    ]
    meta = {"name": "shop-a-x", "labels": {objects.SLOT: "a", objects.GENERATION: str(generation)}}
    if leaving:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    status = {"conditions": said, "containerStatuses": [container] if container else []}
    return {"metadata": meta, "status": status}


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (pod(), ""),
        (pod(state={"waiting": {"reason": "ContainerCreating"}}), ""),
        (pod(scheduled="False"), "no node can take a replica: 0/1 nodes are available: 1 Insufficient cpu"),
        (
            pod(state={"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling"}}),
            "ImagePullBackOff: Back-off pulling",
        ),
        (
            pod(
                restartCount=2,
                state={"waiting": {"reason": "CrashLoopBackOff"}},
                lastState={"terminated": {"exitCode": 3}},
            ),
            "CrashLoopBackOff: a replica ended with exit code 3",
        ),
        (pod(state={"terminated": {"exitCode": 1}}), "CrashLoopBackOff: a replica ended with exit code 1"),
        (pod(state={"running": {}}), "a replica runs and does not answer its readiness probe"),
        (pod(leaving=True, scheduled="False"), ""),
        (pod(generation=2, scheduled="False"), ""),
    ],
)
def test_what_keeps_a_replica_is_said_as_a_person_would_ask(one, why):
    assert health.trouble(shown(objects.workload("shop", "a", OLD, FENCE)), [one], "a", 1) == why


def test_a_quota_says_what_it_allows():
    message = 'pods "shop-a-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4'
    failed = {"type": "ReplicaFailure", "status": "True", "message": message}
    deployment = shown(objects.workload("shop", "a", OLD, FENCE), conditions=[failed])

    assert health.trouble(deployment, [], "a", 1).startswith("the cluster takes no more replicas: exceeded quota")


def test_the_pod_whose_last_words_are_worth_reading():
    crashing = pod(state={"terminated": {"exitCode": 1}})

    assert health.crashed([pod(), crashing], "a", 1) == "shop-a-x"
    assert health.crashed([pod()], "a", 1) == ""
    assert health.ready_pods([pod(ready=True), pod(ready=True, leaving=True), pod()], "a", 1) == 1
