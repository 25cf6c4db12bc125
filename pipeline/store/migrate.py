"""`python -m pipeline.store.migrate`: bring the database of DATABASE_URL to the newest schema."""

import os
import sys
from importlib import resources

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from ..errors import PipelineError
from .session import UNAVAILABLE, open_database


def main() -> int:
    url = os.environ.get("DATABASE_URL")
    if not url:
        print("DATABASE_URL is not set; give the address of the database, like sqlite:////var/lib/sluice/sluice.db")  # noqa: T201
        return 2
    try:
        migrate(url)
    except PipelineError as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    except UNAVAILABLE as trouble:
        why = " ".join(str(getattr(trouble, "orig", trouble)).split())
        told = f"The database does not answer, nothing was changed: {why}. Start it, or correct DATABASE_URL."
        print(told, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; several processes may do so at once."""
    sessions = open_database(url, pooled=False)
    with sessions.engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(
                text("SELECT set_config('statement_timeout', '60s', true), set_config('lock_timeout', '60s', true)")
            )
            connection.execute(text("SELECT pg_advisory_xact_lock(7580921)"))
        command.upgrade(alembic_config(connection), "head")
    sessions.engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Alembic, told to use our migrations on this connection."""
    config = Config()
    config.set_main_option("script_location", str(resources.files(__package__) / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    sys.exit(main())
