"""What a pod and a Job say about a job of ours. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from runners.clusters.kubernetes.notes import Manifest
from runners.jobs.supervise import sentence
from runners.ports import JobSeen, JobState

from .objects import TEST, UNPACK

ON_ITS_WAY = frozenset({"ContainerCreating", "PodInitializing"})
NO_START = frozenset({"StartError", "ContainerCannotRun"})
TAKEN = frozenset({"NodeLost", "NodeShutdown", "Shutdown", "Terminated"})  # why the kubelet or a node ends a pod
NEEDS = "its image needs sh, cat, tar and gzip, or tests.unpack in platform.yaml names one that has them"
GIVEN_UP = timedelta(seconds=90)  # after this a pod that is to go and does not has lost its node
RUNNING = JobSeen(JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Told:
    """`seen`: where it stands. `pod`: its name, and `container` the one whose log is to be read, "" none yet. `waits`:
    why it has not begun, "" if it has, or is on its way."""

    seen: JobSeen
    pod: str = ""
    container: str = ""
    waits: str = ""


def of_pod(pod: Manifest, now: datetime) -> Told:
    """What the pod of a job says."""
    name, status = pod["metadata"]["name"], pod.get("status", {})
    test = _state(status, "containerStatuses", TEST)
    begun = test.keys() & {"running", "terminated"}
    broken = "terminated" in (unpack := _state(status, "initContainerStatuses", UNPACK)) and bool(_code(unpack))
    container = TEST if begun else UNPACK if broken else ""
    waits = "" if begun or broken else _waits(status)
    if status.get("phase") in ("Succeeded", "Failed"):
        removed = _removed(pod["metadata"], test) and status["phase"] == "Failed"
        seen = _lost("its pod was removed") if removed else _ended(pod["spec"], status, test, unpack)
        return Told(seen, name, container, waits)
    gone = pod["metadata"].get("deletionTimestamp")
    if gone and now - datetime.fromisoformat(gone) > GIVEN_UP:
        return Told(_lost("its node went away"), name)
    began = test.get("running", {}).get("startedAt")
    seconds = max(0.0, (now - datetime.fromisoformat(began)).total_seconds()) if began else 0.0
    return Told(JobSeen(JobState.RUNNING, seconds=seconds), name, container, waits)


def of_job(job: Manifest, events: Iterable[Manifest]) -> Told:
    """What a Job says that has no pod. `events`: what the cluster noted about it."""
    if job["spec"].get("suspend"):
        return Told(JobSeen(JobState.UNKNOWN))
    notes = [one for one in events if one.get("reason") == "FailedCreate"]
    waits = _words(notes[-1].get("message", "")) if notes else ""
    if _condition(job.get("status", {}), "Complete").get("status") == "True":
        return Told(JobSeen(JobState.DONE, 0))  # somebody removed its pod since
    failed = _condition(job.get("status", {}), "Failed")
    if failed.get("status") != "True":
        return Told(RUNNING, waits=waits and f"the cluster takes no pod of it: {waits}")
    if failed.get("reason") == "DeadlineExceeded":
        why = f"found no place in time{': ' if waits else ''}{waits}"
        return Told(JobSeen(JobState.FAILED, None, why))
    return Told(_lost("its pod was removed"))


def gone() -> JobSeen:
    """Of a job that had begun and is not there any more."""
    return _lost("its Job is gone from the cluster: somebody removed it, or it ended while nobody looked")


def _removed(meta: Mapping[str, Any], test: Mapping[str, Any]) -> bool:
    """Somebody had asked for its removal when the test ended, which may be why it ended."""
    if (gone := meta.get("deletionTimestamp")) is None:
        return False
    asked = datetime.fromisoformat(gone) - timedelta(seconds=meta.get("deletionGracePeriodSeconds", 0))
    ended = test.get("terminated", {}).get("finishedAt")
    return not ended or datetime.fromisoformat(ended) >= asked


def _ended(spec: Manifest, status: Manifest, test: Mapping[str, Any], unpack: Mapping[str, Any]) -> JobSeen:
    seconds = _seconds(test.get("terminated", {}))
    if status.get("phase") == "Succeeded":
        return JobSeen(JobState.DONE, 0, "", seconds)
    if status.get("reason") == "DeadlineExceeded":
        late = f"took longer than {spec['activeDeadlineSeconds']} s and was ended"
        waits = _waits(status)
        return JobSeen(JobState.FAILED, None, f"{late}; it had not begun: {waits}" if waits else late, seconds)
    if _condition(status, "DisruptionTarget").get("status") == "True" or status.get("reason") in TAKEN:
        said = _condition(status, "DisruptionTarget").get("message") or status.get("message", "")
        return _lost(f"was taken from its node: {_words(said) or status.get('reason', 'nobody says why')}", seconds)
    return JobSeen(JobState.FAILED, _code(test), _why(spec, status, test, unpack), seconds)


def _why(spec: Manifest, status: Manifest, test: Mapping[str, Any], unpack: Mapping[str, Any]) -> str:
    for state in (unpack.get("terminated", {}), test.get("terminated", {})):
        if state.get("reason") in NO_START:
            return f"could not begin: {_words(state.get('message', ''))}; its image needs /bin/sh"
    if code := _code(unpack):
        return f"got no files: unpacking ended with exit code {code}; {NEEDS}"
    code = _code(test)
    if code is None:
        return f"failed in the cluster: {_words(status.get('message', '')) or status.get('reason', 'nobody says why')}"
    if test["terminated"].get("reason") == "OOMKilled":
        most = spec["containers"][0]["resources"]["limits"]["memory"]
        return f"{sentence('', code)}: it used more than {most} of memory"
    return sentence("", code)


def _waits(status: Manifest) -> str:
    placed = _condition(status, "PodScheduled")
    if placed.get("status") == "False":
        return f"no node can take it: {_words(placed.get('message', ''))}"
    for kind, name in (("initContainerStatuses", UNPACK), ("containerStatuses", TEST)):
        waiting = _state(status, kind, name).get("waiting", {})
        if waiting.get("reason", "ContainerCreating") not in ON_ITS_WAY:
            return f"{waiting['reason']}: {_words(waiting.get('message', ''))}"
    return ""


def _state(status: Manifest, kind: str, name: str) -> Mapping[str, Any]:
    known: Iterable[Mapping[str, Any]] = status.get(kind, ())
    return next((one.get("state", {}) for one in known if one["name"] == name), {})


def _condition(status: Manifest, kind: str) -> Mapping[str, Any]:
    return next((one for one in status.get("conditions", ()) if one["type"] == kind), {})


def _code(state: Mapping[str, Any]) -> int | None:
    code = state.get("terminated", {}).get("exitCode")
    return None if code is None else int(code)


def _seconds(ended: Mapping[str, Any]) -> float:
    begin, end = ended.get("startedAt"), ended.get("finishedAt")
    if not begin or not end:
        return 0.0
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())


def _lost(why: str, seconds: float = 0.0) -> JobSeen:
    return JobSeen(JobState.FAILED, None, why, seconds, lost=True)


def _words(message: str) -> str:
    return " ".join(message.split())[:300].rstrip(".")
