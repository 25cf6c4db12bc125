"""Opens the database and brings it to what this version needs, however many replicas start at once."""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateColumn

from . import tables
from .catalogue import PHONES

ATTEMPTS = 5


def open_database(url: str) -> Engine:
    """An engine for `url`, with the care that SQLite wants when several processes share a file."""
    engine = create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction that will write: on SQLite it takes the write lock at once, so it never has to upgrade."""
    return engine.execution_options(writes=True).begin()


def set_up(engine: Engine, *, cluster: str, stock: int) -> None:
    """Add what is missing: tables, columns, the cluster's stock. What is there stays as it is."""
    with _one_at_a_time(engine):
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with writing(engine) as connection:
                    _add_what_is_missing(connection)
                    _allot_stock(connection, cluster, stock)
                return
            except DBAPIError:  # on a server another replica may have made the same table a moment before
                if attempt == ATTEMPTS:
                    raise


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver leaves transactions to us
    connection.execute("PRAGMA busy_timeout = 15000")
    connection.execute("PRAGMA synchronous = FULL")  # an order that was confirmed survives a power cut
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[None]:
    """Changing SQLite to WAL does not wait for others, so replicas that share a file take turns."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        yield
        return
    with Path(f"{path}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        yield


def _add_what_is_missing(connection: Connection) -> None:
    tables.METADATA.create_all(connection)
    for table in tables.METADATA.sorted_tables:
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {definition}")


def _allot_stock(connection: Connection, cluster: str, amount: int) -> None:
    known = set(connection.scalars(select(tables.stock.c.sku).where(tables.stock.c.cluster == cluster)))
    new = [phone.sku for phone in PHONES if phone.limited and phone.sku not in known]
    if new:
        rows = [{"cluster": cluster, "sku": sku, "remaining": amount} for sku in new]
        connection.execute(insert(tables.stock), rows)
