"""A URL becomes an engine with safe settings, and an engine becomes reading and writing transactions."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, StaticPool, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session as Session
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import PipelineError
from .columns import Row

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs", "lustre"})
PRAGMAS = (
    "busy_timeout = 5000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "recursive_triggers = ON",  # without it INSERT OR REPLACE would delete rows behind the back of our triggers
)
POSTGRES = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "options": "-c timezone=UTC -c statement_timeout=5s -c lock_timeout=3s -c idle_in_transaction_session_timeout=10s",
}
CLOCKS = {
    "sqlite": text("SELECT (julianday('now') - 2440587.5) * 86400.0"),
    "postgresql": text("SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)"),
}
UNAVAILABLE = (OperationalError, PoolExhausted)  # what is raised while the database is away or locked for too long


class UnsafeDatabase(PipelineError):
    """The database at this URL would lose or mix up what is written; the text says why."""


Clock = Callable[[Session], datetime]


def now(session: Session) -> datetime:
    """The time of the database, in UTC: the one clock all workers share."""
    seconds = session.execute(CLOCKS[session.get_bind().dialect.name]).scalar_one()
    return datetime.fromtimestamp(float(seconds), UTC)


class Sessions:
    """Transactions on one database. `clock` is the database's own time; simulations bring theirs."""

    def __init__(self, engine: Engine, clock: Clock = now) -> None:
        self.engine = engine
        self.now = clock
        self._writes = engine.execution_options(writes=True)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that may write: on SQLite the write lock is taken before anything is read."""
        with Session(self._writes, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads, on one snapshot of SQLite; keep it under two seconds."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session


def open_database(url: str, *, pooled: bool = True, clock: Clock = now) -> Sessions:
    """
    Transactions on the database at `url`.

    `pooled`: connections are kept for the next transaction, as a new one costs more than most transactions. A process
    that forks must open none before; one that asks once needs none to be kept.
    """
    target = make_url(url)
    match target.get_backend_name():
        case "sqlite":
            return Sessions(_sqlite(target, pooled=pooled), clock)
        case "postgresql":
            return Sessions(_postgres(target, pooled=pooled), clock)
        case other:
            raise UnsafeDatabase(f"{other} is not supported; use a sqlite:/// or postgresql:// URL")


def insert_once(session: Session, row: type[Row], **values: object) -> bool:
    """Insert, unless a row with the same key is there. True: inserted."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = next(iter(row.__table__.primary_key))
    done = session.execute(insert(row).values(**values).on_conflict_do_nothing().returning(first))
    return done.first() is not None


def _sqlite(url: URL, *, pooled: bool) -> Engine:
    if url.database in {None, "", ":memory:"}:  # one connection, or there would be one database per connection
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        refuse_network(Path(str(url.database)), Path("/proc/mounts"))
        engine = create_engine(url) if pooled else create_engine(url, poolclass=NullPool)
    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)
    return engine


def set_up(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Make a new SQLite connection safe."""
    connection.isolation_level = None  # the driver must not begin transactions: at SELECT it would not
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def begin(connection: Connection) -> None:
    """On SQLite the write lock comes first in a transaction that may write."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(url: URL, *, pooled: bool) -> Engine:
    url = url.set(drivername="postgresql+psycopg")
    if pooled:
        return create_engine(url, connect_args=POSTGRES, pool_pre_ping=True)
    return create_engine(url, connect_args=POSTGRES, poolclass=NullPool)


def refuse_network(database: Path, mounts: Path) -> None:
    """Refuse a SQLite file on a network file system: its write-ahead log is unsafe there."""
    if not mounts.exists():
        return
    places = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    path = os.path.realpath(database)
    below = [(len(place), kind) for place, kind in places if Path(path).is_relative_to(place.replace("\\040", " "))]
    kind = max(below, default=(0, ""))[1]
    if kind in NETWORK:
        raise UnsafeDatabase(
            f"{database} is on a network file system ({kind}); move it to a local disk or use PostgreSQL"
        )
