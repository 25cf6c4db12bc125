"""Fake and detached jobs of known behaviour, as the contract and the tests of processes want them."""

from pathlib import Path

from runners.jobs.kubernetes.jobs import KubernetesJobs
from runners.jobs.kubernetes.objects import Place, name_of
from runners.jobs.process import ProcessJobs
from runners.jobs.split import SplitJobs
from runners.ports import JobSeen, JobSpec, JobState
from tests.fake_hands import FakeJobs
from tests.runners.fake_kube import BEGAN, FakeKube
from tests.runners.until import until


class FakeWorld:
    """Jobs of the fake end when the test says so."""

    def __init__(self) -> None:
        self.jobs = FakeJobs()
        self.behaviour: dict[str, tuple[str, int | None]] = {}

    def spec(self, name: str, prints: str = "", exits: int | None = 0) -> JobSpec:
        self.behaviour.setdefault(name, (prints, exits))
        return JobSpec(name, ("run", name), Path("/"))

    def play(self) -> None:
        for name, (prints, exits) in self.behaviour.items():
            if exits is not None and self.jobs.look(name).state is JobState.RUNNING:
                self.jobs.says(name, prints.encode())
                self.jobs.ends(name, exits)

    def runs_of(self, name: str) -> int:
        return sum(spec.name == name for spec in self.jobs.starts)


class ProcessWorld:
    """Jobs are shells that leave a mark when they begin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = ProcessJobs(folder / "jobs")

    def spec(self, name: str, prints: str = "", exits: int | None = 0) -> JobSpec:
        last = "exec sleep 1000" if exits is None else f"exit {exits}"
        script = f'echo x >> marks-$1; printf %s "$2"; {last}'
        return JobSpec(name, ("/bin/sh", "-c", script, "sh", name, prints), self.folder, title=f"run {name}")

    def play(self) -> None:
        for job in self.folder.glob("jobs/*"):
            until(lambda job=job: self.jobs.look(job.name).state is not JobState.RUNNING, f"{job.name} ended")

    def runs_of(self, name: str) -> int:
        mark = self.folder / f"marks-{name}"
        until(lambda: mark.exists() and mark.read_text(), f"{name} began")  # it is there before it says anything
        return mark.read_text().count("x")

    def end(self) -> None:
        for job in self.folder.glob("jobs/*"):
            self.jobs.stop(job.name)
        self.play()


PLACE = Place("k1", "shop-tests", "1", "2Gi", 10_001, "me")
NAME = "r1-test-unit-1"  # a job, and the name of its pod in the cluster that is in memory
POD = name_of("me", NAME)
IMAGE = f"registry.example.org/web/shop@sha256:{'d' * 64}"


class ClusterWorld:
    """Jobs in a cluster that is in memory, beside those of this machine; they end when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.kube = folder, FakeKube()
        self.behaviour: dict[str, tuple[str, int | None]] = {}
        (folder / "tree").mkdir()
        (folder / "tree" / "app.py").write_text("print('hello')")
        self.there = self.another()
        self.jobs = SplitJobs(ProcessJobs(folder / "jobs"), self.there)

    def another(self, place: Place = PLACE) -> KubernetesJobs:
        """Another process of the same installation."""
        return KubernetesJobs(self.folder / "cluster-jobs", self.kube, place, lambda: BEGAN)  # type: ignore[arg-type]

    def spec(self, name: str, prints: str = "", exits: int | None = 0) -> JobSpec:
        self.behaviour.setdefault(name, (prints, exits))
        return JobSpec(name, ("/bin/sh", "-c", "run"), self.folder / "tree", title=f"run {name}", image=IMAGE)

    def started(self) -> "ClusterWorld":
        """With the job NAME begun."""
        self.jobs.start(self.spec(NAME))
        return self

    def seen(self) -> JobSeen:
        """NAME, as a worker sees it that remembers nothing."""
        return self.another().look(NAME)

    def said(self) -> bytes:
        """What is in its log, below the first line."""
        return self.another().log(NAME, 0).partition(b"\n")[2]

    def play(self) -> None:
        for name, (prints, exits) in self.behaviour.items():
            pod = self.kube.pods.get(name_of("me", name))
            if exits is not None and pod and pod["status"]["phase"] == "Running":
                for line in prints.encode().splitlines(keepends=True):
                    self.kube.says(name_of("me", name), line)
                self.kube.ends(name_of("me", name), exits)

    def runs_of(self, name: str) -> int:
        return self.kube.woken.count(name_of("me", name))
