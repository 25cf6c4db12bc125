"""The dead-man guard: when Sluice falls silent in mid-release, go back to the stable slot, and never forward."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .anchor import Anchor
from .desired import Desired, Service, other

PATIENCE = 20.0  # seconds the stable slot may take to get ready for the whole load; then one replica must do
GRAIN = 1.0  # seconds of silence one look may count: a guard that slept itself has observed nothing


@dataclass(slots=True)
class _Silence:
    """How long one anchor has been seen without a new heartbeat."""

    beat: tuple[int, int, int]
    seconds: float
    looked: float


class Guard:
    """Watches the anchors of one cluster by its own monotonic clock."""

    def __init__(self, ttl: float) -> None:
        self.ttl = ttl
        self._silences: dict[str, _Silence] = {}

    def overdue(self, desired: Desired, now: float) -> Iterator[tuple[str, float]]:
        """The services whose unfinished release has not beaten for the time to live, and for how much longer."""
        for name, service in desired.services.items():
            late = self._silent(name, service.anchor, now) - self.ttl
            if late >= 0 and unfinished(service.anchor):
                yield name, late

    def _silent(self, name: str, anchor: Anchor, now: float) -> float:
        beat = (anchor.release, anchor.epoch, anchor.beats)
        silence = self._silences.get(name)
        if silence is None or silence.beat != beat:
            silence = self._silences[name] = _Silence(beat, 0.0, now)
        silence.seconds += min(now - silence.looked, GRAIN)
        silence.looked = now
        return silence.seconds


def unfinished(anchor: Anchor) -> bool:
    """A release is in motion that the stable slot did not come with: there is something to go back from."""
    return anchor.moving and anchor.promoted != anchor.holder


def retreat(service: Service, ready: int, late: float) -> Service:
    """
    One step back, in the safe order: mark, old slot ready for the load, traffic to it, other slot to 0 replicas.

    `ready`: replicas of the stable slot that may get requests. Without a stable slot there is nothing to go back to:
    the mark alone.
    """
    anchor = service.anchor
    if anchor.holder not in anchor.marks:
        anchor = replace(anchor, marks=(*anchor.marks, anchor.holder))
    service = replace(service, anchor=anchor)
    stable = anchor.stable
    if stable is None:
        return service
    canary = other(stable)
    wanted = max(service.slots[stable].replicas, 1)
    if service.weights[canary] > 0:
        wanted = max(wanted, service.slots[canary].replicas)
    service = service.with_slot(stable, replace(service.slots[stable], replicas=wanted))
    share = 100 if ready and late > PATIENCE else min(100, 100 * ready // wanted)
    if share > service.weights[stable]:
        service = replace(service, weights={stable: share, canary: 100 - share})
    if service.weights[stable] < 100:
        return service
    service = service.with_slot(canary, replace(service.slots[canary], replicas=0))
    return replace(service, anchor=replace(service.anchor, moving=False))
