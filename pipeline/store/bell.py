"""The doorbell: a hint through Redis that something is due now. Losing it loses nothing, so it never raises."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, Protocol

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker

Kind = Literal["tick", "intake"]

CALLS: Mapping[Kind, str] = {"tick": "runners.worker.tick", "intake": "runners.worker.intake"}
JOB_TIMEOUT = 30  # seconds; a tick has 8
FAILURE_TTL = 60
LIVES = 60  # seconds a ring waits at most: the sweeper has rung again since
PREFIX = "sluice"


def queue_name(prefix: str = PREFIX) -> str:
    """The one queue of an installation."""
    return f"{prefix}-now"


class Rings(Protocol):
    """What rings."""

    def ring(self, kind: Kind, number: int) -> bool:
        """Ask for a tick of a release or the intake of a delivery, now. False: nobody heard it."""
        ...


class Bell:
    """The doorbell on Redis."""

    def __init__(self, redis_url: str, prefix: str = PREFIX) -> None:
        # No retries inside: whoever rings goes on at once, and the sweeper rings again.
        self._redis = Redis.from_url(
            redis_url, socket_connect_timeout=0.5, socket_timeout=1.0, retry=Retry(NoBackoff(), 0)
        )
        self._prefix = prefix
        self._queue = Queue(queue_name(prefix), connection=self._redis, serializer="json")

    def ring(self, kind: Kind, number: int) -> bool:
        try:
            self._queue.enqueue_call(
                CALLS[kind],
                args=(number,),
                timeout=JOB_TIMEOUT,
                result_ttl=0,
                failure_ttl=FAILURE_TTL,
                ttl=LIVES,
                description=f"{kind} {number}",
            )
        except RedisError:
            return False
        return True

    def alive(self) -> bool:
        """Redis answers."""
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False

    def workers(self) -> int | None:
        """How many workers listen, None while nobody can tell."""
        try:
            return Worker.count(queue=self._queue)
        except RedisError:
            return None

    def waiting(self) -> int | None:
        """How many rings nobody has answered yet, None while nobody can tell."""
        try:
            return self._queue.count
        except RedisError:
            return None

    def age(self) -> float | None:
        """Seconds since the oldest unanswered ring, 0 without any, None while nobody can tell."""
        try:
            oldest = next(iter(self._queue.get_jobs(0, 1)), None)
        except RedisError:
            return None
        if oldest is None or oldest.enqueued_at is None:
            return 0.0
        rung = oldest.enqueued_at
        rung = rung if rung.tzinfo else rung.replace(tzinfo=UTC)
        return max(0.0, (datetime.now(UTC) - rung).total_seconds())

    def complaint(self, installation: str) -> str:
        """Why this Redis must not be used by the installation of this id, "" if it may."""
        try:
            key = f"{self._prefix}:installation"
            self._redis.set(key, installation, nx=True)
            owner = self._redis.get(key)
            policy = _policy(self._redis)
        except RedisError:
            return ""  # not reachable: the sweeper works without it
        if owner != installation.encode():
            return f"This Redis belongs to another installation ({key} is {owner!r}); use another database number"
        if policy.startswith("allkeys"):
            return f"Redis would throw away queued work (maxmemory-policy {policy}); set it to noeviction"
        return ""


def _policy(redis: "Redis") -> str:
    """The eviction policy, "" where the server does not tell."""
    try:
        told = redis.config_get("maxmemory-policy")
    except RedisError:
        return ""
    return str(told.get("maxmemory-policy", "")) if isinstance(told, dict) else ""


class SilentBell:
    """A bell nobody hears, for tests: what was rung is in `rung`."""

    def __init__(self) -> None:
        self.rung: list[tuple[Kind, int]] = []

    def ring(self, kind: Kind, number: int) -> bool:
        self.rung.append((kind, number))
        return True
