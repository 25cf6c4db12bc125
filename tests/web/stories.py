"""Lives of releases in a real database, moved by the real rules through the real ledger in a simulated world."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from itertools import count
from pathlib import Path

from sqlalchemy.orm import Session

from pipeline.decide import decide
from pipeline.definition.app import App
from pipeline.definition.reading import read_platform
from pipeline.facts import ClusterSeen, Count, Facts, FreezeSpan, Reading, Rendered, Rendering, SlotSeen
from pipeline.plan import Stage, make
from pipeline.release import Release
from pipeline.states import TERMINAL, State
from pipeline.store.configured import AppConfigured, Configured
from pipeline.store.ledger import Ledger
from pipeline.store.logs import Logs
from pipeline.store.looks import Look, note
from pipeline.store.migrate import migrate
from pipeline.store.people import People
from pipeline.store.restore import NewRelease, Refusal, release_of, targets_of
from pipeline.store.said import configuration
from pipeline.store.session import Sessions, open_database
from pipeline.store.tables import ReleaseRow
from pipeline.verdict import Fail, Pass, Verdict, Wait

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CLUSTERS = ("az1", "az2", "dr")
APPS = ("cart", "catalog", "mail", "pay", "search", "shop")
MORE = ("tax", "team", "till", "tour")  # known, and without a release until somebody makes one
REPLICAS = 4
HOSTILE = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>{{ 7*7 }}'
PEOPLE = {"jonas": "release manager", "lena": "release manager", "mei": "developer", "vera": "viewer", "root": "admin"}

PLATFORM_TEXT = """\
tenants:
  vmart: {}
clusters:
  az1: {group: east, capacity: 60}
  az2: {group: east, capacity: 60}
  dr: {dr: true, capacity: 40}
