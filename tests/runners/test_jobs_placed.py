"""Where jobs run: tests of images in the cluster that platform.yaml names, everything else on this machine."""

from pathlib import Path

import pytest

from pipeline.definition.platform import Platform
from pipeline.definition.reading import read_platform
from pipeline.errors import TryLater
from runners import adapters
from runners.builders.bundle import BundleBuilder
from runners.jobs.kubernetes.folder import owner
from runners.jobs.process import ProcessJobs
from runners.ports import JobSpec, JobState

PLATFORM = """\
tenants: {web: {}}
clusters:
  k1: {kind: kubernetes, kubernetes: {namespace: shop, counters: "http://t.example.org/metrics"}}
apps:
  shop: {tenant: web, repository: https://git.example.org/web/shop.git, image: registry.example.org/web/shop}
"""
APART = PLATFORM + "tests: {cluster: k1, namespace: shop-tests}\n"
DIGEST = f"sha256:{'d' * 64}"


def command(text: str, folder: Path) -> JobSpec:
    """The job of a test of the shop."""
    here = ProcessJobs(folder / "jobs")
    bundles = BundleBuilder(here, folder / "bundles", folder / "cache")
    builder = adapters.builders(read_platform(text, "platform.yaml"), folder, here, bundles)["shop"]
    return builder.command(DIGEST, folder, "r1-test-unit-1", "pytest -q", 60.0)


def platform(text: str) -> Platform:
    return read_platform(text, "platform.yaml")


def test_without_a_place_for_tests_they_run_in_containers_of_this_machine(tmp_path: Path) -> None:
    here = ProcessJobs(tmp_path / "jobs")

    assert adapters.jobs(platform(PLATFORM), tmp_path, here) is here
    assert command(PLATFORM, tmp_path).image == ""
    assert "runners.jobs.contain" in command(PLATFORM, tmp_path).argv


def test_with_one_they_run_on_their_image_there(tmp_path: Path) -> None:
    spec = command(APART, tmp_path)

    assert spec.image == f"registry.example.org/web/shop@{DIGEST}"
    assert (spec.argv, spec.cwd, spec.title) == (("/bin/sh", "-c", "pytest -q"), tmp_path, "pytest -q")


def test_a_cluster_that_sluice_cannot_get_into_holds_tests_and_nothing_else(tmp_path: Path) -> None:
    here = ProcessJobs(tmp_path / "jobs")
    jobs = adapters.jobs(platform(APART), tmp_path, here)

    with pytest.raises(TryLater, match="Sluice has no access to k1; run: sluice cluster add k1"):
        jobs.start(command(APART, tmp_path))

    assert jobs.look("r1-build-1").state is JobState.UNKNOWN


def test_an_installation_has_one_name_in_clusters_whoever_asks(tmp_path: Path) -> None:
    assert owner(tmp_path / "a") == owner(tmp_path / "a")
    assert owner(tmp_path / "a") != owner(tmp_path / "b")
