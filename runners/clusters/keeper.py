"""Makes the local clusters of one home what they should be, round after round."""

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from pipeline.errors import PipelineError
from runners.front import equal
from runners.gateway import Applied, Leaf, Route, leaf_name, read_back, render
from runners.traefik import Traefik

from . import layout
from .crew import Crew
from .deadman import Guard, beat_of, retreat
from .desired import Desired, Service
from .layout import Running
from .observed import Observed, ServiceState
from .replica import Place

ROUND, BRISK = 0.1, 0.03  # seconds between two rounds: as a rule, while the gateway is behind
CALM = 1.0  # seconds between two looks at a gateway that does what it should
DEAF = 2.0  # seconds after which a configuration that did not arrive is written again


class Keeper:
    """One round: guard, replicas, gateway, report."""

    def __init__(self, home: Path, running: Running) -> None:
        self.home = home
        self.traefik = Traefik(layout.folder(home), {**running.clusters, "front": running.front})
        pool = ThreadPoolExecutor(8, thread_name_prefix="probe")
        names = tuple(running.clusters)
        self._desired = {name: layout.desired(home, name) for name in names}
        self._observed = {name: layout.observed(home, name) for name in names}
        places = {name: Place(home, name, Path(running.bundles)) for name in names}
        self._crews = {name: Crew(places[name], running.capacity.get(name, 20), pool) for name in names}
        self._guards = {name: Guard(running.guard_ttl) for name in names}
        self._shares = layout.shares(home)
        self._outside = running.outside
        self._known: dict[str, Desired] = {}
        self._complaint = ""
        self._reported: dict[str, Observed] = {}
        self._applied: Applied | None = None
        self._looked = 0.0
        self._changed = 0.0
        self._trimmed = 0.0

    def begin(self) -> None:
        """Take over what is there."""
        for name, crew in self._crews.items():
            crew.adopt(self._desired[name].read())
        self.traefik.keep()

    def round(self, now: float) -> None:
        """Look at everything once and take the next steps. Never waits for anything."""
        if self.traefik.keep():
            self._applied = None  # a new one does nothing yet, whatever the old one did
        desired = {name: self._guarded(name, now) for name in self._desired}
        self._look(now)
        for name, crew in self._crews.items():
            crew.tend(desired[name], self._applied, now, settled=not self._changed)
        self._show(desired, now)
        for name in desired:
            self._report(name, desired[name], now)
        if now - self._trimmed > 2 * CALM:
            self._trimmed = now
            self.traefik.trim()
            for crew in self._crews.values():
                crew.trim()

    @property
    def behind(self) -> bool:
        """The gateway does not do yet what the last file says."""
        return self._changed > 0

    @property
    def answers(self) -> bool:
        """The gateway told what it does."""
        return self._applied is not None

    # -- guard ------------------------------------------------------------------------------------------------

    def _guarded(self, cluster: str, now: float) -> Desired:
        """What the cluster should be, after the guard had its say. A file that cannot be read stays as last known."""
        document = self._desired[cluster]
        try:
            desired = document.read()
            for name, late in list(self._guards[cluster].overdue(desired, now)):
                desired = document.change(self._step_back(cluster, name, late, desired))
        except PipelineError as error:
            self.complain(f"{cluster}: {error}")
            return self._known.get(cluster, Desired())
        self._known[cluster] = desired
        return desired

    def _step_back(self, cluster: str, name: str, late: float, seen: Desired) -> Callable[[Desired], Desired]:
        def back(fresh: Desired) -> Desired:
            service = fresh.service(name)
            if beat_of(service.anchor) != beat_of(seen.service(name).anchor):  # it spoke again meanwhile
                return fresh
            ready = self._ready(cluster, name, service.anchor.stable)
            return fresh.with_service(name, retreat(service, ready, late))

        return back

    def _ready(self, cluster: str, service: str, slot: str | None) -> int:
        seen = self._reported.get(cluster, Observed()).services.get(service, ServiceState())
        return seen.slots[slot].ready if slot is not None and slot in seen.slots else 0

    def complain(self, what: str) -> None:
        """One line in the log, once for each new trouble."""
        if what != self._complaint:
            self._complaint = what
            print(what, file=sys.stderr, flush=True)  # noqa: T201  the daemon's log is its standard error

    # -- gateway ----------------------------------------------------------------------------------------------

    def _look(self, now: float) -> None:
        if self._changed or now - self._looked >= CALM or self._applied is None:
            self._applied = self.traefik.look()
            self._looked = now

    def _show(self, desired: Mapping[str, Desired], now: float) -> None:
        routes = [
            self._route(cluster, name, service)
            for cluster, wanted in desired.items()
            for name, service in wanted.services.items()
            if any(slot.digest for slot in service.slots.values())
        ]
        tree = render(routes, self._shared(), self._outside)
        self.traefik.show(tree)
        if self._applied == read_back(tree["http"]):
            self._changed = 0.0
        elif not self._changed:
            self._changed = now
        elif now - self._changed > DEAF:
            self._changed = now
            self.traefik.repeat()

    def _shared(self) -> Mapping[str, int]:
        return self._shares.read().shares or equal((*self._crews, *self._outside))

    def _route(self, cluster: str, name: str, service: Service) -> Route:
        leaves = []
        for slot, content in service.slots.items():
            if content.digest:
                leaf = leaf_name(cluster, name, slot, content.generation, content.digest)
                ports = self._crews[cluster].ports(name, slot, content.generation)
                leaves.append(Leaf(leaf, service.weights[slot], tuple(ports)))
        return Route(cluster, name, tuple(leaves))

    # -- report -----------------------------------------------------------------------------------------------

    def _report(self, cluster: str, desired: Desired, now: float) -> None:
        services = {
            name: ServiceState(
                self._applied.of(f"{cluster}_{name}") if self._applied is not None else {},
                {
                    slot: self._crews[cluster].state(name, slot, content, self._applied)
                    for slot, content in service.slots.items()
                },
            )
            for name, service in desired.services.items()
        }
        before = self._reported.get(cluster)
        trouble = "" if self._applied is not None else "the gateway does not answer; it is being started"
        if before is None or (before.services, before.trouble) != (services, trouble) or now - before.at >= CALM:
            seen = Observed(now, services, trouble)
            self._observed[cluster].write(seen)
            self._reported[cluster] = seen


def keep(home: Path, running: Running, keeper: Keeper) -> NoReturn:
    """Rounds for ever; what the outside refuses now is tried again in the next one."""
    note = layout.running(home)
    while True:
        try:
            keeper.round(time.monotonic())
            if keeper.answers and running.admin != (admin := keeper.traefik.admin):
                running = replace(running, admin=admin, metrics=f"{admin}/metrics")
                note.write(running)
        except (PipelineError, OSError) as error:
            keeper.complain(str(error))
        time.sleep(BRISK if keeper.behind else ROUND)
