"""What is known of a service for the length of one tick: its objects, as the API server gave them last.

A tick needs them for its heartbeat, its look, its writes and its counters, and reads them once. Each answer to a write
of ours takes the place of what was read before it. That is no cache to rely on: whoever writes with what is known here
writes under compare-and-set, so what somebody else has done since is a conflict, and then everything is read anew.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .notes import Manifest
from .way import Found

TICK = 1.0  # seconds: what was read longer ago is read anew


@dataclass(frozen=True, slots=True)
class Sight:
    """The objects of one service. `at`: when the oldest of them was asked for, in seconds of the monotonic clock."""

    at: float
    found: Found
    pods: dict[str, list[Manifest]] = field(default_factory=dict)  # slot → its pods, once they were asked for

    def after(self, found: Found) -> "Sight":
        """The same after a write. The pods of before it say nothing about a Deployment that was written."""
        same = found.deployments == self.found.deployments
        return replace(self, found=found, pods=self.pods if same else {})


class Sights:
    """Those of one cluster, by service, each for `tick` seconds. Threads may share them: the newer sight stays."""

    def __init__(self, read: Callable[[str], Found], tick: float = TICK) -> None:
        self._read = read
        self._tick = tick
        self._known: dict[str, Sight] = {}

    def of(self, service: str) -> Sight:
        """What is known, read now if that is too old."""
        at = time.monotonic()
        return self.known(service) or self.keep(service, Sight(at, self._read(service)))

    def known(self, service: str) -> Sight | None:
        """None if nothing was read in this tick."""
        sight = self._known.get(service)
        return sight if sight is not None and time.monotonic() - sight.at < self._tick else None

    def keep(self, service: str, sight: Sight) -> Sight:
        """Know this from now on."""
        known = self._known.get(service)
        if known is None or known.at <= sight.at:
            self._known[service] = sight
        return sight

    def forget(self, service: str) -> None:
        """Whatever comes next is read anew."""
        self._known.pop(service, None)

    def forget_all(self) -> None:
        """The same for every service."""
        self._known.clear()
