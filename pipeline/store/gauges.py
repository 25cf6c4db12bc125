"""How late, how full, how many: the numbers a dashboard of the platform watches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .ledger import SWEPT
from .records import InboxRow, SettingRow
from .tables import ReleaseRow, unfinished


@dataclass(frozen=True, slots=True)
class Gauges:
    """One look at the whole installation. Seconds; None: nobody can tell."""

    lateness: float  # of the most overdue look at an unfinished release
    releases: Mapping[str, int]  # by state
    inbox: Mapping[str, int]  # deliveries by state
    inbox_age: float  # of the oldest delivery that waits
    swept: float | None  # since the sweeper's last round


def measure(session: Session, now: datetime) -> Gauges:
    """All of it, in one short transaction."""
    due = session.scalar(select(func.min(ReleaseRow.due)).where(unfinished()))
    oldest = session.scalar(select(func.min(InboxRow.received_at)).where(InboxRow.state == "waiting"))
    releases = session.execute(select(ReleaseRow.state, func.count().label("number")).group_by(ReleaseRow.state))
    inbox = session.execute(select(InboxRow.state, func.count().label("number")).group_by(InboxRow.state))
    return Gauges(
        lateness=_age(now, due),
        releases={row.state: row.number for row in releases},
        inbox={row.state: row.number for row in inbox},
        inbox_age=_age(now, oldest),
        swept=_swept(session, now),
    )


def _age(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _swept(session: Session, now: datetime) -> float | None:
    row = session.get(SettingRow, SWEPT)
    return None if row is None else max(0.0, now.timestamp() - float(row.value))
