"""Fake and real builder, each with trees to build, as the contract and the tests of bundles want them."""

from collections.abc import Mapping
from pathlib import Path

from runners.builders.bundle import BundleBuilder
from runners.jobs.process import ProcessJobs
from runners.ports import BuildSeen, BuildSpec, JobState
from tests.fake_hands import FakeBuilder
from tests.runners.until import until

COMMIT = "c" * 40


def lay(tree: Path, files: Mapping[str, bytes]) -> Path:
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    return tree


class FakeWorld:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.builder = FakeBuilder()

    def spec(self, name: str, files: Mapping[str, bytes], *, fails: bool = False) -> BuildSpec:
        tree = lay(self.folder / "trees" / name.replace("/", "_"), files)
        return BuildSpec(name, "shop", COMMIT, tree, {"run": "exit 4"} if fails else {})

    def play(self) -> None:
        for name, spec in self.builder.builds.items():
            if self.builder.look(name).state is JobState.RUNNING:
                self.builder.ends(name, "the build command ended with exit code 4" if spec.recipe else "")

    def runs_of(self, name: str) -> int:
        return sum(spec.name == name for spec in self.builder.jobs.starts)


class BundleWorld:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = ProcessJobs(folder / "jobs")
        self.builder = self.another()

    def another(self, **more: object) -> BundleBuilder:
        more = {"floor": 0, "env": {}, **more}
        return BundleBuilder(self.jobs, self.folder / "bundles", self.folder / "cache", **more)  # type: ignore[arg-type]

    def spec(self, name: str, files: Mapping[str, bytes], *, fails: bool = False) -> BuildSpec:
        tree = lay(self.folder / "trees" / name.replace("/", "_"), files)
        return BuildSpec(name, "shop", COMMIT, tree, {"bundle": {"python": None, "run": "exit 4" if fails else None}})

    def play(self) -> None:
        for job in self.folder.glob("jobs/*"):
            until(lambda job=job: self.jobs.look(job.name).state is not JobState.RUNNING, f"{job.name} ended")

    def runs_of(self, name: str) -> int:
        return self.log(name).count("--- Copy the tree")

    def log(self, name: str) -> str:
        return self.jobs.log(name, 0).decode()

    def build(self, name: str, tree: Path, **recipe: object) -> BuildSeen:
        self.builder.start(BuildSpec(name, "shop", COMMIT, tree, recipe))
        self.play()
        return self.builder.look(name)

    def end(self) -> None:
        for job in self.folder.glob("jobs/*"):
            self.jobs.stop(job.name)
        self.play()
