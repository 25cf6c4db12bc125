"""What the judge has of each canary, and its newest samples by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "judge_case",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("case_json", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_judge_case_release_id"),
        sa.PrimaryKeyConstraint("release_id", "cluster", name="pk_judge_case"),
    )
    op.create_index("ix_sample_at", "sample", ["release_id", "cluster", "at"])
