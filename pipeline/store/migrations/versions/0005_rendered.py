"""What a release brings into each cluster, rendered before anybody agrees to it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
KEPT = "what was rendered for a release is never changed or deleted"


def upgrade() -> None:
    op.create_table(
        "rendered",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("cfg_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("objects_json", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", "cluster", "cfg_hash", name="pk_rendered"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_rendered_release_id"),
    )
    write = _postgresql if op.get_context().dialect.name == "postgresql" else _sqlite
    for operation in ("UPDATE", "DELETE"):
        op.execute(write(operation))


def _sqlite(operation: str) -> str:
    name = f"rendered_no_{operation.lower()}"
    return f"CREATE TRIGGER {name} BEFORE {operation} ON rendered BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"


def _postgresql(operation: str) -> str:
    name = f"rendered_no_{operation.lower()}"
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{KEPT}' USING ERRCODE = 'integrity_constraint_violation'; END $$; "
        f"CREATE TRIGGER {name} BEFORE {operation} ON rendered FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
