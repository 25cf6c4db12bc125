"""The rows of a release's life: columns only. Triggers that guard them are in `migrations/`."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, TextClause, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..states import TERMINAL, Kind, Reason, State
from .columns import Big, Id, Key, Row, one_of

UNFINISHED = "state NOT IN ({})".format(", ".join(sorted(f"'{state}'" for state in TERMINAL)))


class ReleaseRow(Row):
    """A release and where it stands. `key` makes submitting it twice the same as once."""

    __tablename__ = "release"
    __table_args__ = (
        one_of("state", *State),
        one_of("kind", *Kind),
        one_of("reason_kind", *Reason),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        Index("ix_release_unfinished", "app", "due", sqlite_where=text(UNFINISHED), postgresql_where=text(UNFINISHED)),
        Index("ix_release_app_id", "app", "id"),
        Index("ix_release_state_id", "state", "id"),
        Index("ix_release_ended_at", "ended_at"),
        Index("ix_release_app_digest", "app", "digest"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    app: Mapped[str]
    tenant: Mapped[str]
    kind: Mapped[str]
    commit: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")  # first line of the commit message, untrusted
    version: Mapped[str]  # shown to people
    authors: Mapped[frozenset[str]]
    digest: Mapped[str] = mapped_column(default="")  # "" until built, then never changed
    definition: Mapped[str]
    def_hash: Mapped[str]
    cfg_hash: Mapped[str]
    plan_json: Mapped[str]
    at: Mapped[int] = mapped_column(default=0)
    percent: Mapped[int] = mapped_column(default=0)
    state: Mapped[str]
    reason_kind: Mapped[str | None]
    why: Mapped[str] = mapped_column(default="")  # why it goes back, halted or ended
    waiting: Mapped[str] = mapped_column(default="")  # why it waits, "" = the last decision was no Hold
    who: Mapped[str] = mapped_column(default="")  # who can act, while it waits
    until: Mapped[datetime | None]  # what it waits for ends then
    undo_waves: Mapped[str] = mapped_column(default="[]")
    attempt: Mapped[int] = mapped_column(default=1)
    tested: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]
    raised: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=0)  # counts settled ticks
    epoch: Mapped[int] = mapped_column(default=0)
    held_until: Mapped[datetime]
    due: Mapped[datetime]
    looked_at: Mapped[datetime]  # later than now: the clock was set back
    rung_at: Mapped[datetime | None]


class TargetRow(Row):
    """One service in one cluster that was touched. `open`: its canary is there, not yet promoted or taken back (I7)."""

    __tablename__ = "target"
    __table_args__ = (
        Index(
            "uq_target_open",
            "service",
            "cluster",
            unique=True,
            sqlite_where=text("open"),
            postgresql_where=text("open"),
        ),
        Index("ix_target_cluster", "cluster", "service"),
    )
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True)
    cluster: Mapped[Key]
    service: Mapped[Key]
    wave: Mapped[int]
    slot: Mapped[str]
    previous: Mapped[str]  # digest served before, "" = none
    touched_at: Mapped[datetime]
    open: Mapped[bool]
    share_seen: Mapped[int] = mapped_column(default=0)  # percent the gateway routed to it at the last look
    trouble: Mapped[str] = mapped_column(default="")  # why the cluster could not be seen at the last look
    seen_at: Mapped[datetime | None]


class EventRow(Row):
    """One line of a journal. Chain 0 is the installation's own."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("release_id", "seq"), Index("ix_event_at", "at"))
    id: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)  # rises in the order of commits
    release_id: Mapped[int]
    seq: Mapped[int]
    epoch: Mapped[int]
    kind: Mapped[str]
    payload_json: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
    prev_hash: Mapped[str]
    hash: Mapped[str]


class ChainRow(Row):
    """The end of each journal, so that a cut-off tail is seen. Row -1 counts all events."""

    __tablename__ = "chain"
    release_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[Big] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(default="")


class RequiredRow(Row):
    """A gate that the pinned plan asks for at a passage; gate "" stands for the passage itself."""

    __tablename__ = "gate_required"
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True)
    passage: Mapped[Key]
    gate: Mapped[Key]


class SetRow(Row):
    """All gates of one passage for exactly this content."""

    __tablename__ = "gate_set"
    __table_args__ = (
        one_of("status", "pending", "passed"),
        UniqueConstraint("release_id", "step", "digest", "def_hash", "cfg_hash", "status", name="uq_gate_set_content"),
    )
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True)
    step: Mapped[Key]  # the passage's name, here and below
    digest: Mapped[Key]
    def_hash: Mapped[Key]
    cfg_hash: Mapped[Key]
    status: Mapped[str]
    at: Mapped[datetime]


class ResultRow(Row):
    """What one gate said for exactly this content; the newest row counts."""

    __tablename__ = "gate_result"
    __table_args__ = (
        one_of("verdict", "pass", "wait", "fail"),
        Index("ix_gate_result_key", "release_id", "step", "gate", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[Id]
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    step: Mapped[str]
    digest: Mapped[str]
    def_hash: Mapped[str]
    cfg_hash: Mapped[str]
    gate: Mapped[str]
    verdict: Mapped[str]
    evidence_json: Mapped[str]  # why, who can act, until when
    actor: Mapped[str]
    at: Mapped[datetime]
    valid_until: Mapped[datetime | None]


class CrossingRow(Row):
    """A release crossed a passage. Impossible without a passed set of exactly this content."""

    __tablename__ = "crossing"
    __table_args__ = (
        CheckConstraint("status = 'passed'", name="status"),
        ForeignKeyConstraint(
            ["release_id", "step", "digest", "def_hash", "cfg_hash", "status"],
            [f"gate_set.{name}" for name in ("release_id", "step", "digest", "def_hash", "cfg_hash", "status")],
            name="fk_crossing_gate_set",
        ),
        UniqueConstraint("release_id", "step", "epoch"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[Id]
    release_id: Mapped[int]
    step: Mapped[str]
    digest: Mapped[str]
    def_hash: Mapped[str]
    cfg_hash: Mapped[str]
    status: Mapped[str]
    epoch: Mapped[int]
    at: Mapped[datetime]


class VoteRow(Row):
    """A person's yes or no to one passage, for exactly this content."""

    __tablename__ = "vote"
    __table_args__ = (Index("ix_vote_release", "release_id", "step"), {"sqlite_autoincrement": True})
    id: Mapped[Id]
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    step: Mapped[str]
    digest: Mapped[str]
    def_hash: Mapped[str]
    cfg_hash: Mapped[str]
    who: Mapped[str]
    yes: Mapped[bool]
    comment: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class AskedRow(Row):
    """What a person or bot asked for: cancel, pause, resume, promote, rollback."""

    __tablename__ = "asked"
    __table_args__ = (
        one_of("verb", "cancel", "pause", "resume", "promote", "rollback"),
        Index("ix_asked_release", "release_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[Id]
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    verb: Mapped[str]
    who: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    passage: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


def unfinished() -> TextClause:
    """In a WHERE: word for word the condition of the partial index, else SQLite would not use it."""
    return text(UNFINISHED)
