"""The demo's commits: v2 is a good release, v3 is a bad one that its own tests do not notice."""

import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.shop.running import PATCHES, replica, shopper, tree

VERSIONS = {"1.0.0": (), "2.0.0": ("v2",), "3.0.0": ("v2", "v3")}


def visited(shop: Path, data: Path, *, seconds: int = 1) -> dict[str, Any]:
    """What some 40 buyers a second saw at one replica of `shop`."""
    data.mkdir(exist_ok=True)
    with replica(shop, data, STOCK="1000") as url:
        load = ["--rate", "200", "--seconds", f"{seconds}", "--think", "0.02"]
        return shopper(data / f"{shop.name}.json", "--url", f"az1={url}", *load)["targets"]["az1"]["by_version"]


def test_the_patches_touch_nothing_but_the_shop() -> None:
    for patch in PATCHES.values():
        paths = [line.split(" b/")[1] for line in patch.read_text().splitlines() if line.startswith("diff --git")]
        assert paths
        assert all(path.startswith(("shop/", "tests/")) for path in paths)


@pytest.mark.story
@pytest.mark.parametrize(("version", "words"), [("2.0.0", ("-k", "not at_once")), ("3.0.0", ())])
def test_the_shops_own_tests_pass_at_each_version(version: str, words: tuple[str, ...], tmp_path: Path) -> None:
    """Crowds of buyers come to the last one only, which has all that is in the others."""
    shop = tree(tmp_path / "shop", *VERSIONS[version])
    tests = subprocess.run([sys.executable, "-m", "pytest", "-q", *words], cwd=shop, capture_output=True, text=True)
    assert tests.returncode == 0, tests.stdout


def test_v2_shows_a_page_that_v1_does_not_have(tmp_path: Path) -> None:
    with replica(tree(tmp_path / "one"), tmp_path) as url, urllib.request.urlopen(f"{url}/") as page:
        assert "Compare" not in page.read().decode()
    with replica(tree(tmp_path / "two", "v2"), tmp_path) as url, urllib.request.urlopen(f"{url}/compare") as page:
        assert page.headers["X-Version"] == "2.0.0"
        assert "Tern 5 and Tern 5 mini compared" in page.read().decode()


@pytest.mark.story
def test_v2_fails_nobody_and_v3_fails_one_checkout_in_four_and_nothing_else(tmp_path: Path) -> None:
    """All on one database, one after the other, as releases follow each other in a cluster."""
    data = tmp_path / "az1"
    first = visited(tree(tmp_path / "one"), data)
    second = visited(tree(tmp_path / "two", "v2"), data)
    third = visited(tree(tmp_path / "three", "v2", "v3"), data, seconds=4)
    again = visited(tmp_path / "two", data)

    assert [seen["failed"] for seen in (first["1.0.0"], second["2.0.0"], again["2.0.0"])] == [0, 0, 0]
    bad = third["3.0.0"]
    assert bad["statuses"]["500"] == bad["failed"]
    assert bad["orders"] + bad["failed"] == bad["checkouts"]
    assert 0.18 < bad["failed"] / bad["checkouts"] < 0.32
    assert third.keys() == {"3.0.0"}
