"""Tests of images as Jobs of a real cluster, by the account of Sluice alone."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from runners.clusters.kubernetes import rights
from runners.clusters.kubernetes.api import Api
from runners.jobs.kubernetes.jobs import KubernetesJobs
from runners.jobs.kubernetes.objects import JOB, Place, name_of
from runners.ports import JobSeen, JobSpec, JobState
from tests.kubernetes.clusters import NAMESPACE, REGISTRY, Node, image, sluice
from tests.runners.contract_jobs import JobsContract
from tests.runners.until import until

TEST = "r1-test-1"


@dataclass
class RealWorld:
    """Jobs in a namespace of their own; each says when it begins."""

    folder: Path
    node: Node
    api: Api
    namespace: str
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        (self.folder / "tree" / "tests").mkdir(parents=True)
        (self.folder / "tree" / "tests" / "unit.sh").write_text("echo inside")
        self.owner, self.unpack = uuid.uuid4().hex, f"{REGISTRY}/sluice@{sluice()}"
        self.jobs = self.another()

    def another(self) -> KubernetesJobs:
        """Another worker of the same installation."""
        place = Place(self.node.name, self.namespace, "50m", "128Mi", 10_001, self.owner, self.unpack)
        return KubernetesJobs(self.folder / "cluster-jobs", self.api, place)

    def spec(self, name: str, prints: str = "", exits: int | None = 0) -> JobSpec:
        last = "exec sleep 1000" if exits is None else f"exit {exits}"
        return self.runs(name, f"echo began; printf %s '{prints}'; {last}")

    def runs(self, name: str, run: str, timeout: float = 60.0, digest: str = "") -> JobSpec:
        self.names.add(name)
        argv = ("/bin/sh", "-c", run)
        on = f"{REGISTRY}/app@{digest or image('v1')}"
        return JobSpec(name, argv, self.folder / "tree", timeout=timeout, title=f"run {name}", image=on)

    def play(self) -> None:
        for name in self.begun():
            until(lambda name=name: self.jobs.look(name).state is not JobState.RUNNING, f"{name} ended", 60)

    def runs_of(self, name: str) -> int:
        until(lambda: "\nbegan\n" in self.log(name), f"{name} began", 60)
        return self.log(name).count("\nbegan\n")

    def log(self, name: str) -> str:
        return self.jobs.log(name, 0).decode()

    def ran(self, run: str, timeout: float = 60.0, digest: str = "") -> JobSeen:
        """How TEST ended, which ran this."""
        self.jobs.start(self.runs(TEST, run, timeout, digest))
        self.play()
        return self.jobs.look(TEST)

    def begun(self) -> list[str]:
        return [name for name in sorted(self.names) if (self.folder / "cluster-jobs" / name).is_dir()]

    def left(self) -> list[str]:
        """What of its jobs is in the namespace."""
        mine = ",".join(name_of(self.owner, name) for name in self.begun())
        words = ("get", "job,pod,secret", "-o", "name", "-l", f"{JOB} in ({mine})")
        return self.node.kubectl("-n", self.namespace, *words).split() if mine else []

    def end(self) -> None:
        for name in self.begun():
            self.jobs.stop(name)
        self.play()


@pytest.fixture(scope="module")
def namespace(node: Node) -> Iterator[str]:
    """One for tests, as `sluice cluster add` makes it."""
    name = f"tests-{uuid.uuid4().hex[:8]}"
    whole = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": rights.RESTRICTED}}
    made = {"apiVersion": "v1", "kind": "List", "items": [whole, *rights.for_tests(name, NAMESPACE)]}
    node.kubectl("apply", "-f", "-", stdin=json.dumps(made))
    yield name
    node.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def world(tmp_path: Path, node: Node, api: Api, namespace: str) -> Iterator[RealWorld]:
    one = RealWorld(tmp_path, node, api, namespace)
    yield one
    one.end()
    until(lambda: not one.left(), "nothing is left", 60)


class TestKubernetesJobs(JobsContract):
    """The promises of every Jobs adapter."""


def test_a_test_works_in_a_copy_of_the_tree_as_somebody_who_is_not_root(world: RealWorld) -> None:
    who = "python3.11 -c 'import os; print(os.getuid())'"
    unit = "sh tests/unit.sh; echo changed >tests/unit.sh; cat tests/unit.sh"
    world.ran(f"{who}; {unit}; ls /run/secrets >$HOME/x; cat ~/x")

    said = world.log(TEST).splitlines()
    assert said[1:4] == ["10001", "inside", "changed"]
    assert "kubernetes.io" not in " ".join(said[4:]), "no token of the cluster is in a test"
    assert (world.folder / "tree" / "tests" / "unit.sh").read_text() == "echo inside"


def test_a_log_is_read_while_the_test_runs_and_each_line_once(world: RealWorld) -> None:
    lines = "; ".join(f"echo {number}; echo {number} >&2; sleep 0.{number % 3}" for number in range(40))
    world.jobs.start(world.runs(TEST, f"{lines}; echo last; exec sleep 1000"))

    seen = b""

    def whole() -> bool:
        nonlocal seen
        seen += world.another().log(TEST, len(seen))
        return b"last\n" in seen

    until(whole, "its last line", 60, every=0.2)
    assert sorted(seen.decode().splitlines()[1:-1]) == sorted(str(number) for number in range(40) for _ in "12")


def test_a_test_that_takes_too_long_is_ended_and_its_last_words_are_there(world: RealWorld) -> None:
    seen = world.ran("echo first; exec sleep 1000", timeout=6.0)

    assert (seen.why, seen.lost) == ("took longer than 6 s and was ended", False)
    assert world.log(TEST).endswith("first\n» It took longer than 6 s and was ended.\n")


def test_a_test_that_wants_too_much_memory_says_so(world: RealWorld) -> None:
    seen = world.ran("exec python3.11 -c 'x = b\"x\" * (1024 ** 3)'")

    assert seen.why == "ended with exit code 137: it used more than 128Mi of memory"


def test_an_image_that_is_not_there_is_said_while_it_waits_and_at_the_end(world: RealWorld) -> None:
    seen = world.ran("true", timeout=8.0, digest=f"sha256:{'0' * 64}")

    assert "took longer than 8 s and was ended; it had not begun: " in seen.why
    assert "Pull" in seen.why
    assert "» Waits: " in world.log(TEST)


def test_a_test_whose_pod_somebody_removes_is_lost(world: RealWorld) -> None:
    world.jobs.start(world.spec(TEST, exits=None))
    world.runs_of(TEST)

    world.node.kubectl("-n", world.namespace, "delete", "pod", "--all", "--grace-period=1")
    until(lambda: world.jobs.look(TEST).state is JobState.FAILED, "the loss is noticed", 60)

    assert world.jobs.look(TEST).lost


def test_files_larger_than_one_secret_arrive_whole(world: RealWorld) -> None:
    (world.folder / "tree" / "large").write_bytes(b"".join(uuid.uuid4().bytes for _ in range(200_000)))

    assert world.ran("python3.11 -c 'import os; print(os.path.getsize(\"large\"))'").state is JobState.DONE
    assert world.log(TEST).endswith("\n3200000\n")


def test_a_job_that_nobody_looks_at_again_is_forgotten_there_too(world: RealWorld) -> None:
    world.jobs.start(world.spec(TEST, exits=None))

    assert world.left()

    assert world.jobs.prune(timedelta(0)) == 1

    mine = f"{JOB}={name_of(world.owner, TEST)}"
    until(lambda: not world.node.objects("jobs,pods,secrets", "-l", mine, namespace=world.namespace), "it is gone", 60)


def test_an_image_that_cannot_unpack_says_what_it_needs(world: RealWorld) -> None:
    world.unpack = ""
    world.jobs = world.another()

    seen = world.ran("true")

    assert "unpacking ended with exit code 127" in seen.why
    assert "tests.unpack in platform.yaml" in seen.why
    assert "tar: not found" in world.log(TEST)
