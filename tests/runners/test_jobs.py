"""Jobs: the fake, detached processes and those of a cluster keep the same promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runners.contract_jobs import JobsContract
from tests.runners.jobs_worlds import ClusterWorld, FakeWorld, ProcessWorld


class TestFakeJobs(JobsContract):
    @pytest.fixture
    def world(self) -> FakeWorld:
        return FakeWorld()


class TestProcessJobs(JobsContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[ProcessWorld]:
        world = ProcessWorld(tmp_path)
        yield world
        world.end()


class TestClusterJobs(JobsContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> ClusterWorld:
        return ClusterWorld(tmp_path)
