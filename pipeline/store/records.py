"""The rows around releases: samples, jobs, logs, webhooks, freezes, configuration, people. Columns only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .columns import Big, Id, Key, Row, one_of


class SampleRow(Row):
    """Counters of both arms of one metric in one cluster at one moment. NULL: could not be read."""

    __tablename__ = "sample"
    __table_args__ = (Index("ix_sample_at", "release_id", "cluster", "at"),)
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True)
    cluster: Mapped[Key]
    metric: Mapped[Key]
    at: Mapped[datetime] = mapped_column(primary_key=True)
    step: Mapped[str]
    percent: Mapped[int]
    healthy: Mapped[bool]
    canary_source: Mapped[str | None]
    canary_total: Mapped[Big | None]
    canary_bad: Mapped[Big | None]
    stable_source: Mapped[str | None]
    stable_total: Mapped[Big | None]
    stable_bad: Mapped[Big | None]
    pods_json: Mapped[str | None]  # name, whether canary's, total, bad, of each pod; NULL: they are not told apart


class CaseRow(Row):
    """What the judge has of one canary in one cluster: the next look goes on from there. The samples say the same."""

    __tablename__ = "judge_case"
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True)
    cluster: Mapped[Key]
    case_json: Mapped[str]


class UnitRow(Row):
    """Which unit an app's own history says it can be judged by, and when to ask it again."""

    __tablename__ = "unit"
    app: Mapped[Key]
    due: Mapped[datetime]
    at: Mapped[datetime | None]  # NULL: it was not asked yet
    choice_json: Mapped[str] = mapped_column(default="")


class LookRow(Row):
    """What one service in one cluster was last seen to run, whether or not a release is on its way. For people only."""

    __tablename__ = "look"
    cluster: Mapped[Key]
    service: Mapped[Key]
    tried_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]  # NULL: never seen yet
    trouble: Mapped[str] = mapped_column(default="")  # why the last try saw nothing
    share: Mapped[int | None]  # percent of the front door's traffic that the cluster is to get
    stable: Mapped[str] = mapped_column(default="")  # slot, "" = none
    moving: Mapped[int] = mapped_column(default=0)  # the release in motion there, 0 = none
    marked: Mapped[int] = mapped_column(default=0)  # the release its guard took back last, 0 = none
    slots_json: Mapped[str] = mapped_column(default="{}")  # slot → digest, wanted, ready, weight, trouble
    counts_json: Mapped[str] = mapped_column(default="{}")  # slot → source, total, bad
    rates_json: Mapped[str] = mapped_column(default="[]")  # requests a second and percent bad, oldest first


class RenderedRow(Row):
    """What a release brings into a cluster under one target configuration: stored once, never changed."""

    __tablename__ = "rendered"
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True)
    cluster: Mapped[Key]
    cfg_hash: Mapped[Key]  # of the configuration that it was rendered for
    hash: Mapped[str]  # of the objects, for approvals to refer to
    objects_json: Mapped[str]  # kind, name and text of each, secrets hidden
    at: Mapped[datetime]


class JobRow(Row):
    """A long thing outside: started once under its name, looked at by ticks."""

    __tablename__ = "job"
    __table_args__ = (one_of("state", "running", "done", "failed"), Index("ix_job_release", "release_id"))
    name: Mapped[Key]
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    step: Mapped[str]
    attempt: Mapped[int]
    state: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    log_size: Mapped[Big] = mapped_column(default=0)
    log_done: Mapped[bool] = mapped_column(default=False)


class LogRow(Row):
    """A piece of a job's output, as it was written, from byte `offset`."""

    __tablename__ = "log_chunk"
    job: Mapped[Key] = mapped_column(ForeignKey("job.name"), primary_key=True)
    offset: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class InboxRow(Row):
    """A webhook delivery, as it came."""

    __tablename__ = "inbox"
    __table_args__ = (
        one_of("state", "waiting", "done", "rejected", "parked"),
        UniqueConstraint("source", "body_sha"),
        Index(
            "ix_inbox_waiting",
            "due",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[Id]
    source: Mapped[str]
    body_sha: Mapped[str]
    delivery_id: Mapped[str]
    headers_json: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    failures: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime]  # may be taken from then on
    rung_at: Mapped[datetime]


class FreezeRow(Row):
    """A freeze, of people (`source` people) or of platform.yaml (`source` platform)."""

    __tablename__ = "freeze"
    __table_args__ = (one_of("source", "people", "platform"), {"sqlite_autoincrement": True})
    id: Mapped[Id]
    source: Mapped[str]
    name: Mapped[str]
    reason: Mapped[str]
    starts: Mapped[datetime | None]
    ends: Mapped[datetime | None]
    weekly: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="UTC")
    apps: Mapped[frozenset[str]]
    clusters: Mapped[frozenset[str]]
    who: Mapped[str]
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(default="")


class ConfigurationRow(Row):
    """What an app's targets are configured to be now."""

    __tablename__ = "configuration"
    app: Mapped[Key]
    tenant: Mapped[str]
    cfg_hash: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


class MembershipRow(Row):
    """A user in a group of platform.yaml."""

    __tablename__ = "membership"
    group_name: Mapped[Key]
    account: Mapped[Key]


class SettingRow(Row):
    """One value of the installation."""

    __tablename__ = "setting"
    name: Mapped[Key]
    value: Mapped[str]


class AccountRow(Row):
    """A person or bot who may sign in."""

    __tablename__ = "account"
    __table_args__ = (
        one_of("role", "viewer", "developer", "release manager", "admin"),
        Index("ix_account_email", "email"),
    )
    name: Mapped[Key]
    email: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    disabled: Mapped[bool] = mapped_column(default=False)


class WebSessionRow(Row):
    """Someone signed in: the hash of the cookie, never the cookie."""

    __tablename__ = "web_session"
    id_hash: Mapped[Key]
    account: Mapped[str] = mapped_column(ForeignKey("account.name"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class TokenRow(Row):
    """A bearer token: its hash, never itself. `prefix` finds it."""

    __tablename__ = "token"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[Id]
    account: Mapped[str] = mapped_column(ForeignKey("account.name"), index=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
    scopes: Mapped[frozenset[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
