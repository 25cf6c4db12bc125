"""What every Builder adapter promises; each adapter's test file runs this suite against its own `BuilderWorld`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from pipeline.errors import NeedsHuman
from runners.ports import Builder, BuildSpec, JobState


class BuilderWorld(Protocol):
    """An adapter, and trees to build."""

    builder: Builder

    def spec(self, name: str, files: Mapping[str, bytes], *, fails: bool = False) -> BuildSpec:
        """A build of these files; `fails`: by a recipe that cannot work."""
        ...

    def play(self) -> None:
        """Let every build come to its end."""
        ...

    def runs_of(self, name: str) -> int:
        """How often this build really began."""
        ...


class BuilderContract:
    """The promises."""

    def test_a_build_nobody_started_is_unknown(self, world: BuilderWorld):
        assert world.builder.look("r1-build-1").state is JobState.UNKNOWN

    def test_a_build_ends_with_a_digest(self, world: BuilderWorld):
        world.builder.start(world.spec("r1-build-1", {"a": b"1"}))
        world.play()

        seen = world.builder.look("r1-build-1")
        assert (seen.state, seen.why) == (JobState.DONE, "")
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", seen.digest)

    def test_the_same_tree_and_recipe_give_the_same_digest(self, world: BuilderWorld):
        for name in ("r1-build-1", "r2-build-1"):
            world.builder.start(world.spec(name, {"a": b"1", "b/c": b"2"}))
        world.play()

        assert world.builder.look("r1-build-1").digest == world.builder.look("r2-build-1").digest

    @pytest.mark.parametrize("files", [{"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""}, {"a/a": b"1"}])
    def test_another_tree_gives_another_digest(self, world: BuilderWorld, files: Mapping[str, bytes]):
        world.builder.start(world.spec("r1-build-1", {"a": b"1"}))
        world.builder.start(world.spec("r2-build-1", files))
        world.play()

        assert world.builder.look("r1-build-1").digest != world.builder.look("r2-build-1").digest

    def test_a_build_that_fails_says_why_and_has_no_digest(self, world: BuilderWorld):
        world.builder.start(world.spec("r1-build-1", {"a": b"1"}, fails=True))
        world.play()

        seen = world.builder.look("r1-build-1")
        assert (seen.state, seen.digest) == (JobState.FAILED, "")
        assert seen.why == "the build command ended with exit code 4"

    def test_two_starts_are_one_build(self, world: BuilderWorld):
        for _ in range(2):
            world.builder.start(world.spec("r1-build-1", {"a": b"1"}))
        world.play()
        world.builder.start(world.spec("r1-build-1", {"a": b"1"}))

        assert world.runs_of("r1-build-1") == 1
        assert world.builder.look("r1-build-1").state is JobState.DONE

    def test_a_command_for_a_build_is_a_job_of_the_name_and_time_asked_for(self, world: BuilderWorld):
        world.builder.start(world.spec("r1-build-1", {"a": b"1"}))
        world.play()
        digest = world.builder.look("r1-build-1").digest
        job = world.builder.command(digest, Path("/tree"), "r1-test-1", "make check", 60.0)

        assert (job.name, job.timeout, job.title) == ("r1-test-1", 60.0, "make check")
        assert "make check" in job.argv

    def test_a_name_that_could_be_a_path_is_refused(self, world: BuilderWorld):
        with pytest.raises(NeedsHuman, match=r"^job\.name: "):
            world.builder.look("../x")
        with pytest.raises(NeedsHuman, match=r"^job\.name: "):
            world.builder.start(world.spec("../x", {"a": b"1"}))
