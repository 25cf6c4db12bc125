"""Ring for what is due; when nobody hears the bell, do it here. Any number may run, none is the leader."""

from threading import Thread
from time import monotonic, sleep

import structlog

from pipeline.errors import PipelineError
from pipeline.store.bell import Kind
from pipeline.store.gauges import measure
from pipeline.store.glance import glance
from pipeline.store.looks import note
from pipeline.store.session import UNAVAILABLE
from runners import intake, joblogs, lookout, loop
from runners.intake import Desk
from runners.wiring import Wiring, wire

ROUND = 0.25  # seconds at most between two looks at what is due: who is woken by people is not told here
CHORES = 1.0  # seconds between two rounds of everything else
POLL = 60.0  # seconds between two looks at each app's branch
LOOK = 15.0  # seconds between two looks at everything that runs, as each asks the API servers of all clusters
UNITS = 5.0  # seconds between two looks at whether a unit is to be chosen: nightly, or as a person asks
SWEPT = 5.0  # seconds between two notes that a sweeper is there: each is a write
TIDY = 600.0  # seconds between two rounds of housekeeping
DEAF = 3  # rings or calls in a row that Redis did not answer, after which ticks run here
LATE = 6.0  # seconds: what is overdue for so long although it was rung for, nobody works on

_log = structlog.get_logger()


class Sweeper:
    """One sweeper: what it did last and how often the bell was not heard."""

    def __init__(self) -> None:
        self._unheard = 0
        self._unanswered = False
        self._done: dict[str, float] = {}
        self._next: float | None = None  # when something is due that is not due yet, as far as it is known
        self._configured: Wiring | None = None
        self._poller: Thread | None = None
        self._lookout: Thread | None = None
        self._chooser: Thread | None = None

    def round(self) -> None:
        """One look at everything that may be due. Trouble with one thing never hides the others."""
        wiring = self._wired()
        began, seen = monotonic(), glance(wiring.sessions)
        self._next = began + seen.next_due if seen.nothing else None  # whatever is done changes it
        parts = [("ring", self._ring)] if seen.releases else []
        parts += [("inbox", self._inbox)] if seen.deliveries else []
        if self._due("chores", CHORES):
            parts += [("listen", self._listen), ("logs", self._logs), ("poll", self._poll)]
            parts += [("look", self._look), ("units", self._units), ("tidy", self._tidy), ("swept", self._swept)]
        for name, work in parts:
            try:
                work(wiring)
            except PipelineError as trouble:
                _log.warning("a part of the round failed", part=name, why=str(trouble))

    @property
    def alone(self) -> bool:
        """Redis is away, or every worker is: ticks run in this process."""
        return self._unanswered or self._unheard >= DEAF

    def until_due(self, most: float) -> float:
        """Seconds until something is due that was not in this round, at most `most`."""
        known, self._next = self._next, None
        if known is None:
            known = monotonic() + glance(self._wired().sessions).next_due
        return min(known - monotonic(), most)

    def _wired(self) -> Wiring:
        wiring = wire()
        if wiring is not self._configured:
            wiring.configure()
            self._configured = wiring
        return wiring

    def _ring(self, wiring: Wiring) -> None:
        for release_id in wiring.ledger.ring_due():
            if not self._heard(wiring, "tick", release_id) and self.alone:
                loop.tick(release_id, wiring.ledger, wiring.world, wiring.logs)  # one, as the others wait too

    def _inbox(self, wiring: Wiring) -> None:
        for delivery_id in wiring.inbox.waiting():
            if not self._heard(wiring, "intake", delivery_id) and self.alone:
                intake.intake(delivery_id, wiring.desk)

    def _heard(self, wiring: Wiring, kind: Kind, number: int) -> bool:
        """Somebody will do it. Once alone, ringing would only cost time; `_listen` hears when that is over."""
        heard = not self.alone and wiring.bell.ring(kind, number)
        self._unheard = 0 if heard else self._unheard + 1
        return heard

    def _listen(self, wiring: Wiring) -> None:
        """Notice that nobody works, and that somebody does again: then what was rung for is taken from the queue."""
        was, waiting = self.alone, wiring.bell.waiting()
        self._unheard = self._unheard + 1 if waiting is None else 0
        self._unanswered = bool(waiting) and (self._unanswered or _lateness(wiring) > LATE)
        if self.alone is not was:
            what = "ticks run in the sweeper" if self.alone else "workers answer again"
            _log.warning(what, redis=waiting is not None)

    def _logs(self, wiring: Wiring) -> None:
        joblogs.of_open(wiring.jobs, wiring.logs)

    def _poll(self, wiring: Wiring) -> None:
        """Beside the rounds: a git host that hangs must not keep releases from being rung for."""
        if self._poller is not None and self._poller.is_alive():
            return
        due = [app for app, entry in wiring.platform.apps.items() if entry.poll and self._due(f"poll {app}", POLL)]
        if due:
            self._poller = Thread(target=_poll, args=(due, wiring.desk), daemon=True)
            self._poller.start()

    def _look(self, wiring: Wiring) -> None:
        """Beside the rounds as well: a cluster that does not answer costs seconds."""
        if (self._lookout is None or not self._lookout.is_alive()) and self._due("look", LOOK):
            self._lookout = Thread(target=_look, args=(wiring,), daemon=True)
            self._lookout.start()

    def _units(self, wiring: Wiring) -> None:
        """Each night, or when a person asks. Beside the rounds too: a long history takes seconds."""
        if (self._chooser is None or not self._chooser.is_alive()) and self._due("units", UNITS):
            self._chooser = Thread(target=_choose, args=(wiring,), daemon=True)
            self._chooser.start()

    def _tidy(self, wiring: Wiring) -> None:
        if self._due("tidy", TIDY):
            wiring.tidy()

    def _swept(self, wiring: Wiring) -> None:
        if self._due("swept", SWEPT):
            wiring.ledger.swept()

    def _due(self, what: str, every: float) -> bool:
        """True at most once in `every` seconds."""
        if monotonic() - self._done.get(what, -every) < every:
            return False
        self._done[what] = monotonic()
        return True


def _poll(apps: list[str], desk: Desk) -> None:
    for app in apps:
        try:
            intake.poll(app, desk)
        except PipelineError as trouble:
            _log.warning("a branch could not be looked at", app=app, why=str(trouble))


def _look(wiring: Wiring) -> None:
    try:
        note(wiring.sessions, lookout.look_around(wiring.world, wiring.platform.apps))
    except (PipelineError, *UNAVAILABLE) as trouble:
        _log.warning("what runs where could not be looked at", why=str(trouble))


def _choose(wiring: Wiring) -> None:
    try:
        for app in wiring.units.due(wiring.platform.apps):
            wiring.units.choose(app)
    except (PipelineError, *UNAVAILABLE) as trouble:
        _log.warning("no unit could be chosen", why=str(trouble))


def _lateness(wiring: Wiring) -> float:
    with wiring.sessions.reading() as session:
        now = measure(session, wiring.sessions.now(session))
    return max(now.lateness, now.inbox_age)


def sweep() -> None:
    """Until the process is ended."""
    sweeper = Sweeper()
    while True:
        began = monotonic()
        sweeper.round()
        sleep(max(0.0, sweeper.until_due(ROUND - (monotonic() - began))))
