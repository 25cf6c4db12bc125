"""Job output goes into the store, by offset: written twice, it is there once.

A job that cannot be reached now is copied later. It holds up no decision and no other job.
"""

from collections.abc import Callable
from functools import partial

import structlog

from pipeline.errors import NeedsHuman, TryLater
from pipeline.plan import Stage
from pipeline.release import Release
from pipeline.store.logs import Logs
from runners.ports import Jobs, JobState
from runners.stages import build, test
from runners.stages.attempts import current

CHUNK = 262_144  # bytes a copy takes at a time
MOST = 16  # chunks a job may have copied in one go
_log = structlog.get_logger()


def of_release(release: Release, jobs: Jobs, logs: Logs) -> None:
    """Whatever the current step's jobs have written since the last look."""
    for stem in _stems(release):
        _if_reached(stem, partial(_of_step, stem, release, jobs, logs))


def of_open(jobs: Jobs, logs: Logs) -> None:
    """Whatever those jobs have written whose logs are not at their end. One whose release has ended is ended first."""
    for name in logs.forsaken():
        _if_reached(name, partial(jobs.stop, name))
    for name in logs.open():
        _if_reached(name, partial(copy, name, jobs, logs))


def copy(name: str, jobs: Jobs, logs: Logs) -> None:
    """Copy what is new. What ended before the copy began is closed once all of it is here."""
    seen = jobs.look(name)
    for _ in range(MOST):
        offset = logs.size(name)
        piece = jobs.log(name, offset, CHUNK)
        if piece:
            logs.append(name, offset, piece)
        if len(piece) < CHUNK:
            if seen.state in (JobState.DONE, JobState.FAILED):
                logs.end(name, seen.state.value, seen.why)
            return


def _of_step(stem: str, release: Release, jobs: Jobs, logs: Logs) -> None:
    name = current(jobs, stem)
    if jobs.look(name).state is not JobState.UNKNOWN:
        logs.begin(name, release.id, release.step.name, int(name.rpartition("-")[2]))
        copy(name, jobs, logs)


def _if_reached(job: str, work: Callable[[], None]) -> None:
    try:
        work()
    except (TryLater, NeedsHuman) as trouble:
        _log.warning("a job cannot be reached", job=job, why=str(trouble))


def _stems(release: Release) -> tuple[str, ...]:
    match release.step.stage:
        case Stage.BUILD:
            return (build.job_stem(release),)
        case Stage.TEST:
            return tuple(test.job_stem(release, one) for one in release.spec.test)
        case Stage.CANARY | Stage.ROLLOUT:
            return ()
