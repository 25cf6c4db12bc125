"""The life of a release: positions, targets, gates, votes and the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


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
        "chain",
        sa.Column("release_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        words("head"),
        sa.PrimaryKeyConstraint("release_id", name="pk_chain"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        number("release_id"),
        number("seq"),
        number("epoch"),
        words("kind"),
        words("payload_json"),
        words("actor"),
        instant("at"),
        words("prev_hash"),
        words("hash"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("release_id", "seq", name="uq_event_release_id_seq"),
    )
    op.create_index("ix_event_at", "event", ["at"], unique=False)
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        words("key"),
        words("app"),
        words("tenant"),
        words("kind"),
        words("commit"),
        words("subject"),
        words("version"),
        words("authors"),
        words("digest"),
        words("definition"),
        words("def_hash"),
        words("cfg_hash"),
        words("plan_json"),
        number("at"),
        number("percent"),
        words("state"),
        sa.Column("reason_kind", sa.Text(), nullable=True),
        words("why"),
        words("waiting"),
        words("who"),
        instant("until", nullable=True),
        words("undo_waves"),
        number("attempt"),
        flag("tested"),
        instant("since"),
        instant("raised"),
        instant("created_at"),
        instant("ended_at", nullable=True),
        number("revision"),
        number("epoch"),
        instant("held_until"),
        instant("due"),
        instant("looked_at"),
        instant("rung_at", nullable=True),
        sa.CheckConstraint("kind IN ('normal', 'return')", name="ck_release_kind"),
        sa.CheckConstraint(
            "reason_kind IN ('failed', 'cancelled', 'superseded', 'harmed', 'guard')", name="ck_release_reason_kind"
        ),
        sa.CheckConstraint(
            "state IN ('running', 'rolling back', 'halted', 'live', 'rolled back')", name="ck_release_state"
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name="ck_release_percent"),
        sa.PrimaryKeyConstraint("id", name="pk_release"),
        sa.UniqueConstraint("key", name="uq_release_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_release_app_digest", "release", ["app", "digest"], unique=False)
    op.create_index("ix_release_app_id", "release", ["app", "id"], unique=False)
    op.create_index(
        "ix_release_unfinished",
        "release",
        ["app", "due"],
        unique=False,
        sqlite_where=sa.text("state NOT IN ('live', 'rolled back')"),
        postgresql_where=sa.text("state NOT IN ('live', 'rolled back')"),
    )
    op.create_index("ix_release_ended_at", "release", ["ended_at"], unique=False)
    op.create_index("ix_release_state_id", "release", ["state", "id"], unique=False)
    op.create_table(
        "asked",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        number("release_id"),
        words("verb"),
        words("who"),
        words("reason"),
        words("passage"),
        instant("at"),
        sa.CheckConstraint("verb IN ('cancel', 'pause', 'resume', 'promote', 'rollback')", name="ck_asked_verb"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_asked_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_asked"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_asked_release", "asked", ["release_id"], unique=False)
    op.create_table(
        "gate_required",
        number("release_id"),
        words("passage"),
        words("gate"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_gate_required_release_id"),
        sa.PrimaryKeyConstraint("release_id", "passage", "gate", name="pk_gate_required"),
    )
    op.create_table(
        "gate_result",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        number("release_id"),
        words("step"),
        words("digest"),
        words("def_hash"),
        words("cfg_hash"),
        words("gate"),
        words("verdict"),
        words("evidence_json"),
        words("actor"),
        instant("at"),
        instant("valid_until", nullable=True),
        sa.CheckConstraint("verdict IN ('pass', 'wait', 'fail')", name="ck_gate_result_verdict"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_gate_result_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gate_result"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_gate_result_key", "gate_result", ["release_id", "step", "gate", "id"], unique=False)
    op.create_table(
        "gate_set",
        number("release_id"),
        words("step"),
        words("digest"),
        words("def_hash"),
        words("cfg_hash"),
        words("status"),
        instant("at"),
        sa.CheckConstraint("status IN ('pending', 'passed')", name="ck_gate_set_status"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_gate_set_release_id"),
        sa.PrimaryKeyConstraint("release_id", "step", "digest", "def_hash", "cfg_hash", name="pk_gate_set"),
        sa.UniqueConstraint(
            "release_id", "step", "digest", "def_hash", "cfg_hash", "status", name="uq_gate_set_content"
        ),
    )
    op.create_table(
        "target",
        number("release_id"),
        words("cluster"),
        words("service"),
        number("wave"),
        words("slot"),
        words("previous"),
        instant("touched_at"),
        flag("open"),
        number("share_seen"),
        words("trouble"),
        instant("seen_at", nullable=True),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_target_release_id"),
        sa.PrimaryKeyConstraint("release_id", "cluster", "service", name="pk_target"),
    )
    op.create_index("ix_target_cluster", "target", ["cluster", "service"], unique=False)
    op.create_index(
        "uq_target_open",
        "target",
        ["service", "cluster"],
        unique=True,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "vote",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        number("release_id"),
        words("step"),
        words("digest"),
        words("def_hash"),
        words("cfg_hash"),
        words("who"),
        flag("yes"),
        words("comment"),
        instant("at"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_vote_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_vote"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_vote_release", "vote", ["release_id", "step"], unique=False)
    op.create_table(
        "crossing",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        number("release_id"),
        words("step"),
        words("digest"),
        words("def_hash"),
        words("cfg_hash"),
        words("status"),
        number("epoch"),
        instant("at"),
        sa.CheckConstraint("status = 'passed'", name="ck_crossing_status"),
        sa.ForeignKeyConstraint(
            ["release_id", "step", "digest", "def_hash", "cfg_hash", "status"],
            [
                "gate_set.release_id",
                "gate_set.step",
                "gate_set.digest",
                "gate_set.def_hash",
                "gate_set.cfg_hash",
                "gate_set.status",
            ],
            name="fk_crossing_gate_set",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crossing"),
        sa.UniqueConstraint("release_id", "step", "epoch", name="uq_crossing_release_id_step_epoch"),
        sqlite_autoincrement=True,
    )
