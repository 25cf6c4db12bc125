"""Fake and detached jobs of known behaviour, as the contract and the tests of processes want them."""

from pathlib import Path

from runners.jobs.process import ProcessJobs
from runners.ports import JobSpec, JobState
from tests.fake_hands import FakeJobs
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
