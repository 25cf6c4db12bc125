"""How a job in a cluster ended, and why it has not begun, in the words a person would ask with."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runners.jobs.kubernetes import objects, told
from runners.jobs.kubernetes.objects import Place
from runners.ports import JobSeen, JobSpec, JobState
from tests.runners.fake_kube import BEGAN, moment
from tests.runners.jobs_worlds import IMAGE, PLACE

SPEC = {"activeDeadlineSeconds": 60, "containers": [{"resources": {"limits": {"memory": "2Gi"}}}]}


def pod(phase: str, *, test: Any = None, unpack: Any = None, **more: Any) -> dict[str, Any]:
    status: dict[str, Any] = {"phase": phase, **more}
    for kind, name, state in (("containerStatuses", "test", test), ("initContainerStatuses", "unpack", unpack)):
        if state:
            status[kind] = [{"name": name, "state": state}]
    return {"metadata": {"name": "p"}, "spec": SPEC, "status": status}


def ended(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


def condition(kind: str, status: str = "True", **more: str) -> list[dict[str, str]]:
    return [{"type": kind, "status": status, **more}]


def seen(one: dict[str, Any]) -> JobSeen:
    return told.of_pod(one, BEGAN).seen


WHYS = {
    "ended with exit code 3": pod("Failed", test=ended(3)),
    "ended with exit code 127 (command not found)": pod("Failed", test=ended(127)),
    "ended with exit code 137: it used more than 2Gi of memory": pod("Failed", test=ended(137, "OOMKilled")),
    "took longer than 60 s and was ended": pod("Failed", reason="DeadlineExceeded"),
    "took longer than 60 s and was ended; it had not begun: ImagePullBackOff: no such image": pod(
        "Failed",
        reason="DeadlineExceeded",
        unpack={"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}},
    ),
    f"got no files: unpacking ended with exit code 2; {told.NEEDS}": pod("Failed", unpack=ended(2)),
    "could not begin: /bin/sh: no such file; its image needs /bin/sh": pod(
        "Failed", unpack=ended(128, "StartError", "/bin/sh:  no such\nfile.")
    ),
    "failed in the cluster: The node was low on resource: ephemeral-storage": pod(
        "Failed", reason="Evicted", message="The node was low on resource: ephemeral-storage."
    ),
    "failed in the cluster: nobody says why": pod("Failed"),
}


@pytest.mark.parametrize("why", WHYS)
def test_how_a_pod_failed_is_said(why: str) -> None:
    found = seen(WHYS[why])

    assert (found.state, found.why, found.lost) == (JobState.FAILED, why, False)


LOST = {
    "was taken from its node: Preempted by another pod": pod(
        "Failed", conditions=condition("DisruptionTarget", message="Preempted by another pod")
    ),
    "was taken from its node: NodeShutdown": pod("Failed", reason="NodeShutdown"),
}


@pytest.mark.parametrize("why", LOST)
def test_a_pod_that_its_node_lost_is_no_fault_of_the_test(why: str) -> None:
    found = seen(LOST[why])

    assert (found.why, found.lost) == (why, True)


def test_a_pod_that_should_be_gone_long_since_has_lost_its_node() -> None:
    stuck = pod("Running", test={"running": {"startedAt": moment(0)}})
    stuck["metadata"]["deletionTimestamp"] = moment(0)

    assert told.of_pod(stuck, BEGAN + timedelta(seconds=80)).seen.state is JobState.RUNNING
    assert told.of_pod(stuck, BEGAN + timedelta(seconds=100)).seen.lost


@pytest.mark.parametrize(("ended_at", "lost"), [(10, True), (3, False)])
def test_what_ends_after_somebody_asked_for_its_removal_may_have_ended_for_that(ended_at: int, lost: bool) -> None:
    one = pod("Failed", test={"terminated": {"exitCode": 143, "startedAt": moment(0), "finishedAt": moment(ended_at)}})
    one["metadata"] |= {"deletionTimestamp": moment(10), "deletionGracePeriodSeconds": 5}

    assert seen(one).lost is lost


WAITS = {
    "no node can take it: 0/3 nodes are available: 3 Insufficient cpu": pod(
        "Pending",
        conditions=condition("PodScheduled", "False", message="0/3 nodes are available: 3 Insufficient cpu."),
    ),
    "ErrImagePull: not found": pod("Pending", unpack={"waiting": {"reason": "ErrImagePull", "message": "not found"}}),
    "CreateContainerConfigError: no such secret": pod(
        "Pending",
        unpack=ended(0, "Completed"),
        test={"waiting": {"reason": "CreateContainerConfigError", "message": "no such secret"}},
    ),
    "": pod("Pending", unpack={"waiting": {"reason": "PodInitializing"}}, test={"waiting": {}}),
}


@pytest.mark.parametrize("why", WAITS)
def test_why_a_pod_has_not_begun_is_said_unless_it_is_on_its_way(why: str) -> None:
    found = told.of_pod(WAITS[why], BEGAN)

    assert (found.seen.state, found.waits, found.container) == (JobState.RUNNING, why, "")


def test_a_pod_that_runs_says_for_how_long_and_its_log_can_be_read() -> None:
    found = told.of_pod(pod("Running", test={"running": {"startedAt": moment(0)}}), BEGAN + timedelta(seconds=5))

    assert (found.seen, found.container) == (JobSeen(JobState.RUNNING, seconds=5.0), "test")


def test_of_files_that_could_not_be_unpacked_the_log_is_that_of_the_unpacking() -> None:
    assert told.of_pod(pod("Failed", unpack=ended(2)), BEGAN).container == "unpack"


def job(reason: str = "", *, suspend: bool = False) -> dict[str, Any]:
    failed = condition("Failed", reason=reason) if reason else []
    return {"spec": {"suspend": suspend}, "status": {"conditions": failed}}


def test_a_job_without_a_pod_says_where_it_stands() -> None:
    events = [{"reason": "FailedCreate", "message": "exceeded quota: small"}]

    assert told.of_job(job(suspend=True), ()).seen.state is JobState.UNKNOWN
    assert told.of_job(job(), ()) == told.Told(JobSeen(JobState.RUNNING))
    assert told.of_job(job(), events).waits == "the cluster takes no pod of it: exceeded quota: small"
    late = told.of_job(job("DeadlineExceeded"), events).seen
    assert (late.why, late.lost) == ("found no place in time: exceeded quota: small", False)
    assert told.of_job(job("BackoffLimitExceeded"), ()).seen.lost
    complete = {"spec": {}, "status": {"conditions": condition("Complete")}}
    assert told.of_job(complete, ()).seen == JobSeen(JobState.DONE, 0)


def made(name: str = "r1-test-unit-1", place: Place = PLACE, **more: Any) -> dict[str, Any]:
    return objects.job(JobSpec(name, ("/bin/sh", "-c", "true"), Path("/"), image=IMAGE, **more), place, "f" * 64, 2)


def test_a_pod_has_no_more_rights_than_a_test_needs() -> None:
    spec = made()["spec"]["template"]["spec"]

    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10_001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for one in (*spec["initContainers"], *spec["containers"]):
        assert one["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert one["resources"] == {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}


def test_the_time_of_a_test_is_that_of_its_pod_which_never_begins_again() -> None:
    spec = made(timeout=59.5)["spec"]

    assert spec["suspend"] is True
    assert (spec["backoffLimit"], spec["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert spec["template"]["spec"]["activeDeadlineSeconds"] == 60
    assert spec["activeDeadlineSeconds"] == 660
    assert spec["ttlSecondsAfterFinished"] == 3600


@pytest.mark.parametrize("name", ["r1-test-unit-1", "a", "a_b.c", "x" * 100, "1-", "r1-test-" + "-" * 60 + "1"])
def test_every_name_of_a_job_is_one_that_a_cluster_takes(name: str) -> None:
    found = objects.name_of("me", name)

    assert len(f"{found}-15") <= 63
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert found[0] != "-"
    assert found not in (objects.name_of("you", name), objects.name_of("me", f"{name}x"))
