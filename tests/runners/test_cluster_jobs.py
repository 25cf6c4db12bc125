"""Jobs in a cluster: nothing happens twice, nothing is left over, whoever dies; each line of a log is copied once."""

import io
import os
import tarfile
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman, TryLater
from runners.jobs.kubernetes import parcel
from runners.jobs.kubernetes.jobs import FRESH
from runners.ports import JobSeen, JobState
from runners.stages.attempts import current
from tests.runners.fake_kube import Killed
from tests.runners.jobs_worlds import NAME, PLACE, POD, ClusterWorld


@pytest.fixture
def world(tmp_path: Path) -> ClusterWorld:
    return ClusterWorld(tmp_path)


def large(world: ClusterWorld, pieces: int) -> None:
    """A tree that needs so many pieces."""
    (world.folder / "tree" / "noise").write_bytes(os.urandom(parcel.PIECE * pieces - parcel.PIECE // 2))


@pytest.mark.parametrize("dies", [*range(-5, 0), *range(1, 6)])
def test_a_start_that_is_killed_anywhere_is_finished_by_the_next_one_and_runs_once(
    world: ClusterWorld, dies: int
) -> None:
    large(world, 3)
    world.kube.dies = dies
    with pytest.raises(Killed):
        world.jobs.start(world.spec(NAME))
    world.kube.dies = 0
    woken = bool(world.kube.woken)
    assert world.seen().state is (JobState.RUNNING if woken else JobState.UNKNOWN)

    world.another().start(world.spec(NAME))

    assert world.kube.woken == [POD]
    assert len(world.kube.secrets) == 3
    assert world.seen().state is JobState.RUNNING


def test_the_files_are_those_of_the_tree_and_go_when_the_job_goes(world: ClusterWorld) -> None:
    large(world, 2)
    os.symlink("app.py", world.folder / "tree" / "link")
    world.started()

    pieces = [b64decode(one["data"]["piece"]) for _, one in sorted(world.kube.secrets.items())]
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        assert archive.getnames() == ["app.py", "link", "noise"]
        file = archive.extractfile("app.py")
        assert file is not None
        assert file.read() == b"print('hello')"
        assert archive.getmember("link").linkname == "app.py"
    owners = [one["metadata"]["ownerReferences"] for one in world.kube.secrets.values()]
    assert owners == [[{"apiVersion": "batch/v1", "kind": "Job", "name": POD, "uid": f"uid-of-{POD}"}]] * 2


def test_a_tree_that_is_too_large_is_for_a_person_and_leaves_nothing(world: ClusterWorld) -> None:
    large(world, parcel.MOST + 1)

    with pytest.raises(NeedsHuman, match=r"^job\.tree: the commit has more than 14\.1 MiB .*taking tests: out of"):
        world.jobs.start(world.spec(NAME))

    assert (world.kube.jobs, world.kube.secrets) == ({}, {})
    assert world.jobs.look(NAME).state is JobState.UNKNOWN


def test_half_a_job_with_other_files_is_made_anew(world: ClusterWorld) -> None:
    world.kube.dies = 1
    with pytest.raises(Killed):
        world.jobs.start(world.spec(NAME))
    world.kube.dies = 0
    (world.folder / "tree" / "app.py").write_text("print('packed otherwise')")

    with pytest.raises(TryLater, match="is made anew in k1"):
        world.jobs.start(world.spec(NAME))
    world.jobs.start(world.spec(NAME))

    assert world.kube.woken == [POD]


def test_what_has_ended_is_known_without_the_cluster_and_leaves_nothing_there(world: ClusterWorld) -> None:
    world.started()
    world.kube.ends(POD, 3)
    seen = world.seen()
    assert (seen.exit_code, seen.why, seen.seconds) == (3, "ended with exit code 3", 7.0)
    assert (world.kube.jobs, world.kube.pods, world.kube.secrets) == ({}, {}, {})

    world.kube.away = True

    assert world.seen() == seen
    assert world.another().log(NAME, 0) == f"» run {NAME}\n» It ended with exit code 3.\n".encode()


def test_a_cluster_that_is_away_is_trouble_that_may_pass(world: ClusterWorld) -> None:
    world.started()
    world.kube.away = True

    for ask in (world.another().look, world.another().stop, lambda name: world.another().log(name, 0)):
        with pytest.raises(TryLater, match="cannot be reached"):
            ask(NAME)


def test_a_job_that_somebody_removed_is_lost_and_another_attempt_is_made(world: ClusterWorld) -> None:
    world.started()
    world.kube.loses(POD)

    seen = world.seen()

    assert seen.lost
    assert seen.why.startswith("its Job is gone from the cluster")
    assert current(world.jobs, "r1-test-unit") == "r1-test-unit-2"


def test_a_stop_that_was_killed_is_carried_out_by_whoever_looks_next(world: ClusterWorld) -> None:
    world.started()
    world.kube.dies = -1
    with pytest.raises(Killed):
        world.jobs.stop(NAME)
    world.kube.dies = 0

    world.seen()

    assert world.seen() == JobSeen(JobState.FAILED, None, "was stopped")
    assert world.kube.jobs == {}


def test_two_installations_in_one_namespace_never_take_each_others_jobs(world: ClusterWorld) -> None:
    world.started()
    other = world.another(replace(PLACE, owner="somebody else"))
    other._root = world.folder / "elsewhere"

    other.start(world.spec(NAME))

    assert len(set(world.kube.woken)) == 2


def test_a_home_that_cannot_be_written_is_trouble_that_may_pass(world: ClusterWorld) -> None:
    world.started()
    world.kube.says(POD, b"one\n", 1.0)
    (world.folder / "cluster-jobs" / NAME / "lock").unlink()
    (world.folder / "cluster-jobs" / NAME / "lock").mkdir()

    with pytest.raises(TryLater, match=f"job {NAME}: its folder cannot be used"):
        world.seen()


def test_a_tick_that_looks_several_times_asks_once(world: ClusterWorld) -> None:
    world.started()
    one = world.another()
    one.look(NAME)
    world.kube.ends(POD)

    assert one.look(NAME).state is JobState.RUNNING
    assert FRESH < 1.0
    assert world.seen().state is JobState.DONE


def test_what_is_forgotten_is_removed_from_the_cluster_too(world: ClusterWorld) -> None:
    world.kube.dies = 1
    with pytest.raises(Killed):
        world.jobs.start(world.spec(NAME))
    world.kube.dies = 0
    assert world.jobs.prune(timedelta(hours=1)) == 0

    world.kube.away = True
    assert world.jobs.prune(timedelta(0)) == 0, "it is known for as long as it may be there"

    world.kube.away = False
    assert world.jobs.prune(timedelta(0)) == 1

    assert world.kube.jobs == {}
    assert list((world.folder / "cluster-jobs").iterdir()) == []
