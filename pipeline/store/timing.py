"""When a release is looked at: who is due, who is free, who is rung for, who is woken."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from .tables import ReleaseRow, unfinished

LEASE = timedelta(seconds=15)
RING_AGAIN = timedelta(seconds=3)


def free(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Nobody holds it, and its time has come."""
    nobody = or_(ReleaseRow.held_until <= now, ReleaseRow.held_until > now + LEASE)
    return nobody, or_(ReleaseRow.due <= now, ReleaseRow.looked_at > now)


def ringable(now: datetime, limit: int) -> Select[int]:
    again = or_(ReleaseRow.rung_at.is_(None), ReleaseRow.rung_at < now - RING_AGAIN, ReleaseRow.rung_at > now)
    return select(ReleaseRow.id).where(unfinished(), *free(now), again).order_by(ReleaseRow.due).limit(limit)


def until_due(session: Session, now: datetime, most: float) -> float:
    """Seconds until the next release is due that is not due yet, at most `most`."""
    due = session.scalar(select(func.min(ReleaseRow.due)).where(unfinished(), ReleaseRow.due > now))
    return min((due - now).total_seconds(), most) if due else most


def wake(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    """Look at these releases now. Their rows are locked in one order, so that two who wake do not block each other."""
    chosen = select(ReleaseRow.id).where(unfinished(), *which).order_by(ReleaseRow.id).with_for_update()
    ids = session.scalars(chosen).all()
    session.execute(update(ReleaseRow).where(ReleaseRow.id.in_(ids), ReleaseRow.due > now).values(due=now))
