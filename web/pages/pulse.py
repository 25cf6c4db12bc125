"""Whether the parts behind the pages are alive, asked at most every few seconds and told in one sentence each."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from time import monotonic
from typing import Protocol

AGAIN = 5.0  # seconds between two questions; a page must not wait for a queue that is away
SILENT = 20.0  # seconds without a round of the sweeper


class Queue(Protocol):
    """What is asked of the bell."""

    def workers(self) -> int | None: ...


@dataclass(slots=True)
class Heard:
    """The last answer, and since when it is a bad one."""

    asked: float = -AGAIN
    workers: int | None = None
    away: datetime | None = None

    lock: Lock = field(default_factory=Lock)


HERE = Heard()


def banners(queue: Queue | None, swept: str, now: datetime, heard: Heard = HERE) -> tuple[str, ...]:
    """What people must know about the platform itself. `queue` None: this installation has none."""
    found = [] if queue is None else _queue(queue, now, heard)
    if swept and now.timestamp() - float(swept) > SILENT:
        last = datetime.fromtimestamp(float(swept), UTC)
        found.append(f"No sweeper alive since {last:%H:%M:%S} UTC. Releases may stand still; start `sluice up`.")
    return tuple(found)


def _queue(queue: Queue, now: datetime, heard: Heard) -> list[str]:
    with heard.lock:
        if monotonic() - heard.asked >= AGAIN:
            heard.workers, heard.asked = queue.workers(), monotonic()
            heard.away = None if heard.workers else heard.away or now
        workers, away = heard.workers, heard.away
    if workers is None and away is not None:
        return [f"Queue unavailable since {away:%H:%M:%S} UTC; releases continue in degraded mode."]
    if workers == 0 and away is not None:
        return [f"No worker alive since {away:%H:%M:%S} UTC; releases continue slower, in the sweeper."]
    return []
