"""The sweeper rings for what is due, does it itself when nobody hears, and notices what nobody told it."""

from pathlib import Path
from threading import Event, get_ident

import pytest
from sqlalchemy import event

from pipeline.store.migrate import migrate
from pipeline.store.said import configuration
from pipeline.store.tables import ReleaseRow
from runners import wiring as wirings
from runners.intake import Arrival, Desk, arrive
from runners.jobs.process import ProcessJobs
from runners.ports import JobSpec, JobState
from runners.sweep import LATE, Sweeper
from tests.fake_hands import FakeSource
from tests.faults.parts import PLATFORM, Redises
from tests.ports import free_ports
from tests.rules.shop import seconds
from tests.runners.repository import Repository
from tests.runners.until import until

PEBBLE = Path(__file__).parents[1] / "fixtures" / "pebble"
MORE = PLATFORM.replace("az2: {{group: east}}", "az2: {{group: east, capacity: 7}}")


class Place:
    """One installation without workers: a real database, a real repository, and a Redis that may be away."""

    def __init__(self, folder: Path, redis: Redises) -> None:
        self.folder, self.redis = folder, redis
        self.repository = Repository(folder / "repository")
        self.write(PLATFORM)
        migrate(f"sqlite:///{folder / 'sluice.db'}")
        self.sweeper = Sweeper()

    def write(self, platform: str) -> None:
        (self.folder / "new.yaml").write_text(platform.format(repository=self.repository.path))
        (self.folder / "new.yaml").replace(self.folder / "platform.yaml")

    @property
    def wiring(self) -> wirings.Wiring:
        return wirings.wire()

    def push(self, subject: str) -> str:
        files = {path.name: path.read_bytes() for path in PEBBLE.iterdir() if path.is_file()}
        return self.repository.push(files | {"said": subject.encode()}, subject=subject)

    def release(self, subject: str) -> int:
        """A release of a new commit, as a report of it would make it."""
        self.push(subject)
        release_id = arrive(Arrival("pebble", "push"), self.wiring.desk)
        assert release_id is not None
        return release_id

    def row(self, release_id: int) -> ReleaseRow:
        with self.wiring.sessions.reading() as session:
            return session.get_one(ReleaseRow, release_id)

    def releases(self) -> list[str]:
        with self.wiring.sessions.reading() as session:
            return [row.subject for row in session.query(ReleaseRow).order_by(ReleaseRow.id)]

    def overdue(self, release_id: int, late: float) -> None:
        with self.wiring.sessions.writing() as session:
            session.get_one(ReleaseRow, release_id).due -= seconds(late)

    def rounds(self, true, what: str) -> None:
        def look() -> bool:
            self.sweeper.round()
            return bool(true())

        until(look, what)


@pytest.fixture
def place(tmp_path, monkeypatch):
    redis = Redises(tmp_path, free_ports(1)[0])
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.setenv("SLUICE_PLATFORM", str(tmp_path / "platform.yaml"))
    monkeypatch.setenv("SLUICE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'sluice.db'}")
    monkeypatch.setenv("REDIS_URL", redis.url)
    monkeypatch.setattr(wirings, "_current", None)
    yield Place(tmp_path, redis)
    redis.kill()


def test_what_is_due_is_rung_for_once(place):
    place.redis.start()
    place.release("v1")

    place.sweeper.round()
    place.sweeper.round()

    assert place.wiring.bell.waiting() == 1
    assert not place.sweeper.alone


def test_what_is_due_in_a_moment_is_looked_at_then(place):
    place.redis.start()
    release_id = place.release("v1")
    assert place.sweeper.until_due(0.25) == 0.25, "what is due already is no reason to look again at once"

    place.overdue(release_id, -5)
    assert 4 < place.sweeper.until_due(60) <= 5
    assert place.sweeper.until_due(0.25) == 0.25


def test_a_round_with_nothing_to_do_is_one_look_that_takes_no_lock(place):
    place.redis.start()
    place.overdue(place.release("v1"), -60)
    mine, asked = get_ident(), []

    def note(_connection, _cursor, statement, *_told):
        if get_ident() == mine:  # not what is done beside the rounds
            asked.append("SELECT" if statement.startswith("SELECT") else statement)

    event.listen(place.wiring.sessions.engine, "before_cursor_execute", note)

    def only_looked():
        last = list(asked)
        asked.clear()
        return last == ["BEGIN", "SELECT", "SELECT"]  # BEGIN IMMEDIATE would be the lock; the time, the look

    place.rounds(only_looked, "a round without chores")


def test_with_redis_away_ticks_run_here_and_with_redis_back_they_are_rung_for(place):
    release_id = place.release("v1")
    place.sweeper.round()
    assert place.row(release_id).revision == 0, "one bell that is not heard is no reason yet"

    place.rounds(lambda: place.row(release_id).revision > 0, "a tick in the sweeper")
    assert place.sweeper.alone

    place.redis.start()
    place.rounds(lambda: not place.sweeper.alone, "Redis is heard again")
    place.rounds(lambda: place.wiring.bell.waiting(), "a ring")


