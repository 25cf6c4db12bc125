"""What may go wrong in a cluster during a release, each with the outcome that people are promised and its sentence."""

from collections.abc import Iterator

import pytest

from tests.e2e.installation import LOOK
from tests.kubernetes.story import DEFINITION, KubernetesInstallation, released
from tests.runners.until import until


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesInstallation]:
    with released(tmp_path_factory.mktemp("trouble"), wired=True) as one:
        one.release("v1")
        yield one


def test_a_server_that_does_not_answer_holds_the_release_and_is_named(shop: KubernetesInstallation) -> None:
    with shop.users() as loads:
        release = shop.push("v2")
        shop.reaches(release, 25)
        shop.wires["az1"].cut()
        shop.waits(release, "the API server of az1 cannot be reached")
        shop.wires["az1"].mend()
        assert shop.ends(release, 180) == "live", shop.show(release)

    assert [load.failed for load in loads.values()] == [0, 0, 0]


def test_a_cluster_that_hangs_does_not_hold_up_another_that_must_go_back(shop: KubernetesInstallation) -> None:
    before = shop.answers("az1")
    with shop.users():
        release = shop.push("bad-in-az2", **{"fails-every": 2, "fails-in": "az2"})
        until(lambda: "az2" in str(shop.show(release)["targets"]), "it comes to az2", 120, LOOK)
        shop.wires["az1"].cut()
        until(lambda: shop.show(release)["state"] == "rolling back", "going back is decided", 90, LOOK)

        until(lambda: shop.share("az2") == 0, "az2 is back although az1 hangs", 20, LOOK)
        assert shop.show(release)["state"] == "rolling back"
        assert "az1" in shop.waits(release, "az1")["waiting"]

        shop.wires["az1"].mend()
        assert shop.ends(release, 90) == "rolled back"
    assert [shop.answers(name) for name in ("az1", "az2")] == [before, before]


def test_a_token_that_ends_holds_the_release_until_the_cluster_is_added_again(shop: KubernetesInstallation) -> None:
    with shop.users():
        release = shop.push("v3")
        shop.reaches(release, 25)
        shop.kubectl("az1", "delete", "serviceaccount", "sluice")  # which ends its tokens
        shop.waits(release, "az1 no longer takes the token of Sluice")
        shop.add_clusters()
        assert shop.ends(release, 180) == "live", shop.show(release)


def test_what_somebody_scales_by_hand_is_shown_and_never_overwritten(shop: KubernetesInstallation) -> None:
    before = shop.answers("az1")
    with shop.users():
        release = shop.push("edited", definition=DEFINITION.replace("replicas: 1", "replicas: 4"))
        shop.reaches(release, 25)
        name = shop.deployment("az1", release)
        shop.kubectl("az1", "scale", "deployment", name, "--replicas=3")  # and the rollout wants four
        until(lambda: shop.show(release)["state"] == "halted", "it halts", 90, LOOK)

        assert "somebody else changed an object in az1 that Sluice manages" in shop.show(release)["why"]
        assert shop.kubectl("az1", "get", "deployment", name, "-o", "jsonpath={.spec.replicas}") == "3"

        shop.kubectl("az1", "scale", "deployment", name, "--replicas=0")
        shop.act(release, "rollback", "diego", {"reason": "edited by hand"})
        assert shop.ends(release, 90) == "rolled back"
    assert shop.answers("az1") == before
