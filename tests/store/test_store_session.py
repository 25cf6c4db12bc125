"""Engines are set up so that nothing committed is lost and nothing is half-read."""

import multiprocessing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from pipeline.store.migrate import alembic_config, migrate
from pipeline.store.records import SettingRow
from pipeline.store.session import Sessions, UnsafeDatabase, open_database, refuse_network
from pipeline.store.tables import EventRow


def test_migrations_and_rows_describe_the_same_schema(sessions):
    with sessions.engine.execution_options(writes=True).begin() as connection:
        command.check(alembic_config(connection))


def test_migrating_twice_changes_nothing(url, sessions):
    migrate(url)

    with sessions.reading() as session:
        assert session.execute(text("SELECT count(*) FROM chain")).scalar() == 2


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("trusted_schema", 0), ("busy_timeout", 5000)],
)
def test_every_sqlite_connection_is_a_careful_one(tmp_path, pragma, value):
    opened = open_database(f"sqlite:///{tmp_path / 'x.db'}", pooled=False)

    with opened.reading() as session:
        assert session.execute(text(f"PRAGMA {pragma}")).scalar() == value


@pytest.mark.parametrize(
    ("setting", "value"),
    [("statement_timeout", "5s"), ("lock_timeout", "3s"), ("idle_in_transaction_session_timeout", "10s")],
)
def test_every_postgresql_connection_gives_up_in_time(sessions, setting, value):
    if sessions.engine.dialect.name == "postgresql":
        with sessions.reading() as session:
            assert session.execute(text(f"SHOW {setting}")).scalar() == value


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_sqlite_file_on_a_network_file_system_is_refused(tmp_path, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nhost:/x {tmp_path}/far {kind} rw 0 0\n")

    with pytest.raises(UnsafeDatabase, match="network file system"):
        refuse_network(tmp_path / "far" / "sluice.db", mounts)
    refuse_network(tmp_path / "near" / "sluice.db", mounts)


def test_another_database_is_refused_by_name():
    with pytest.raises(UnsafeDatabase, match="mysql is not supported"):
        open_database("mysql://localhost/x")


def test_time_is_the_databases_and_aware(sessions):
    with sessions.reading() as session:
        seen = sessions.now(session)

    assert seen.tzinfo is UTC
    assert abs(seen - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_moment_comes_back_as_it_went_in_and_in_utc(sessions):
    moment = datetime(2026, 11, 24, 14, 32, 10, 123457, tzinfo=timezone(timedelta(hours=2)))
    words = dict.fromkeys(("kind", "payload_json", "actor", "prev_hash", "hash"), "")
    with sessions.writing() as session:
        session.add(EventRow(id=1, release_id=1, seq=1, epoch=0, at=moment, **words))
    with sessions.reading() as session:
        row = session.get(EventRow, 1)

        assert row is not None
        assert row.at == moment
        assert row.at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(sessions):
    naive = datetime(2026, 11, 24)  # noqa: DTZ001
    with sessions.reading() as session, pytest.raises(StatementError, match="no time zone"):
        session.execute(select(EventRow).where(EventRow.at > naive))


def test_words_that_a_database_cannot_store_are_replaced(sessions):
    with sessions.writing() as session:
        session.add(SettingRow(name="subject", value="a\0b\ud800c"))
    with sessions.reading() as session:
        row = session.get(SettingRow, "subject")

        assert row is not None
        assert row.value == "a\ufffdb?c"


def _count_up(url: str, times: int) -> None:
    opened = open_database(url, pooled=False)
    for _ in range(times):
        with opened.writing() as session:
            row = session.get(SettingRow, "count", with_for_update=True)
            assert row is not None
            row.value = str(int(row.value) + 1)


def test_four_processes_that_read_and_write_lose_nothing(url: str, sessions: Sessions):
    with sessions.writing() as session:
        session.add(SettingRow(name="count", value="0"))
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_count_up, args=(url, 100)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    with sessions.reading() as session:
        row = session.get(SettingRow, "count")

        assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
        assert row is not None
        assert row.value == "400"


def test_a_database_in_memory_is_one_database(tmp_path: Path):
    opened = open_database("sqlite://")
    with opened.writing() as session:
        session.execute(text("CREATE TABLE t (x INTEGER)"))
    with opened.reading() as session:
        assert session.execute(text("SELECT count(*) FROM t")).scalar() == 0
    opened.engine.dispose()
