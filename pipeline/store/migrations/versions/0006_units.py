"""Counters by pod, and which unit an app can be judged by."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("sample", sa.Column("pods_json", sa.Text(), nullable=True))
    op.create_table(
        "unit",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=True),
        sa.Column("choice_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("app", name="pk_unit"),
    )
