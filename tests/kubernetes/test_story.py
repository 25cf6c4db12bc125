"""A release manager's week on three real clusters: three versions go live, two are taken back, nobody who was on a good
one noticed."""

from collections.abc import Iterator

import pytest

from tests.kubernetes.clusters import NAMES
from tests.kubernetes.story import KubernetesInstallation, released


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesInstallation]:
    with released(tmp_path_factory.mktemp("story")) as one:
        yield one


def test_good_versions_reach_everyone_bad_ones_go_back_and_good_ones_never_fail(shop: KubernetesInstallation) -> None:
    shop.release("v1")
    with shop.users() as loads:
        shop.release("v2")
        early = shop.push("bad-early", **{"fails-every": 2})
        assert shop.ends(early, 180) == "rolled back"
        late = shop.push("bad-late", **{"fails-every": 2, "fails-in": "az2"})
        assert shop.ends(late, 180) == "rolled back"
        shop.release("v3")

    assert [shop.answers(name) for name in NAMES] == ["v3"] * 3
    for name, load in loads.items():
        said = load.said()
        assert {"v2\n", "v3\n"} <= said.keys(), f"{name}: {said}"
        assert not said["failed"] or name in ("az1", "az2"), f"{name}: {said}"
    for release, harmed in ((early, "az1"), (late, "az2")):
        shown = shop.show(release)
        assert shown["reason"] == "harmed"
        assert "canary failed" in shown["why"], shown["why"]
        assert harmed in str(shown["targets"])
    assert loads["az2"].said()["bad-early\n"] == loads["dr"].failed == 0
    falls_once_and_for_all(shop.shares(early, "az1"))
    falls_once_and_for_all(shop.shares(late, "az1"))
    falls_once_and_for_all(shop.shares(late, "az2"))


def falls_once_and_for_all(shares: list[int]) -> None:
    """It rose, it fell, and the API server took no write after that which let it rise."""
    top = shares.index(max(shares))
    assert max(shares) > 0
    assert shares[:top] == sorted(shares[:top])
    assert shares[top:] == sorted(shares[top:], reverse=True)
    assert shares[-1] == 0


def test_a_version_whose_test_fails_in_its_image_touches_no_cluster(shop: KubernetesInstallation) -> None:
    before = [shop.answers(name) for name in NAMES]
    failed = shop.push("untested", passes=False)

    assert shop.ends(failed) == "rolled back"
    assert shop.show(failed)["why"].startswith("Test unit failed")
    assert "does not pass its test" in shop.call("GET", f"/api/releases/{failed}/log?step=test")["text"]
    assert [shop.answers(name) for name in NAMES] == before
