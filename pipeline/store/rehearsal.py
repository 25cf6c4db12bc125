"""Statements are compiled once, before a worker forks: a fork that compiles them does little else."""

from datetime import UTC, datetime, timedelta
from sqlite3 import connect

from sqlalchemy import Engine, StaticPool, event

from ..decide import decide
from ..definition.app import App
from ..definition.platform import Platform
from ..facts import ClusterSeen, Count, Facts, Reading, Rendered, Rendering, SlotSeen
from ..plan import make
from . import events
from .columns import Row
from .inbox import Inbox
from .ledger import Ledger
from .logs import Logs
from .people import People
from .restore import NewRelease
from .session import Sessions, begin, now, set_up

TICKS = 6  # build, the first look at the cluster, the canary and its samples


def rehearse(sessions: Sessions) -> None:
    """
    Let a small release live on an empty database in memory, with the dialect and the compiled statements of `sessions`.

    No connection of `sessions` is opened. On PostgreSQL nothing happens: there is no such database in memory.
    """
    if sessions.engine.dialect.name != "sqlite":
        return
    stage = _stage(sessions.engine)
    clock = _Clock()
    on_stage = Sessions(stage, clock)
    try:
        _arrive(on_stage)
        _move(on_stage, clock)
    finally:
        stage.dispose()


def _stage(engine: Engine) -> Engine:
    """An engine on a database in memory whose compiled statements are those of `engine`."""
    pool = StaticPool(lambda: connect(":memory:", check_same_thread=False))  # type: ignore[arg-type]
    stage = Engine(pool, engine.dialect, engine.url)
    stage._compiled_cache = engine._compiled_cache
    event.listen(stage, "connect", set_up)
    event.listen(stage, "begin", begin)
    Row.metadata.create_all(stage)
    return stage


class _Clock:
    """Stands still, but for a minute between two ticks."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self, _session: object) -> datetime:
        return self.at


def _arrive(sessions: Sessions) -> None:
    inbox, people = Inbox(sessions), People(sessions)
    with sessions.reading() as session:
        now(session)
    received = inbox.put("rehearsal", b"{}", "1", {})
    inbox.take(received.id)
    people.match({"nobody@example.org"}, {"nobody"})
    inbox.done(received.id)


def _move(sessions: Sessions, clock: _Clock) -> None:
    ledger, logs = Ledger(sessions), Logs(sessions)
    with sessions.writing() as session:
        events.open_chain(session, events.COUNTER)
    ledger.known("rehearsal", "0" * 40)
    number = ledger.submit(a_release(), "rehearsal")
    logs.begin("r1-build-1", number, "build", 1)
    logs.append("r1-build-1", 0, b"built")
    logs.end("r1-build-1", "done")
    for _ in range(TICKS):
        clock.at += timedelta(minutes=1)
        ledger.ring_due()
        if lease := ledger.claim(number):
            release = ledger.load(lease)
            ledger.settle(lease, release, _facts(release.read_at), decide)


def a_release() -> NewRelease:
    """A version of an app without tests and approvals, for one cluster."""
    spec = App.model_validate({"app": "rehearsal", "serve": {"run": "true"}, "waves": [{"clusters": ["one"]}]})
    entry = {"tenant": "one", "repository": "https://example.org/rehearsal.git"}
    platform = {"tenants": {"one": {}}, "clusters": {"one": {}}, "apps": {"rehearsal": entry}}
    plan = make(spec, Platform.model_validate(platform))
    return NewRelease("rehearsal", "one", "0" * 40, spec, plan, "app: rehearsal", "def")


def _facts(now: datetime) -> Facts:
    slots = {"a": SlotSeen("old", 2, 2), "b": SlotSeen("new", 2, 2)}
    seen = ClusterSeen("one", "rehearsal", "a", slots, {"a": 95, "b": 5}, release=1)
    reading = Reading(now, "one", 5, Count("b", 5), Count("a", 95))
    rendering = Rendering("", {"one": (Rendered("Deployment", "rehearsal", "replicas: 2"),)})
    return Facts(now, clusters={"one": seen}, readings=(reading,), digest="new", rendering=rendering)
