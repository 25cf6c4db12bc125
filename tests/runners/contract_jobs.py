"""What every Jobs adapter promises; each adapter's test file runs this suite against its own `JobsWorld`."""

from typing import Protocol

import pytest

from pipeline.errors import NeedsHuman
from runners.ports import Jobs, JobSpec, JobState
from tests.runners.until import until


class JobsWorld(Protocol):
    """An adapter, and how to get a job of known behaviour under it."""

    jobs: Jobs

    def spec(self, name: str, prints: str = "", exits: int | None = 0) -> JobSpec:
        """A job that prints, then ends; `exits=None`: it goes on until it is stopped."""
        ...

    def play(self) -> None:
        """Let every job that can end come to its end."""
        ...

    def runs_of(self, name: str) -> int:
        """How often the command of this job really began."""
        ...


class JobsContract:
    """The promises."""

    def test_a_job_nobody_started_is_unknown(self, world: JobsWorld):
        assert world.jobs.look("r1-build-1").state is JobState.UNKNOWN
        assert world.jobs.log("r1-build-1", 0) == b""

    def test_a_job_that_ends_well_is_done(self, world: JobsWorld):
        world.jobs.start(world.spec("r1-build-1", prints="hello\n"))
        world.play()

        seen = world.jobs.look("r1-build-1")
        assert (seen.state, seen.exit_code, seen.why) == (JobState.DONE, 0, "")

    def test_a_job_that_fails_says_its_exit_code(self, world: JobsWorld):
        world.jobs.start(world.spec("r1-test-1", exits=3))
        world.play()

        seen = world.jobs.look("r1-test-1")
        assert (seen.state, seen.exit_code, seen.why) == (JobState.FAILED, 3, "ended with exit code 3")

    def test_the_log_has_a_first_line_as_soon_as_the_job_is_started(self, world: JobsWorld):
        world.jobs.start(world.spec("r1-build-1", exits=None))

        assert world.jobs.log("r1-build-1", 0).startswith("» ".encode())
        world.jobs.stop("r1-build-1")

    def test_the_log_is_read_from_any_offset_and_in_pieces(self, world: JobsWorld):
        world.jobs.start(world.spec("r1-build-1", prints="one\ntwo\n"))
        world.play()

        whole = world.jobs.log("r1-build-1", 0)
        assert whole.endswith(b"one\ntwo\n")
        assert world.jobs.log("r1-build-1", len(whole) - 4) == b"two\n"
        assert world.jobs.log("r1-build-1", len(whole) - 8, limit=3) == b"one"
        assert world.jobs.log("r1-build-1", len(whole) + 5) == b""

    def test_two_starts_are_one_job(self, world: JobsWorld):
        world.jobs.start(world.spec("r1-build-1", exits=None))
        world.jobs.start(world.spec("r1-build-1", exits=None))

        assert world.runs_of("r1-build-1") == 1
        world.jobs.stop("r1-build-1")

    def test_a_job_that_has_ended_is_not_started_again(self, world: JobsWorld):
        world.jobs.start(world.spec("r1-build-1", exits=3))
        world.play()
        world.jobs.start(world.spec("r1-build-1", exits=0))
        world.play()

        assert world.jobs.look("r1-build-1").exit_code == 3
        assert world.runs_of("r1-build-1") == 1

    def test_a_job_that_is_stopped_has_failed_and_says_so(self, world: JobsWorld):
        world.jobs.start(world.spec("r1-build-1", exits=None))
        assert world.jobs.look("r1-build-1").state is JobState.RUNNING
        world.jobs.stop("r1-build-1")
        until(lambda: world.jobs.look("r1-build-1").state is JobState.FAILED, "the job was stopped")

        assert world.jobs.look("r1-build-1").why == "was stopped"

    def test_stopping_what_does_not_run_changes_nothing(self, world: JobsWorld):
        world.jobs.stop("r1-build-1")
        assert world.jobs.look("r1-build-1").state is JobState.UNKNOWN

        world.jobs.start(world.spec("r1-build-1"))
        world.play()
        world.jobs.stop("r1-build-1")
        assert world.jobs.look("r1-build-1").state is JobState.DONE

    @pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "-rf", "A", "a" * 101, "a\n", "a\0b", "é"])
    def test_a_name_that_could_be_a_path_or_an_option_is_refused(self, world: JobsWorld, name: str):
        for ask in (world.jobs.look, world.jobs.stop, lambda n: world.jobs.log(n, 0)):
            with pytest.raises(NeedsHuman, match=r"^job\.name: "):
                ask(name)
        with pytest.raises(NeedsHuman, match=r"^job\.name: "):
            world.jobs.start(world.spec(name))
