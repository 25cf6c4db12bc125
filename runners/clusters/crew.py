"""The replicas of one cluster: as many as wanted, of what is wanted, and none that nobody wants."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from runners.gateway import Applied

from .desired import Desired, Slot
from .document import Document
from .observed import SlotState
from .processes import end, free_port, kill_marked, strays
from .replica import GRACE, Place, Record, Replica

KEPT = 40  # logs of replicas that are gone


@dataclass(frozen=True, slots=True)
class Roll:
    """`replicas.json`: the replicas the daemon knows, for the one that comes after it."""

    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Berth:
    """One slot of one service, with what it should run."""

    service: str
    slot: str
    content: Slot = field(compare=False)


def roll(folder: Path) -> Document[Roll]:
    """The roll of the cluster whose folder this is."""
    return Document(folder / "replicas.json", Roll(), durable=False)


class Crew:
    """Keeps the replicas of one cluster."""

    def __init__(self, place: Place, capacity: int, pool: Executor) -> None:
        self.place = place
        self.capacity = capacity
        self._pool = pool
        self._roll = roll(place.folder)
        self._replicas: list[Replica] = []
        self._written: Roll | None = None
        self._numbers = count(1)
        self._full: set[tuple[str, str]] = set()

    def adopt(self, desired: Desired) -> None:
        """Take over what an earlier daemon started; end what is marked as ours and on no roll."""
        records = self._roll.read().records
        for record in records:
            slot = desired.service(record.service).slots.get(record.slot, Slot())
            wanted = slot if slot.generation == record.generation else None
            if record.pid and not Replica(self.place, record, wanted).alive:
                kill_marked(self.place.mark(record.id))
                record = replace(record, pid=0, started="")
            self._replicas.append(Replica(self.place, record, wanted))
        for mark in strays(self.place.mark(""), (self.place.mark(one.id) for one in records)):
            kill_marked(mark)
        highest = max((int(one.id.rpartition("/")[2]) for one in records), default=0)
        self._numbers = count(highest + 1)

    def tend(self, desired: Desired, applied: Applied | None, now: float, *, settled: bool) -> None:
        """One round over all replicas. `settled`: the gateway does what the last file says."""
        self._full = set()
        self._bury(now)
        for berth in _berths(desired):
            self._fit(berth)
        self._dismiss(desired)
        for one in self._replicas:
            if one.record.leaving:
                one.depart(now, out=settled and applied is not None and one.url not in applied.urls)
            elif one.record.pid:
                one.look(self._pool, now)
        self._start(now)
        self._note()

    def ports(self, service: str, slot: str, generation: int) -> list[int]:
        """Where the ready replicas of a slot listen."""
        return sorted(one.record.port for one in self._of(service, slot, generation) if one.ready)

    def state(self, service: str, slot: str, content: Slot, applied: Applied | None) -> SlotState:
        """How a slot fares, for people and stages."""
        crew = list(self._of(service, slot, content.generation))
        serving = [one for one in crew if one.ready and applied is not None and one.url in applied.urls]
        trouble = "" if len(serving) >= content.replicas else self._trouble(service, slot, crew)
        return SlotState(content.generation, len(serving), trouble, tuple(one.seen for one in crew))

    def trim(self) -> None:
        """Keep the logs small and few."""
        for one in self._replicas:
            one.trim()
        mine = {self.place.log(one.record.id) for one in self._replicas}
        gone = {log for log in self.place.logs.glob("*.log") if log not in mine}
        for log in sorted(gone, key=lambda log: log.stat().st_mtime)[:-KEPT]:
            log.unlink(missing_ok=True)
            log.with_suffix(".old").unlink(missing_ok=True)

    # -- one round --------------------------------------------------------------------------------------------

    def _bury(self, now: float) -> None:
        for one in list(self._replicas):
            if one.record.pid and not one.alive:
                one.bury(now)
            if one.record.leaving and not one.record.pid:
                self._replicas.remove(one)

    def _fit(self, berth: Berth) -> None:
        """As many replicas as wanted, of the generation wanted; who never became ready goes first."""
        wanted = berth.content.replicas
        crew = list(self._of(berth.service, berth.slot, berth.content.generation))
        for one in sorted(crew, key=lambda one: not one.ready)[wanted:]:
            one.leave()
        for _ in range(wanted - len(crew)):
            if len(self._replicas) >= self.capacity:
                self._full.add((berth.service, berth.slot))
                return
            record = Record(
                id=f"{berth.service}/{berth.slot}/{berth.content.generation}/{next(self._numbers)}",
                service=berth.service,
                slot=berth.slot,
                generation=berth.content.generation,
                drain=berth.content.drain,
            )
            self._replicas.append(Replica(self.place, record, berth.content))

    def _dismiss(self, desired: Desired) -> None:
        for one in self._replicas:
            slot = desired.service(one.record.service).slots.get(one.record.slot, Slot())
            if slot.generation != one.record.generation:
                one.leave()

    def _start(self, now: float) -> None:
        for one in self._replicas:
            if one.may_start(now):
                one.start(free_port(other.record.port for other in self._replicas), now)

    def _note(self) -> None:
        now = Roll(tuple(one.record for one in self._replicas))
        if now != self._written:
            self._roll.write(now)
            self._written = now

    def _of(self, service: str, slot: str, generation: int) -> Iterator[Replica]:
        for one in self._replicas:
            record = one.record
            if (record.service, record.slot, record.generation) == (service, slot, generation) and not record.leaving:
                yield one

    def _trouble(self, service: str, slot: str, crew: list[Replica]) -> str:
        if (service, slot) in self._full:
            return f"capacity: {len(self._replicas)} of {self.capacity} replicas in use"
        return next((one.trouble for one in crew if one.trouble), "starting")


def disband(place: Place) -> None:
    """End every replica of a cluster that has no daemon."""
    document = roll(place.folder)
    records = document.read().records
    end((Replica(place, record, None).known for record in records), GRACE)
    for mark in strays(place.mark(""), ()):
        kill_marked(mark)
    document.write(Roll())


def _berths(desired: Desired) -> Iterator[Berth]:
    for name, service in desired.services.items():
        for slot, content in service.slots.items():
            if content.digest:
                yield Berth(name, slot, content)
