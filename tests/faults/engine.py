"""All processes of Sluice but its web, for tests that kill them: Redis, database, local clusters, workers, sweeper."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.store.bell import Bell
from pipeline.store.inbox import Inbox
from pipeline.store.ledger import Ledger
from pipeline.store.migrate import migrate
from pipeline.store.session import Sessions, open_database
from pipeline.store.tables import EventRow, ReleaseRow
from runners.clusters import daemon
from tests.faults.parts import PLATFORM, ROOT, Redises, Role
from tests.ports import free_ports
from tests.runners.repository import Repository
from tests.runners.until import until

LOOK = 0.05  # seconds between two looks into the database
PEBBLE = ROOT / "tests" / "fixtures" / "pebble"


@dataclass
class Engine:
    """One installation of the tiny app on two clusters."""

    folder: Path
    guard_ttl: float = 60.0
    workers: int = 1
    roles: dict[str, Role] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = self.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.repository = Repository(self.folder / "repository")
        self.platform_file = self.folder / "platform.yaml"
        self.platform_file.write_text(PLATFORM.format(repository=self.repository.path))
        redis, front, *doors = free_ports(4)
        self.front, self.clusters = front, dict(zip(("az1", "az2"), doors, strict=True))
        self.redis = Redises(self.folder, redis)
        self.url = f"sqlite:///{self.home / 'sluice.db'}"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "SLUICE_HOME": str(self.home),
            "SLUICE_PLATFORM": str(self.platform_file),
            "SLUICE_CACHE": str(self.folder / "cache"),
            "DATABASE_URL": self.url,
            "REDIS_URL": self.redis.url,
        }
        for name in (*(f"worker-{number}" for number in range(1, self.workers + 1)), "sweeper"):
            argv = [sys.executable, "-m", "runners", name.partition("-")[0]]
            self.roles[name] = Role(name, argv, self.env, self.folder / f"{name}.log")
        self._over = threading.Event()
        self._kept = threading.RLock()
        self._keeper = threading.Thread(target=self._keep)

    # ---- running ------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Everything, once."""
        migrate(self.url)
        self.sessions: Sessions = open_database(self.url, pooled=False)
        self.ledger, self.inbox, self.bell = Ledger(self.sessions), Inbox(self.sessions), Bell(self.redis.url)
        bundles = self.home / "bundles"
        daemon.start_detached(
            self.home, clusters=self.clusters, front=self.front, bundles=bundles, guard_ttl=self.guard_ttl
        )
        self.up()
        self._keeper.start()

    def up(self) -> None:
        """Redis, workers and sweeper."""
        with self._kept:
            self.redis.start()
            for role in self.roles.values():
                role.start()

    def down(self) -> None:
        """`kill -9` of all of Sluice. Clusters and jobs go on, as real ones would."""
        with self._kept:
            for role in self.roles.values():
                role.end()
            self.redis.kill()

    def end(self) -> None:
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join()
        self.down()
        daemon.stop(self.home)

    def _keep(self) -> None:
        while not self._over.wait(0.2):
            with self._kept:
                for role in self.roles.values():
                    role.revive()

    # ---- releases -----------------------------------------------------------------------------------------------

    def push(self, version: str, **settings: object) -> str:
        """A new version of the app; its commit."""
        definition = settings.pop("definition", None)
        files = {path.name: path.read_bytes() for path in PEBBLE.iterdir() if path.is_file()}
        told = json.loads(files["settings.json"]) | {"version": version, **settings}
        files["settings.json"] = json.dumps(told).encode()
        if isinstance(definition, str):
            files["sluice.yaml"] = definition.encode()
        return self.repository.push(files, subject=version)

    def first_version(self) -> None:
        """v1 is live in both clusters."""
        self.push("v1")
        self.ended(self.report())

    def report(self) -> int:
        """A forge tells of the branch as it is now; the id of the release that comes of it."""
        commit = self.repository.git("rev-parse", "HEAD")
        body = json.dumps({"ref": "refs/heads/main", "after": commit}).encode()
        received = self.inbox.put("pebble", body, commit, {})
        self.bell.ring("intake", received.id)
        until(lambda: self.of(commit), f"a release of {commit[:7]}", 40, LOOK)
        return self.of(commit)

    def of(self, commit: str) -> int:
        """The release of a commit, 0 while there is none."""
        with self.sessions.reading() as session:
            row = session.query(ReleaseRow).filter_by(commit=commit).first()
            return row.id if row else 0

    def row(self, release_id: int) -> ReleaseRow:
        with self.sessions.reading() as session:
            row = session.get_one(ReleaseRow, release_id)
            session.expunge(row)
            return row

    def events(self, release_id: int) -> list[EventRow]:
        with self.sessions.reading() as session:
            rows = session.query(EventRow).filter_by(release_id=release_id).order_by(EventRow.seq).all()
            session.expunge_all()
            return rows

    def until(self, release_id: int, true: Callable[[ReleaseRow], object], what: str, seconds: float = 60.0) -> None:
        """Wait for something about a release; on giving up show its journal and the logs."""
        try:
            until(lambda: true(self.row(release_id)), what, seconds, LOOK)
        except AssertionError as late:
            row = self.row(release_id)
            lines = [f"{one.at:%H:%M:%S.%f} {one.kind} {one.payload_json}" for one in self.events(release_id)]
            lines += [f"{row.state} at {row.at} {row.percent} %: {row.waiting or row.why}"]
            lines += [f"--- {role.name}\n{role.log.read_text()[-3000:]}" for role in self.roles.values()]
            raise AssertionError("\n".join([str(late), *lines])) from None

    def ended(self, release_id: int, state: str = "live", seconds: float = 60.0) -> ReleaseRow:
        self.until(release_id, lambda row: row.ended_at, f"the end of R-{release_id}", seconds)
        row = self.row(release_id)
        assert row.state == state, f"R-{release_id} is {row.state}: {row.why}"
        return row


@contextmanager
def engine(folder: Path, **how: object) -> Iterator[Engine]:
    """A running installation; everything it started is ended with the block."""
    one = Engine(folder, **how)  # type: ignore[arg-type]
    try:
        one.begin()
        yield one
    finally:
        one.end()
