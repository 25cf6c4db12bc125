"""A version that a cluster cannot run: it is taken back with the cluster's own reason, and nobody noticed."""

import http.client
from collections.abc import Iterator

import pytest

from tests.kubernetes.clusters import REGISTRY
from tests.kubernetes.story import DEFINITION, KubernetesInstallation, released

IMPATIENT = DEFINITION.replace("ready-within: 60s", "ready-within: 10s")

ASKING = IMPATIENT.replace("clusters: [az1], ", "clusters: [az1], gates: [{approval: {from: release-managers}}], ")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesInstallation]:
    with released(tmp_path_factory.mktemp("refused")) as one:
        one.release("v1")
        yield one


def serving(words: str) -> str:
    """The definition with this in its `serve:` part."""
    return IMPATIENT.replace("ready-within: 10s", f"ready-within: 10s, {words}")


def taken_back(shop: KubernetesInstallation, release: int, why: str) -> None:
    assert shop.ends(release, 120) == "rolled back"
    assert why in shop.show(release)["why"]
    assert shop.answers("az1") == "v1"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("secrets: [nobody]", 'CreateContainerConfigError: secret "nobody" not found'),
        ("cpu: '900'", "no node can take a replica: 0/1 nodes are available"),
    ],
)
def test_a_cluster_that_lacks_what_it_needs(shop: KubernetesInstallation, words: str, why: str) -> None:
    with shop.users() as loads:
        taken_back(shop, shop.push(f"no-{words.split(':')[0]}", definition=serving(words)), why)

    assert [load.failed for load in loads.values()] == [0, 0, 0]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (
            {"crashes": "no database at db.internal:5432"},
            "CrashLoopBackOff: a replica ended with exit code 1, last words: no database at db.internal:5432",
        ),
        ({"unready": True}, "a replica runs and does not answer its readiness probe"),
    ],
)
def test_a_version_that_does_not_get_ready(shop: KubernetesInstallation, settings: dict[str, object], why: str) -> None:
    with shop.users() as loads:
        taken_back(shop, shop.push(f"it-{next(iter(settings))}", definition=IMPATIENT, **settings), why)

    assert [load.failed for load in loads.values()] == [0, 0, 0]


def test_an_image_that_the_registry_lost_between_build_and_canary(shop: KubernetesInstallation) -> None:
    with shop.users() as loads:
        release = shop.push("lost", definition=ASKING)
        shown = shop.waits(release, "0 of 1 of release-managers agreed", 120)["shown"]
        lose(shop.namespace, shown["digest"])
        shop.approve(release, "diego", shown=shown)
        taken_back(shop, release, "Pull")

    assert [load.failed for load in loads.values()] == [0, 0, 0]


def test_a_quota_that_is_used_up(shop: KubernetesInstallation) -> None:
    shop.kubectl("az1", "create", "quota", "small", "--hard=requests.memory=1Mi")
    try:
        with shop.users() as loads:
            release = shop.push("heavy", definition=serving("memory: 64Mi"))
            taken_back(shop, release, "the cluster takes no more replicas: exceeded quota: small")
    finally:
        shop.kubectl("az1", "delete", "quota", "small")

    assert [load.failed for load in loads.values()] == [0, 0, 0]


def lose(repository: str, digest: str) -> None:
    """Delete an image from the registry, as a clean-up that goes too far."""
    connection = http.client.HTTPConnection(REGISTRY, timeout=10)
    connection.request("DELETE", f"/v2/{repository}/manifests/{digest}")
    assert connection.getresponse().status == http.client.ACCEPTED
    connection.close()
