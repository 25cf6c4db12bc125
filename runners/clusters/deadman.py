"""The dead-man guard: when Sluice falls silent in mid-release, go back to the stable slot, and never forward."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from .anchor import Anchor
from .desired import Desired, Service, other

PATIENCE = 20.0  # seconds the stable slot may take to get ready for the whole load; then one replica must do
GRAIN = 1.0  # seconds of silence one look may count: a guard that slept itself has observed nothing


@dataclass(slots=True)
class _Silence:
    """How long one anchor has been seen without a new heartbeat."""

    beat: tuple[int, int, int]
    looked: float
    seconds: float = 0.0
    enough: float | None = None  # after how many of them this guard found that it has to go back


class Guard:
    """Watches the anchors of one cluster by its own monotonic clock, `ttl` and `grain` in its seconds."""

    def __init__(self, ttl: float, grain: float = GRAIN) -> None:
        self.ttl = ttl
        self._grain = grain
        self._silences: dict[str, _Silence] = {}

    def overdue(self, desired: Desired, now: float, asked: Collection[str] = ()) -> Iterator[tuple[str, float]]:
        """
        The services that have to go back, and for how many seconds already: an unfinished release did not beat for the
        time to live, or a person asked for it (`asked`: names of services), or it bears the mark of a guard that may
        have died before it was done.
        """
        for name, service in desired.services.items():
            anchor, silence = service.anchor, self._silence(name, service.anchor, now)
            enough = silence.seconds >= self.ttl or name in asked or anchor.holder in anchor.marks
            if enough and unfinished(anchor):
                silence.enough = silence.seconds if silence.enough is None else silence.enough
                yield name, silence.seconds - silence.enough

    def _silence(self, name: str, anchor: Anchor, now: float) -> _Silence:
        beat = beat_of(anchor)
        silence = self._silences.get(name)
        if silence is None or silence.beat != beat:
            silence = self._silences[name] = _Silence(beat, now)
        silence.seconds += min(now - silence.looked, self._grain)
        silence.looked = now
        return silence


def beat_of(anchor: Anchor) -> tuple[int, int, int]:
    """What changes with each heartbeat, and whenever another release or a newer worker takes over."""
    return anchor.release, anchor.epoch, anchor.beats


def unfinished(anchor: Anchor) -> bool:
    """A release is in motion that the stable slot did not come with: there is something to go back from."""
    return anchor.moving and anchor.promoted != anchor.holder


def retreat(service: Service, ready: int, late: float, drained: bool = True) -> Service:
    """
    One step back, in the safe order: mark, old slot ready for the load, traffic to it, other slot to 0 replicas.

    `ready`: replicas of the stable slot that may get requests. `drained`: whoever ends replicas waits by himself until
    the gateway sends them nothing more and their longest request is over, or has done so. Without a stable slot there
    is nothing to go back to: the mark alone.
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
    if service.weights[stable] < 100 or not drained:
        return service
    service = service.with_slot(canary, replace(service.slots[canary], replicas=0))
    return replace(service, anchor=replace(service.anchor, moving=False))