def test_with_redis_away_deliveries_are_read_here(place):
    place.push("v1")
    place.sweeper.round()
    until(lambda: place.releases() == ["v1"], "polling finds it")
    place.push("v2")
    place.wiring.inbox.put("pebble", b'{"ref": "refs/heads/main"}', "1", {})

    place.rounds(lambda: place.releases() == ["v1", "v2"], "the delivery becomes a release")


def test_when_no_worker_answers_ticks_run_here_until_one_does(place):
    place.redis.start()
    release_id = place.release("v1")
    place.sweeper.round()
    place.overdue(release_id, LATE + 1)

    place.rounds(lambda: place.row(release_id).revision > 0, "a tick in the sweeper")
    assert place.sweeper.alone

    place.redis.flush()  # as if a worker had taken everything
    place.rounds(lambda: not place.sweeper.alone, "somebody takes what is rung for")


def test_a_commit_that_no_report_told_of_is_found_and_known_then(place):
    place.redis.start()
    place.push("v1")

    place.sweeper.round()

    until(lambda: place.releases() == ["v1"], "polling finds it")
    place.sweeper = Sweeper()
    place.push("v2")
    place.rounds(lambda: place.releases() == ["v1", "v2"], "polling finds the next one")
    assert place.row(1).tenant == "t"


class Hanging(FakeSource):
    """A git host that does not answer until it may."""

    def __init__(self, trees):
        super().__init__(trees)
        self.asked, self.may = Event(), Event()

    def head(self, ref):
        self.asked.set()
        self.may.wait(30)
        return super().head(ref)


def test_a_git_host_that_hangs_keeps_nobody_waiting(place):
    place.redis.start()
    place.release("v1")
    source = Hanging(place.folder / "trees")
    desk = place.wiring.desk
    place.wiring.desk = Desk(desk.platform, {"pebble": source}, desk.ledger, desk.inbox, desk.people, desk.units)
    try:
        place.sweeper.round()
        assert source.asked.wait(10)
        place.rounds(lambda: place.wiring.bell.waiting(), "a ring while the host hangs")
    finally:
        source.may.set()


def test_a_new_platform_file_takes_effect_and_approvals_are_for_what_was_before(place):
    place.redis.start()
    place.sweeper.round()
    before, sessions = cfg_hash(place), place.wiring.sessions
    release_id = place.release("v1")

    place.write(MORE)
    place.sweeper.round()

    assert place.wiring.sessions is sessions, "no connection is left behind"
    assert place.wiring.platform.clusters["az2"].capacity == 7
    assert cfg_hash(place) != before
    assert place.row(release_id).cfg_hash == before


def cfg_hash(place):
    with place.wiring.sessions.reading() as session:
        return configuration(session, "pebble")


@pytest.mark.parametrize("broken", ["apps: [", "", "clusters: {{az1: {{group: east}}}}\n"])
def test_a_broken_platform_file_changes_nothing_and_is_said_once(place, capsys, broken):
    place.redis.start()
    place.sweeper.round()
    before = cfg_hash(place)

    place.write(broken)
    for _ in range(3):
        place.sweeper.round()

    assert cfg_hash(place) == before
    assert capsys.readouterr().out.count("platform.unusable") == 1
    place.write(MORE)
    place.sweeper.round()
    assert cfg_hash(place) != before


def test_a_platform_file_that_is_away_for_a_moment_is_no_trouble(place):
    place.redis.start()
    place.sweeper.round()
    (place.folder / "platform.yaml").unlink()

    place.sweeper.round()

    assert place.wiring.platform.apps.keys() == {"pebble"}


def test_the_log_of_a_job_is_copied_while_nobody_ticks_and_closed_with_its_last_line(place):
    place.redis.start()
    release_id = place.release("v1")
    place.sweeper.round()
    go = place.folder / "go"
    jobs: ProcessJobs = place.wiring.jobs
    run = f"echo first; while [ ! -e {go} ]; do sleep 0.05; done; echo last"
    jobs.start(JobSpec("r1-build-1", ("/bin/sh", "-c", run), place.folder))
    place.wiring.logs.begin("r1-build-1", release_id, "build", 1)

    place.rounds(lambda: b"first" in place.wiring.logs.read("r1-build-1", 0), "its first line")
    assert place.wiring.logs.open() == ("r1-build-1",)

    go.touch()
    until(lambda: jobs.look("r1-build-1").state is JobState.DONE, "its end")
    place.rounds(lambda: not place.wiring.logs.open(), "the end of its log")
    assert place.wiring.logs.read("r1-build-1", 0).endswith(b"first\nlast\n")


def test_the_sweeper_chooses_the_unit_of_each_app_and_anew_when_a_person_asks(place):
    units = place.wiring.units
    place.rounds(lambda: units.of("pebble").choice is not None, "a choice")
    first = units.of("pebble").choice.at

    units.ask("pebble", "mia")
    place.sweeper = Sweeper()  # which looks at once
    place.rounds(lambda: units.of("pebble").choice.at > first, "another choice")
