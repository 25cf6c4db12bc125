"""What goes wrong in a cluster is said as a person would ask, and nothing is overwritten."""

from dataclasses import replace
from pathlib import Path

import certifi
import pytest

from pipeline.errors import NeedsHuman, TryLater
from runners.clusters.kubernetes import kubeconfig
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.cluster import KubernetesCluster
from runners.clusters.kubernetes.objects import Place
from runners.ports import Workload
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import NAMESPACE, STATE, Node
from tests.ports import free_ports
from tests.runners.contract_cluster import FIRST, SECOND, canary, go_live


def starts(bed: KubernetesBed, workload: Workload) -> None:
    bed.cluster.beat(FIRST, bed.service)
    bed.cluster.deploy(FIRST, bed.service, "a", workload, 1)


def trouble(bed: KubernetesBed, *words: str) -> str:
    """What is said of slot a once it has these words."""
    now = bed.until(lambda now: all(word in now.slot("a").trouble for word in words))
    assert now.slot("a").ready == 0
    return now.slot("a").trouble


def test_an_image_that_is_not_there(bed: KubernetesBed) -> None:
    starts(bed, replace(bed.workload("v1"), digest=f"sha256:{'0' * 64}"))

    assert "app@sha256:000" in trouble(bed, "Pull")


def test_a_replica_that_crashes_tells_its_last_words(bed: KubernetesBed) -> None:
    starts(bed, bed.workload("v1", CRASH="no database at db.internal:5432"))

    said = trouble(bed, "CrashLoopBackOff", "no database at db.internal:5432")

    assert said.startswith("CrashLoopBackOff: a replica ended with exit code 1, last words: ")


def test_a_replica_that_does_not_get_ready(bed: KubernetesBed) -> None:
    starts(bed, bed.workload("v1", UNREADY="yes"))

    trouble(bed, "does not answer its readiness probe")


def test_a_node_without_room(bed: KubernetesBed) -> None:
    wanted = bed.workload("v1")
    starts(bed, replace(wanted, serve={**wanted.serve, "cpu": "900"}))

    assert "no node can take a replica: 0/1 nodes are available" in trouble(bed, "Insufficient cpu")


def test_a_quota_that_is_used_up(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1")
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": f"{bed.service}-memory", "labels": {"sluice.dev/service": bed.service}},
        "spec": {"hard": {"requests.memory": "1Mi"}},
    }
    wanted = bed.workload("v2")
    bed.cluster.beat(SECOND, bed.service)
    with bed.applied(quota):
        heavy = replace(wanted, serve={**wanted.serve, "memory": "64Mi"})
        bed.cluster.deploy(SECOND, bed.service, "b", heavy, 1)

        now = bed.until(lambda now: "exceeded quota" in now.slot("b").trouble)

    assert now.slot("b").trouble.startswith("the cluster takes no more replicas: exceeded quota")
    assert now.slot("a").ready == 1


def test_what_somebody_changed_by_hand_is_seen_and_not_overwritten(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1", replicas=2)
    bed.cluster.beat(SECOND, bed.service)
    name = f"{bed.service}-a"
    bed.node.kubectl("-n", NAMESPACE, "scale", "deployment", name, "--replicas=1")

    now = bed.until(lambda now: now.slot("a").wanted == 1)

    assert now.slot("a").ready <= 2
    with pytest.raises(NeedsHuman, match="somebody else changed an object"):
        bed.cluster.scale(SECOND, bed.service, "a", 3)
    assert bed.cluster.look(bed.service).slot("a").wanted == 1


def test_weights_set_by_hand_are_seen(bed: KubernetesBed) -> None:
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 10)
    by_hand = '[{"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 60}]'
    bed.node.kubectl("-n", NAMESPACE, "patch", "httproute", bed.service, "--type=json", "-p", by_hand)

    bed.until(lambda now: now.weights["b"] == 60)


def test_two_writers_cannot_both_move_the_traffic(bed: KubernetesBed, node: Node) -> None:
    """A worker read the route, slept, and writes after another one has beaten: the server refuses it."""
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 10)
    asleep = bed.asleep()

    bed.cluster.beat(replace(SECOND, epoch=SECOND.epoch + 1), bed.service)

    with pytest.raises(TryLater, match="somebody else wrote in az1 at the same moment"):
        asleep.route(SECOND, bed.service, "b", 50)
    assert bed.cluster.look(bed.service).weights["b"] == 10


def test_a_gateway_that_is_not_there_is_named(bed: KubernetesBed, api: Api, node: Node) -> None:
    place = Place(NAMESPACE, "default/none", bed.images, {bed.service: (bed.host,)})
    lost = KubernetesCluster(node.name, api, place)
    lost.beat(FIRST, bed.service)
    lost.deploy(FIRST, bed.service, "a", bed.workload("v1"), 1)
    bed.until(lambda now: now.slot("a").ready == 1)

    lost.route(FIRST, bed.service, "a", 100)

    now = lost.look(bed.service)
    assert now.weights["a"] == 0
    assert now.trouble.endswith("it asks for default/none")


def test_a_server_that_is_away_is_asked_once_and_then_left_alone(node: Node) -> None:
    (nobody,) = free_ports(1)
    api = Api(node.name, lambda: replace(node.access(), host=f"https://127.0.0.1:{nobody}"))
    away = KubernetesCluster(node.name, api, Place(NAMESPACE, "default/web"))

    first, second = away.look("shop"), away.look("shop")
    api.close()

    assert first.trouble.startswith("the API server of az1 cannot be reached")
    assert second.trouble.endswith("it did not answer a moment ago")


def test_a_token_that_is_no_longer_valid(node: Node) -> None:
    api = Api(node.name, lambda: replace(node.access(), token="expired"))
    told = KubernetesCluster(node.name, api, Place(NAMESPACE, "default/web")).look("shop").trouble
    api.close()

    assert told == "az1 no longer takes the token of Sluice; renew it: sluice cluster add az1"


def test_a_token_that_was_renewed_meanwhile_is_taken_up_in_the_same_call(node: Node) -> None:
    tokens = ["expired", node.access().token]
    api = Api(node.name, lambda: replace(node.access(), token=tokens.pop(0)))
    told = KubernetesCluster(node.name, api, Place(NAMESPACE, "default/web")).look("shop").trouble
    api.close()

    assert (told, tokens) == ("", [])


def test_a_namespace_that_is_not_ours(bed: KubernetesBed, api: Api, node: Node) -> None:
    elsewhere = KubernetesCluster(node.name, api, Place("kube-system", "default/web"))

    with pytest.raises(NeedsHuman, match=r'az1 refuses it: .*cannot list resource "deployments"'):
        elsewhere.beat(FIRST, bed.service)


def test_a_namespace_that_is_not_there(bed: KubernetesBed, node: Node) -> None:
    api = Api(node.name, lambda: kubeconfig.open_up(STATE / node.name / "kubeconfig").login)
    nowhere = KubernetesCluster(node.name, api, Place("nowhere", "default/web"))

    with pytest.raises(NeedsHuman, match=r'namespaces "nowhere" not found; make it.*sluice cluster add az1'):
        nowhere.beat(FIRST, bed.service)
    api.close()


def test_a_certificate_of_somebody_else_is_not_believed(node: Node) -> None:
    api = Api(node.name, lambda: replace(node.access(), authority=Path(certifi.where()).read_text()))
    told = KubernetesCluster(node.name, api, Place(NAMESPACE, "default/web")).look("shop").trouble
    api.close()

    assert "CERTIFICATE_VERIFY_FAILED" in told