apps:
""" + "".join(
    f"  {app}: {{tenant: vmart, repository: 'https://git.example/{app}', poll: false}}\n" for app in (*APPS, *MORE)
)
PLATFORM = read_platform(PLATFORM_TEXT)


def spec(app: str, *, approve: bool, undo: str = "all") -> App:
    """Three waves with a short ladder."""
    gates = [{"approval": {"from": "release-managers", "of": 2}}] if approve else []
    waves = [
        {"clusters": [cluster], "canary": ["10%", "25%", "50%"], "soak": "10s", "gates": gates if not number else []}
        for number, cluster in enumerate(CLUSTERS)
    ]
    judge = {"errors": {"margin": "2pp"}}
    serve = {"run": "serve", "replicas": REPLICAS}
    return App.model_validate({"app": app, "serve": serve, "waves": waves, "undo": undo, "judge": judge})


@dataclass
class Clock:
    """The time of the database, as the story has it."""

    at: datetime = START

    def __call__(self, session: Session) -> datetime:
        return self.at


@dataclass
class Slots:
    """One service in one cluster."""

    stable: str | None = None
    digests: dict[str, str] = field(default_factory=lambda: {"a": "", "b": ""})
    canary: int = 0  # percent on the slot that is not stable
    totals: dict[str, list[int]] = field(default_factory=lambda: {"a": [0, 0], "b": [0, 0]})


class Story:
    """A world, its people and its releases."""

    def __init__(self, home: Path, at: datetime | None = None, *, begin: datetime = START) -> None:
        self.home = home
        self.url = f"sqlite:///{home / 'sluice.db'}"
        migrate(self.url)
        self.clock = Clock(at or begin)
        self.sessions: Sessions = open_database(self.url, clock=self.clock)
        self.ledger, self.logs, self.people = Ledger(self.sessions), Logs(self.sessions), People(self.sessions)
        self.world: dict[tuple[str, str], Slots] = {}
        self.failing: dict[int, float] = {}  # share of the canary's requests that fail, by release
        self.tests_fail: set[int] = set()
        self.hidden: set[str] = set()  # clusters that cannot be seen, as app/cluster
        self.small: set[str] = set()  # clusters that have no room for a canary, as app/cluster
        self.brings: dict[int, tuple[Rendered, ...]] = {}  # objects of a release, in each cluster
        self.testing: set[int] = set()  # releases whose tests do not come to an end
        self._numbers: Iterator[int] = count(1 if at is None else 1000)
        if at is not None:
            return
        self.configure("cfg-1")
        for name, role in PEOPLE.items():
            self.people.add(name, role, "no password", email=f"{name}@example.org", actor="setup")

    def copy(self, home: Path) -> "Story":
        """The same story so far, to go on with on its own."""
        self.save(home / "sluice.db")
        return Story(home, self.clock.at)

    def save(self, path: Path) -> None:
        """The database as one file."""
        with closing(sqlite3.connect(self.home / "sluice.db")) as connection:
            connection.execute("VACUUM INTO ?", (str(path),))

    def configure(self, cfg_hash: str, *apps: str) -> None:
        """What platform.yaml says now."""
        hashes = {app: cfg_hash if not apps or app in apps else "cfg-1" for app in (*APPS, *MORE)}
        self.ledger.configure(Configured({app: AppConfigured("vmart", value) for app, value in hashes.items()}))

    def submit(
        self,
        app: str,
        version: str,
        subject: str = "Change",
        *,
        approve: bool = False,
        by: str = "mei",
        undo: str = "all",
    ) -> int:
        """A new commit."""
        definition = spec(app, approve=approve, undo=undo)
        commit = sha1(f"commit {next(self._numbers)}".encode()).hexdigest()
        plan = make(definition, PLATFORM)
        new = NewRelease(
            app,
            "vmart",
            commit,
            definition,
            plan,
            definition=f"app: {app}\nundo: {undo}\napprove: {approve}\n",
            def_hash=f"def-{app}-{undo}",
        )
        commits = ((commit, subject, by), (sha1(commit.encode()).hexdigest(), f"Before: {subject}", by))
        commits = commits if self.ledger.live_commit(app) else ()
        new = replace(new, version=version, subject=subject, authors=frozenset({by}), commits=commits)
        return self.ledger.submit(new, actor="webhook")

    def refuse(self, app: str, why: str) -> int:
        """A commit whose definition cannot be used."""
        commit = sha1(f"commit {next(self._numbers)}".encode()).hexdigest()
        refusal = Refusal(app, "vmart", commit, "app: [", "def-bad", why, version="broken", authors=frozenset({"mei"}))
        return self.ledger.refuse(refusal, actor="webhook")

    def release(self, release_id: int) -> Release:
        """The release as it is now."""
        with self.sessions.reading() as session:
            row = session.get_one(ReleaseRow, release_id)
            return release_of(row, targets_of(session, release_id), self.clock.at)

    def tick(self, release_id: int, seconds: float = 2.0) -> Release:
        """One step of one release, after some time."""
        self.clock.at += timedelta(seconds=seconds)
        lease = self.ledger.claim(release_id)
        if lease is not None:
            release = self.ledger.load(lease)
            ran = self._make_so(release)
            self.ledger.settle(lease, release, self._look(release, ran, seconds), decide)
        return self.release(release_id)

    def until(self, release_id: int, done: object, most: int = 400) -> Release:
        """Ticks until `done(release)`, or an error when that never comes."""
        for _ in range(most):
            release = self.tick(release_id)
            if done(release):  # type: ignore[operator]
                return release
        raise AssertionError(f"R-{release_id} stays {release.state} at {release.step.name} {release.percent} %")

    def finish(self, release_id: int) -> Release:
        """To its end."""
        return self.until(release_id, lambda release: release.state in TERMINAL)

    def approve(self, release_id: int, *names: str, comment: str = "") -> None:
        """Votes of these people."""
        for name in names:
            self.ledger.vote(release_id, name, yes=True, comment=comment)

    def log(self, release_id: int, step: str, data: bytes, state: str = "done") -> str:
        """The output of a job."""
        name = f"r{release_id}-{step}-1"
        self.logs.begin(name, release_id, step, 1)
        self.logs.append(name, self.logs.size(name), data)
        if state != "running":
            self.logs.end(name, state)
        return name

    def freeze(self, name: str, *, apps: frozenset[str] = frozenset(), hours: float | None = 8) -> int:
        """A freeze from now on."""
        ends = None if hours is None else self.clock.at + timedelta(hours=hours)
        return self.ledger.freeze(FreezeSpan(name, "the big day", self.clock.at, ends, apps=apps), "jonas")

    def look(self) -> None:
        """What the lookout sees of everything, five seconds after it looked before."""
        self.clock.at += timedelta(seconds=5)
        found = []
        for app in APPS:
            for cluster in CLUSTERS:
                slots = self._slots(app, cluster)
                for name, part in (
                    (slots.stable or "a", 100 - slots.canary),
                    ("b" if slots.stable == "a" else "a", slots.canary),
                ):
                    slots.totals[name][0] += 3 * part * (1 if cluster == "dr" else 2)
                seen = self._sight(app, cluster, slots, 0)
                counts = {name: Count(f"{name}-{app}", *total) for name, total in slots.totals.items()}
                found.append(Look(seen, counts, {"az1": 40, "az2": 40, "dr": 20}[cluster]))
        note(self.sessions, found)

    def _slots(self, app: str, cluster: str) -> Slots:
        return self.world.setdefault((app, cluster), Slots())

    def _make_so(self, release: Release) -> Verdict:
        if release.state is State.ROLLING_BACK:
            return self._undo(release)
        for target in release.targets:
            slots = self._slots(release.app, target.cluster)
            slots.digests[target.slot] = release.digest
            here = target in release.here
            slots.canary = release.percent if here else 100
            if not here or (release.step.stage is Stage.ROLLOUT and release.percent == 100):
                slots.stable, slots.canary = target.slot, 0
        if release.step.stage is Stage.TEST and release.id in self.tests_fail:
            return Fail("Test unit failed: 1 of 212")
        if release.step.stage is Stage.TEST and release.id in self.testing:
            return Wait("Test unit runs")
        return Pass()

    def _undo(self, release: Release) -> Verdict:
        for target in release.targets:
            if target.wave not in release.undo_waves:
                continue
            if f"{release.app}/{target.cluster}" in self.hidden:
                why = f"{target.cluster} cannot be seen: its gateway does not answer"
                return Wait(why, "The platform team can look at the cluster")
            slots = self._slots(release.app, target.cluster)
            slots.stable, slots.canary = ("b" if target.slot == "a" else "a") if target.previous else None, 0
        return Pass()

    def _look(self, release: Release, ran: Verdict, seconds: float) -> Facts:
        seen = {}
        readings = []
        for cluster in CLUSTERS:
            slots = self._slots(release.app, cluster)
            seen[cluster] = self._seen(release, cluster, slots)
            if target := release.target(cluster):
                readings.append(self._reading(release, cluster, target.slot, slots, seconds))
        digest = f"sha256:{sha256(str(release.id).encode()).hexdigest()}"
        with self.sessions.reading() as session:
            configured = configuration(session, release.app)
        brings = dict.fromkeys(CLUSTERS, self.brings[release.id]) if release.id in self.brings else {}
        return Facts(self.clock.at, ran, seen, tuple(readings), digest, Rendering(configured, brings))

    def _seen(self, release: Release, cluster: str, slots: Slots) -> ClusterSeen:
        return self._sight(release.app, cluster, slots, release.id)

    def _sight(self, app: str, cluster: str, slots: Slots, moving: int) -> ClusterSeen:
        if f"{app}/{cluster}" in self.hidden:
            return ClusterSeen(cluster, app, trouble="its gateway does not answer")
        free = "b" if slots.stable == "a" else "a"
        stable = slots.stable or ("b" if free == "a" else "a")
        weights = {free: slots.canary, stable: 100 - slots.canary if slots.stable else 0}
        ready = {name: 0 if name == free and f"{app}/{cluster}" in self.small else REPLICAS for name in slots.digests}
        shown = {name: SlotSeen(digest, REPLICAS, ready[name]) for name, digest in slots.digests.items() if digest}
        return ClusterSeen(cluster, app, slots.stable, shown, weights, moving if slots.canary else 0)

    def _reading(self, release: Release, cluster: str, slot: str, slots: Slots, seconds: float) -> Reading:
        other = "b" if slot == "a" else "a"
        share = 100 if slots.stable == slot else slots.canary
        for name, part, rate in ((slot, share, self.failing.get(release.id, 0.0)), (other, 100 - share, 0.0)):
            fresh = round(60 * seconds * part / 100)
            slots.totals[name][0] += fresh
            slots.totals[name][1] += round(fresh * rate)
        canary, stable = (Count(f"{name}-{release.id}", *slots.totals[name]) for name in (slot, other))
        return Reading(self.clock.at, cluster, share, canary, stable)


def shops_past(folder: Path) -> Path:
    """A database with the shop's first version, a good one and a bad one, an hour ago: R-1 to R-3."""
    story = Story(folder, datetime.now(UTC) - timedelta(hours=1))
    story.configure("cfg-1")
    for version, failing in (("1.0.0", 0.0), ("1.1.0", 0.0), ("1.2.0", 0.25)):
        number = story.submit("shop", version)
        story.failing[number] = failing
        story.finish(number)
    story.save(folder / "past.db")
    return folder / "past.db"
