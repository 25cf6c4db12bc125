"""A fresh database for each test: SQLite always, PostgreSQL where Debian's server is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from store_world import CONFIGURED, new, step

from pipeline.store.columns import Row
from pipeline.store.ledger import Ledger
from pipeline.store.migrate import migrate
from pipeline.store.records import AccountRow
from pipeline.store.session import Sessions, open_database
from tests.ports import free_ports


@cache
def server() -> Path | None:
    """Where the programs of the newest installed PostgreSQL are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


DATABASES = ["sqlite", "postgresql"] if server() else ["sqlite"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not server():
        missing = "no /usr/lib/postgresql/*/bin/initdb (on Debian: apt-get install postgresql)"
        terminalreporter.write_line(f"tests/store ran on SQLite only: {missing}")


def _unprivileged() -> dict[str, str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name for entry in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in known else "nobody"}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own on a free port; ends with the tests."""
    programs = server()
    assert programs is not None
    place = Path(tempfile.mkdtemp(prefix="sluice-pg-"))
    who = _unprivileged()
    if who:
        shutil.chown(place, who["user"])
    data = place / "data"
    initdb = [programs / "initdb", "-D", data, "-U", "sluice", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=place, **who)
    port = free_ports(1)[0]
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={place} -c fsync=off"
    pg_ctl = [programs / "pg_ctl", "-D", data, "-w", "-l", place / "log"]
    subprocess.run([*pg_ctl, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd=place, **who)
    yield f"postgresql://sluice@127.0.0.1:{port}"
    subprocess.run([*pg_ctl, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd=place, **who)
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "sluice.db"
    migrate(f"sqlite:///{path}")
    return path


def _administer(url: str, statement: str) -> None:
    engine = create_engine(f"{url}/postgres".replace("://", "+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def cleared(postgresql: str) -> Iterator[Callable[[], str]]:
    """Empty the one migrated PostgreSQL database of the tests and give its URL: quicker than a new one each time."""
    _administer(postgresql, "CREATE DATABASE sluice")
    migrate(f"{postgresql}/sluice")
    engine = create_engine(f"{postgresql}/sluice".replace("://", "+psycopg://"))
    counters = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"

    def clear() -> str:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in Row.metadata.tables.values():
                connection.execute(table.delete())
            for name in connection.execute(text(counters)).scalars().all():
                connection.execute(text(f"ALTER SEQUENCE {name} RESTART"))
            connection.execute(text("INSERT INTO chain (release_id, seq, head) VALUES (-1, 0, ''), (0, 0, '')"))
        return f"{postgresql}/sluice"

    yield clear
    engine.dispose()


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path, template: Path) -> str:
    """URL of a fresh database at the newest schema."""
    if request.param == "sqlite":
        shutil.copy(template, tmp_path / "sluice.db")
        return f"sqlite:///{tmp_path / 'sluice.db'}"
    clear: Callable[[], str] = request.getfixturevalue("cleared")
    return clear()


@pytest.fixture
def sessions(url: str) -> Iterator[Sessions]:
    opened = open_database(url)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def ledger(sessions):
    with sessions.writing() as session:
        for name, role in (("mia", "release manager"), ("root", "admin"), ("tom", "developer")):
            session.add(AccountRow(name=name, role=role, password_hash="-", created_at=sessions.now(session)))
    made = Ledger(sessions)
    made.configure(CONFIGURED)
    return made


@pytest.fixture
def tested(ledger):
    """A release that waits for its approval."""
    release_id = ledger.submit(new(), "tom")
    step(ledger, release_id)
    return release_id
