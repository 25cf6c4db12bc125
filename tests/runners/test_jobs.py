"""Jobs: the fake and detached processes keep the same promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runners.contract_jobs import JobsContract
from tests.runners.jobs_worlds import FakeWorld, ProcessWorld


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
