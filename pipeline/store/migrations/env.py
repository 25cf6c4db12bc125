"""What Alembic runs: our migrations on the connection it was given."""

from alembic import context

from pipeline.store import records, tables
from pipeline.store.columns import Row

WHOLE = (records, tables)  # imported so that the metadata knows every table

context.configure(connection=context.config.attributes["connection"], target_metadata=Row.metadata)
with context.begin_transaction():
    context.run_migrations()
