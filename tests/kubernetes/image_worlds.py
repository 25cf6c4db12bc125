"""Images and jobs on them, of known behaviour, as the contracts want them; all on the engine of this machine."""

from collections.abc import Mapping
from pathlib import Path

from runners.builders.image import ImageBuilder
from runners.jobs.process import ProcessJobs
from runners.ports import BuildSeen, BuildSpec, JobSpec, JobState
from tests.kubernetes.clusters import REGISTRY
from tests.runners.builder_worlds import COMMIT, lay
from tests.runners.until import until

BASE = f"FROM {REGISTRY}/python:12\n"


class ImageWorld:
    """A builder with a repository of its own in the registry."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = ProcessJobs(folder / "jobs")
        self.repository = f"{REGISTRY}/{folder.name.replace('_', '-').lower()}"
        self.builder = self.another()

    def another(self, floor: int = 0) -> ImageBuilder:
        return ImageBuilder(self.jobs, self.folder / "images", self.repository, owner=str(self.folder), floor=floor)

    def spec(self, name: str, files: Mapping[str, bytes], *, fails: bool = False) -> BuildSpec:
        recipe = BASE + ("RUN exit 4\n" if fails else "COPY . /app\n")
        tree = lay(self.folder / "trees" / name.replace("/", "_"), {"Dockerfile": recipe.encode(), **files})
        return BuildSpec(name, "shop", COMMIT, tree, {"bundle": {}, "image": {}})

    def play(self) -> None:
        for job in self.folder.glob("jobs/*"):
            until(lambda job=job: self.jobs.look(job.name).state is not JobState.RUNNING, f"{job.name} ended", 120)

    def runs_of(self, name: str) -> int:
        return self.log(name).count("--- Docker engine")

    def log(self, name: str) -> str:
        return self.jobs.log(name, 0).decode()

    def built(self, name: str, files: Mapping[str, bytes], **image: object) -> BuildSeen:
        """Built from these files as they are, by this `image:` part."""
        tree = lay(self.folder / "trees" / name, files)
        self.builder.start(BuildSpec(name, "shop", COMMIT, tree, {"image": image}))
        self.play()
        return self.builder.look(name)

    def ran(self, name: str, run: str, tree: Path, digest: str) -> str:
        """The log of a test on the image, once it has ended."""
        self.jobs.start(self.builder.command(digest, tree, name, run, 60.0))
        self.play()
        return self.log(name)

    def end(self) -> None:
        for job in self.folder.glob("jobs/*"):
            self.jobs.stop(job.name)
        self.play()


class ContainerWorld:
    """Jobs are shells in containers, which say when they begin."""

    def __init__(self, images: ImageWorld, digest: str) -> None:
        self._images, self._digest = images, digest
        self.jobs = images.jobs

    def spec(self, name: str, prints: str = "", exits: int | None = 0) -> JobSpec:
        last = "exec sleep 1000" if exits is None else f"exit {exits}"
        tree = self._images.folder / "trees"
        tree.mkdir(exist_ok=True)
        return self._images.builder.command(self._digest, tree, name, f"echo began; printf %s '{prints}'; {last}", 60.0)

    def play(self) -> None:
        self._images.play()

    def runs_of(self, name: str) -> int:
        until(lambda: "\nbegan\n" in self._images.log(name), f"{name} began")
        return self._images.log(name).count("\nbegan\n")
