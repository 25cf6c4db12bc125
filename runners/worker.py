"""What RQ may call, and nothing else: `tick` and `intake`, with one integer each."""

import contextlib
import ctypes
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from redis import Redis
from rq import Queue, Worker
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job

from pipeline.errors import PipelineError
from pipeline.store import bell
from runners import intake as arriving
from runners import loop
from runners.wiring import Wiring, wire

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
LARGEST = 2**31 - 1  # what every database takes for an id

_log = structlog.get_logger()


class Refused(PipelineError):
    """A message in the queue asks for something else than a tick or an intake of one number."""


def tick(release_id: int) -> None:
    """Move one release as far as it is due."""
    _ticks(release_id, wire())


def intake(delivery_id: int) -> None:
    """Turn one delivery into a release, and take its first steps at once."""
    wiring = wire()
    release_id = arriving.intake(delivery_id, wiring.desk)
    if release_id is not None:
        _ticks(release_id, wiring)


def _ticks(release_id: int, wiring: Wiring) -> None:
    loop.ticks(release_id, wiring.ledger, wiring.world, wiring.logs, lambda: wiring.bell.waiting() == 0)


CALLS: Mapping[str, Callable[[int], None]] = {bell.CALLS["tick"]: tick, bell.CALLS["intake"]: intake}


KNOWN = {"data", "status", "origin", "description", "worker_name", "timeout", "result_ttl", "failure_ttl", "ttl"}
KNOWN |= {"created_at", "enqueued_at", "started_at", "ended_at", "last_heartbeat"}  # all that a ring of ours has


class OneCall(Job):
    """A job that can be a tick or an intake and nothing else: no dotted name is ever imported, no callback is run."""

    extras: tuple[str, ...] = ()

    def restore(self, raw_data: Any) -> Any:
        """From Redis, where anybody may have written: RQ sees the fields of a ring, with our limits for theirs."""
        fields = {key.decode("ascii", "replace"): value for key, value in raw_data.items()}
        self.extras = tuple(sorted(name for name, value in fields.items() if value and name not in KNOWN))
        limits = {"timeout": b"%d" % bell.JOB_TIMEOUT, "result_ttl": b"0", "failure_ttl": b"%d" % bell.FAILURE_TTL}
        kept = {name: value for name, value in fields.items() if name in KNOWN} | limits
        try:
            return super().restore({name.encode(): value for name, value in kept.items()})
        except (ValueError, TypeError) as error:
            _log.warning("queue.job_rejected", job=self.id[:80], why=f"it cannot be read: {error}"[:200])
            raise NoSuchJobError(str(error)[:200]) from error

    @property
    def func(self) -> Callable[[int], None]:
        """The call, looked up in our own table."""
        if self.extras:
            raise Refused(f"it has {', '.join(self.extras)[:80]!r}, which no ring has")
        try:
            name, args, kwargs = self.func_name, self.args, self.kwargs
        except DeserializationError as error:
            raise Refused("its payload is not the JSON of a call") from error
        call = CALLS.get(name) if isinstance(name, str) else None
        if call is None or self.instance is not None:
            raise Refused(f"{str(name)[:80]!r} is no tick and no intake")
        if kwargs or not isinstance(args, list) or len(args) != 1 or type(args[0]) is not int:
            raise Refused("it has other arguments than one whole number")
        if not 1 <= args[0] <= LARGEST:
            raise Refused(f"its number is not from 1 to {LARGEST}")
        return call


class FewWords(Worker):
    """A forking worker for such jobs. Its work horse ends with it, so nobody works on unseen."""

    job_class = OneCall

    def execute_job(self, job: Job, queue: Queue) -> None:
        """What may not run is dropped before anything of RQ handles it. A new platform.yaml is read before the fork."""
        try:
            job.func  # noqa: B018  asking is the check
        except Refused as refused:
            _log.warning("queue.job_rejected", job=job.id[:80], why=str(refused))
            self.connection.lrem(queue.intermediate_queue_key, 1, job.id)
            self.connection.delete(job.key)
            return
        wire().warm()
        super().execute_job(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.pid:  # the worker died before we could ask to be told
            os._exit(1)
        super().main_work_horse(job, queue)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """The horse alone: RQ ends its process group, and that is the worker's own until the horse has made another."""
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, sig)


def work(redis_url: str) -> None:
    """Until a signal comes. The world is wired before the first fork, so that a tick starts fast."""
    wire().warm()
    connection = Redis.from_url(redis_url)
    queue = Queue(bell.queue_name(), connection=connection, job_class=OneCall, serializer="json")
    worker = FewWords([queue], connection=connection, job_class=OneCall, serializer="json", worker_ttl=30)
    worker.work(logging_level="WARNING", with_scheduler=False)
