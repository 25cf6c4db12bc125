"""`sluice cluster`, as far as it needs no cluster: what is meant, and what is refused before anybody is asked."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import sluice

PLATFORM = """\
tenants: {web: {}}
clusters:
  az1:
    kind: kubernetes
    kubernetes: {namespace: shop, gateway: edge/web, counters: "http://traefik.example.org:9100/metrics"}
  here: {}
apps:
  shop: {tenant: web, repository: https://git.example.org/shop.git, image: registry.example.org/shop}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "platform.yaml").write_text(PLATFORM)
    return tmp_path / "home"


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(sluice, ["cluster", *words, "--home", str(home)], prog_name="sluice")


def test_the_namespace_is_that_of_the_platform(home: Path) -> None:
    result = run(home, "check", "az1")

    assert result.exit_code == 1
    assert "Sluice has no access to az1; run: sluice cluster add az1" in result.output


@pytest.mark.parametrize("name", ["here", "nowhere"])
def test_a_cluster_without_a_namespace_is_asked_for_one(home: Path, name: str) -> None:
    result = run(home, "check", name)

    assert result.exit_code == 2
    assert f"Nobody says which namespace of {name} is meant: give --namespace" in result.output


def test_a_platform_that_is_named_must_know_the_cluster(home: Path) -> None:
    result = run(home, "check", "here", "--platform", str(home / "platform.yaml"))

    assert result.exit_code == 2
    assert "has no Kubernetes cluster here" in result.output


def test_a_kubeconfig_that_is_not_there_is_named_and_nothing_is_stored(home: Path) -> None:
    result = run(home, "add", "az1", "--kubeconfig", str(home / "none"))

    assert result.exit_code == 1
    assert "none cannot be read: No such file" in result.output
    assert not list((home / "secrets").iterdir())


def test_forgetting_a_cluster_that_was_never_added_is_no_error(home: Path) -> None:
    result = run(home, "remove", "az1")

    assert result.exit_code == 0
    assert "This home has no access to az1 any more" in result.output
