"""A whole installation in one process: the real ledger on SQLite, the real loop and stages, and fakes of our ports."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.definition.platform import Platform
from pipeline.facts import ClusterSeen
from pipeline.pinned import configuration, content_hash
from pipeline.store.configured import AppConfigured, Configured
from pipeline.store.inbox import Inbox
from pipeline.store.ledger import Ledger
from pipeline.store.logs import Logs
from pipeline.store.migrate import migrate
from pipeline.store.people import People
from pipeline.store.session import Sessions, open_database
from pipeline.store.tables import EventRow, ReleaseRow
from pipeline.store.units import Units
from runners import loop
from runners.intake import Arrival, Desk, arrive
from runners.ports import JobState, World
from tests.fake_clusters import FakeCluster, FakeFront, FakeMetrics
from tests.fake_hands import FakeBuilder, FakeSource
from tests.rules import shop

NAMES = ("az1", "az2", "dr")
FILES = {"sluice.yaml": b"", "app.py": b"print('v1')"}
DEFINITION = """
app: shop
serve: {run: serve, ready: /readyz, replicas: 4}
test:
  unit: {run: pytest -q}
judge:
  errors: {margin: 2pp}
waves:
  - {clusters: [az1], canary: [10%, 50%], soak: 10s}
  - {clusters: [az2], canary: [50%], soak: 10s}
  - {clusters: [dr], canary: [25%], soak: 10s}
"""


@dataclass
class Office:
    """The parts, and what a test does to them. Time passes only when `pass_time` says so."""

    folder: Path
    definition: str = DEFINITION
    clusters: Mapping[str, FakeCluster] = field(
        default_factory=lambda: {n: FakeCluster(n) for n in ("az1", "az2", "dr")}
    )
    platform: Platform = field(default_factory=shop.platform)
    files: dict[str, bytes] = field(default_factory=dict)  # of each commit, besides the definition and the app

    def __post_init__(self) -> None:
        url = f"sqlite:///{self.folder / 'sluice.db'}"
        migrate(url)
        self.offset = 0.0
        self.sessions: Sessions = open_database(url, clock=self._clock)
        self.ledger, self.logs, self.inbox = Ledger(self.sessions), Logs(self.sessions), Inbox(self.sessions)
        self.source = FakeSource(self.folder / "trees")
        self.builder = FakeBuilder()
        self.metrics = FakeMetrics(self.clusters)
        sources = {"shop": self.source}
        builders, metrics = {"shop": self.builder}, dict.fromkeys(self.clusters, self.metrics)
        self.world = World(sources, builders, self.builder.jobs, self.clusters, metrics, FakeFront())
        self.desk = Desk(self.platform, sources, self.ledger, self.inbox, People(self.sessions), Units(self.sessions))
        self.configure(configuration(self.platform, "shop"))

    def configure(self, text: str) -> None:
        """What the targets are configured to be from now on; workers start anew with it."""
        hashed = content_hash(text)
        self.ledger.configure(Configured({"shop": AppConfigured("vmart", hashed, text)}))
        self.world = replace(self.world, configured={"shop": hashed})

    def _clock(self, session: Any) -> Any:
        return shop.NOON + shop.seconds(self.offset)

    def push(self, version: str, **changes: Any) -> int:
        """A commit arrives and becomes a release; its id."""
        files = {"sluice.yaml": self.definition.encode(), "app.py": version.encode(), **self.files}
        self.source.push(files, subject=version, **changes)
        release_id = arrive(Arrival("shop", "push"), self.desk)
        assert release_id is not None
        return release_id

    def tick(self, release_id: int, seconds: float = 1.0) -> None:
        """One tick, so much later."""
        self.offset += seconds
        with self.sessions.writing() as session:
            session.get_one(ReleaseRow, release_id).due = self._clock(session)
        loop.tick(release_id, self.ledger, self.world, self.logs)

    def traffic(self, requests: int = 100, bad: int = 0) -> None:
        """`requests` reach each cluster, shared as its weights say; `bad` percent of what the canary gets fails."""
        for name, cluster in self.clusters.items():
            service = cluster.desired.service("shop")
            for slot, weight in service.weights.items():
                mine = requests * weight // 100
                fails = mine * bad // 100 if service.anchor.release and slot != service.anchor.stable else 0
                self.metrics.asked(name, "shop", slot, mine, fails)

    def step(self, release_id: int, *, bad: int = 0, exit_code: int = 0, seconds: float = 1.0) -> None:
        """Time passes: users come, what runs ends, and the release is looked at."""
        for name, job in self.builder.jobs.jobs.items():
            if job.seen.state is JobState.RUNNING:
                self.builder.jobs.ends(name, exit_code)
        self.traffic(round(100 * seconds), bad)
        self.tick(release_id, seconds)

    def play(self, release_id: int, *, bad: int = 0, ticks: int = 400, until: str = "", seconds: float = 1.0) -> str:
        """Time passes until it ends, halts, or waits with a sentence that has `until` in it."""
        for _ in range(ticks):
            self.step(release_id, bad=bad, seconds=seconds)
            row = self.row(release_id)
            if row.ended_at or row.state == "halted" or (until and until in row.waiting):
                return row.state
        raise AssertionError(f"R-{release_id} is {row.state} after {ticks} ticks: {row.waiting or row.why}")

    def row(self, release_id: int) -> ReleaseRow:
        with self.sessions.reading() as session:
            row = session.get_one(ReleaseRow, release_id)
            session.expunge(row)
            return row

    def journal(self, release_id: int) -> list[str]:
        """The kinds of its events, in order."""
        with self.sessions.reading() as session:
            rows = session.query(EventRow).filter_by(release_id=release_id).order_by(EventRow.seq)
            return [row.kind for row in rows]

    def seen(self, cluster: str) -> ClusterSeen:
        return self.clusters[cluster].look("shop")

    def serves(self, cluster: str) -> str:
        """The digest that gets all the traffic of a cluster, "" if none does."""
        seen = self.seen(cluster)
        return next((seen.slot(slot).digest for slot, weight in seen.weights.items() if weight == 100), "")
