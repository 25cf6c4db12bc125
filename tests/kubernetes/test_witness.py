"""The API server refuses what no worker may do, also from one that does not look at the anchor; its log tells."""

import json
import uuid
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from pipeline.errors import NeedsHuman
from runners.clusters.kubernetes import notes, objects
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.refusals import Conflict
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import NAMESPACE, Node, image
from tests.kubernetes.helm import namespace
from tests.runners.contract_cluster import FIRST, SECOND, canary, go_live


def changed(bed: KubernetesBed, *, share: int | None = None, **words: str) -> dict[str, Any]:
    """The route as it is now, with another share for slot b and other annotations (named without their prefix)."""
    route = bed.api.get("HTTPRoute", NAMESPACE, bed.service)
    assert route is not None
    route["metadata"]["annotations"] |= {f"{objects.OURS}/{name}": value for name, value in words.items()}
    if share is not None:
        stable, moved = route["spec"]["rules"][0]["backendRefs"]
        stable["weight"], moved["weight"] = 100 - share, share
    return route


def put(bed: KubernetesBed, *, share: int | None = None, **words: str) -> None:
    """Write the route so, whatever the gateway writes into its status meanwhile."""
    while True:
        with suppress(Conflict):
            return bed.api.replace(changed(bed, share=share, **words), NAMESPACE)


@pytest.fixture
def halfway(bed: KubernetesBed) -> KubernetesBed:
    """Release 12 has 25 % of the traffic."""
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 25)
    return bed


def test_an_older_epoch_is_refused_and_the_log_of_the_server_tells(halfway: KubernetesBed) -> None:
    with pytest.raises(NeedsHuman, match=r"fenced out by epoch 2 of release 12: this write has epoch 1"):
        put(halfway, share=50, epoch=str(SECOND.epoch - 1))

    assert halfway.cluster.look(halfway.service).weights["b"] == 25
    (refused,) = [one for one in halfway.audited() if "sluice-witness" in one["responseStatus"].get("message", "")]
    assert refused["responseStatus"]["code"] == 422
    assert refused["user"]["username"] == "system:serviceaccount:shop:sluice"


def test_what_the_guard_marked_gets_no_more_traffic(halfway: KubernetesBed) -> None:
    put(halfway, share=10, marked=str(SECOND.release))

    with pytest.raises(NeedsHuman, match="the guard took release 12 back here"):
        put(halfway, share=11)
    put(halfway, share=0)

    halfway.until(lambda now: now.weights["b"] == 0)


def test_a_mark_cannot_be_wiped_away(halfway: KubernetesBed) -> None:
    put(halfway, marked="5,12")

    with pytest.raises(NeedsHuman, match="a mark of the guard stays for ever"):
        put(halfway, marked="5")


def test_the_annotations_cannot_be_removed(halfway: KubernetesBed) -> None:
    with pytest.raises(NeedsHuman, match="has to keep the annotations"):
        put(halfway, release="0")


def test_routes_of_others_are_left_alone(bed: KubernetesBed) -> None:
    theirs = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": f"{bed.service}-legacy", "namespace": NAMESPACE},
        "spec": {"parentRefs": [{"name": "web", "namespace": "default"}], "rules": [{}]},
    }
    with bed.applied(theirs):
        bed.node.kubectl("-n", NAMESPACE, "label", "httproute", f"{bed.service}-legacy", "team=legacy")


def test_the_server_saw_no_share_rise_without_a_newer_or_equal_epoch(halfway: KubernetesBed) -> None:
    """I1 and I2 as the log of the API server has them: who wrote which share, in which epoch."""
    halfway.cluster.route(SECOND, halfway.service, "b", 50)
    halfway.cluster.route(SECOND, halfway.service, "a", 100)
    halfway.until(lambda now: now.weights["b"] == 0)

    written = [one["responseObject"] for one in halfway.audited() if one["responseStatus"]["code"] < 300]
    epochs = [int(one["metadata"]["annotations"][notes.EPOCH]) for one in written if one["kind"] == "HTTPRoute"]
    shares = [objects.weights(halfway.service, one)["b"] for one in written if one["kind"] == "HTTPRoute"]

    assert shares[-1] == 0
    assert sorted(set(shares)) == [0, 25, 50]
    by_second = [epoch for epoch, share in zip(epochs, shares, strict=True) if share]
    assert set(by_second) == {SECOND.epoch}


def test_where_approvals_are_kept_nothing_else_runs_and_what_runs_may_always_be_scaled(node: Node) -> None:
    """Somebody other than Sluice writes them: it has no right to, and says who refused its image."""
    with namespace(node, f"approved-{uuid.uuid4().hex[:8]}") as own:
        api = Api(node.name, partial(node.access, namespace=own))
        bed = KubernetesBed(node, api, "shop", own)
        approve(bed, "v1")
        go_live(bed, FIRST, "a", "v1")
        bed.cluster.beat(SECOND, "shop")

        with pytest.raises(NeedsHuman, match=rf"nobody has approved .*{image('v2')}"):
            bed.cluster.deploy(SECOND, "shop", "b", bed.workload("v2"), 1)

        approve(bed, "v2")
        canary(bed, SECOND, "v2", 25)
        approve(bed)
        bed.cluster.scale(SECOND, "shop", "a", 2)
        bed.until(lambda now: now.slot("a").ready == 2)
        api.close()


def approve(bed: KubernetesBed, *versions: str) -> None:
    """As the administrator."""
    data = {image(version).replace(":", "-"): "lena" for version in versions}
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sluice-approvals"}, "data": data}
    bed.node.kubectl("-n", bed.namespace, "delete", "configmap", "sluice-approvals", "--ignore-not-found")
    bed.node.kubectl("-n", bed.namespace, "create", "-f", "-", stdin=json.dumps(made))
