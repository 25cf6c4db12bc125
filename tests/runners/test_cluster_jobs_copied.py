"""The log of a job in a cluster, in this home: each line once, whoever dies, and what keeps a job from beginning."""

import os
import time
from pathlib import Path

import pytest

from runners.ports import JobState
from tests.runners.jobs_worlds import NAME, POD, ClusterWorld


@pytest.fixture
def world(tmp_path: Path) -> ClusterWorld:
    return ClusterWorld(tmp_path).started()


def test_lines_of_one_second_that_come_in_two_looks_are_there_once(world: ClusterWorld) -> None:
    world.kube.says(POD, b"one\n", 1.1)
    world.kube.says(POD, b"two\n", 1.2)
    assert world.said() == b"one\ntwo\n"

    world.kube.says(POD, b"two\n", 1.2)
    world.kube.says(POD, b"three\n", 1.9)
    assert world.said() == b"one\ntwo\ntwo\nthree\n"

    world.kube.says(POD, b"four\n", 9.0)
    assert world.said() == b"one\ntwo\ntwo\nthree\nfour\n"


def test_a_worker_that_dies_between_the_lines_and_the_note_about_them_leaves_no_line_twice(world: ClusterWorld) -> None:
    world.kube.says(POD, b"one\n", 1.0)
    world.seen()
    with (world.folder / "cluster-jobs" / NAME / "log").open("ab") as log:
        log.write(b"two\nthr")
    world.kube.says(POD, b"two\n", 2.0)
    world.kube.says(POD, b"three\n", 3.0)

    assert world.said() == b"one\ntwo\nthree\n"


def test_a_line_without_an_end_is_a_line_once_the_job_has_ended(world: ClusterWorld) -> None:
    world.kube.says(POD, b"one\n", 1.0)
    world.kube.says(POD, b"no end", 2.0)
    assert world.said() == b"one\n"

    world.kube.ends(POD)

    assert world.said() == b"one\nno end"


def test_what_keeps_a_job_from_beginning_is_said_once_in_its_log(world: ClusterWorld) -> None:
    message = "0/1 nodes are available: 1 Insufficient cpu."
    placed = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    world.kube.pods[POD]["status"] = {"phase": "Pending", "conditions": [placed]}

    for _ in range(3):
        assert world.seen().state is JobState.RUNNING

    assert world.said().decode() == f"» Waits: no node can take it: {message}\n"


def test_a_cluster_that_takes_no_pod_says_why(world: ClusterWorld) -> None:
    del world.kube.pods[POD]
    message = f'pods "{POD}-x" is forbidden: exceeded quota: small'
    world.kube.events.append({"reason": "FailedCreate", "message": message, "involvedObject": {"name": POD}})

    world.seen()

    assert "Waits: the cluster takes no pod of it: " in world.said().decode()
    assert world.said().decode().endswith("exceeded quota: small.\n")


def test_a_log_that_cannot_be_read_is_waited_for_and_then_given_up(world: ClusterWorld) -> None:
    world.kube.without_log = True
    world.kube.ends(POD)
    assert world.seen().state is JobState.RUNNING

    long_ago = time.time() - 61
    os.utime(world.folder / "cluster-jobs" / NAME / "unread", (long_ago, long_ago))

    assert world.seen().state is JobState.DONE
    assert world.said().decode() == "» The rest of the log cannot be read: the kubelet does not answer.\n"


def test_a_log_is_read_on_once_it_can_be_read_again(world: ClusterWorld) -> None:
    world.kube.without_log = True
    world.kube.says(POD, b"one\n", 1.0)
    world.kube.ends(POD)
    world.seen()

    world.kube.without_log = False

    assert world.seen().state is JobState.DONE
    assert world.said() == b"one\n"
