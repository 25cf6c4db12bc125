"""Around releases: samples, jobs, logs, webhooks, freezes, configuration, people."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def instant(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "account",
        words("name"),
        words("email"),
        words("role"),
        words("password_hash"),
        instant("created_at"),
        flag("disabled"),
        sa.CheckConstraint("role IN ('viewer', 'developer', 'release manager', 'admin')", name="ck_account_role"),
        sa.PrimaryKeyConstraint("name", name="pk_account"),
    )
    op.create_index("ix_account_email", "account", ["email"], unique=False)
    op.create_table(
        "configuration",
        words("app"),
        words("tenant"),
        words("cfg_hash"),
        words("text"),
        instant("at"),
        sa.PrimaryKeyConstraint("app", name="pk_configuration"),
    )
    op.create_table(
        "freeze",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        words("source"),
        words("name"),
        words("reason"),
        instant("starts", nullable=True),
        instant("ends", nullable=True),
        words("weekly"),
        words("zone"),
        words("apps"),
        words("clusters"),
        words("who"),
        instant("at"),
        instant("lifted_at", nullable=True),
        words("lifted_by"),
        sa.CheckConstraint("source IN ('people', 'platform')", name="ck_freeze_source"),
        sa.PrimaryKeyConstraint("id", name="pk_freeze"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        words("source"),
        words("body_sha"),
        words("delivery_id"),
        words("headers_json"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        instant("received_at"),
        words("state"),
        words("reason"),
        number("failures"),
        instant("due"),
        instant("rung_at"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'rejected', 'parked')", name="ck_inbox_state"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("source", "body_sha", name="uq_inbox_source_body_sha"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["due"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "membership",
        words("group_name"),
        words("account"),
        sa.PrimaryKeyConstraint("group_name", "account", name="pk_membership"),
    )
    op.create_table("setting", words("name"), words("value"), sa.PrimaryKeyConstraint("name", name="pk_setting"))
    op.create_table(
        "job",
        words("name"),
        number("release_id"),
        words("step"),
        number("attempt"),
        words("state"),
        words("why"),
        instant("started_at"),
        instant("ended_at", nullable=True),
        sa.Column("log_size", sa.BigInteger(), nullable=False),
        flag("log_done"),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name="ck_job_state"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_job_release_id"),
        sa.PrimaryKeyConstraint("name", name="pk_job"),
    )
    op.create_index("ix_job_release", "job", ["release_id"], unique=False)
    op.create_table(
        "sample",
        number("release_id"),
        words("cluster"),
        words("metric"),
        instant("at"),
        words("step"),
        number("percent"),
        flag("healthy"),
        sa.Column("canary_source", sa.Text(), nullable=True),
        sa.Column("canary_total", sa.BigInteger(), nullable=True),
        sa.Column("canary_bad", sa.BigInteger(), nullable=True),
        sa.Column("stable_source", sa.Text(), nullable=True),
        sa.Column("stable_total", sa.BigInteger(), nullable=True),
        sa.Column("stable_bad", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_sample_release_id"),
        sa.PrimaryKeyConstraint("release_id", "cluster", "metric", "at", name="pk_sample"),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        words("account"),
        words("name"),
        words("prefix"),
        words("hash"),
        words("scopes"),
        instant("created_at"),
        instant("expires_at"),
        instant("last_used", nullable=True),
        instant("revoked_at", nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_token_account"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("prefix", name="uq_token_prefix"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_token_account", "token", ["account"], unique=False)
    op.create_table(
        "web_session",
        words("id_hash"),
        words("account"),
        words("csrf"),
        instant("created_at"),
        instant("seen_at"),
        instant("expires_at"),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_web_session_account"),
        sa.PrimaryKeyConstraint("id_hash", name="pk_web_session"),
    )
    op.create_index("ix_web_session_account", "web_session", ["account"], unique=False)
    op.create_table(
        "log_chunk",
        words("job"),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        instant("at"),
        sa.ForeignKeyConstraint(["job"], ["job.name"], name="fk_log_chunk_job"),
        sa.PrimaryKeyConstraint("job", "offset", name="pk_log_chunk"),
    )
