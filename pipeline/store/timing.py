"""When a release is looked at: who is due, who is free, who is rung for, who is woken."""

from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Double, Select, bindparam, func, literal, or_, select, update
from sqlalchemy.orm import Session

from .columns import Instant
from .tables import ReleaseRow, unfinished

LEASE = timedelta(seconds=15)
RING_AGAIN = timedelta(seconds=3)


def moment(now: datetime | None = None) -> BindParameter[datetime]:
    """A moment in a statement: this one, or the `now` that a statement which is kept is given each time."""
    return bindparam("now", type_=Instant()) if now is None else bindparam("now", now, type_=Instant())


def later(at: BindParameter[datetime], span: timedelta) -> ColumnElement[datetime]:
    return at + literal(span.total_seconds(), Double())


def free(at: BindParameter[datetime]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Nobody holds it, and its time has come."""
    nobody = or_(ReleaseRow.held_until <= at, ReleaseRow.held_until > later(at, LEASE))
    return nobody, or_(ReleaseRow.due <= at, ReleaseRow.looked_at > at)


def ringable(at: BindParameter[datetime], limit: int) -> Select[int]:
    again = or_(ReleaseRow.rung_at.is_(None), ReleaseRow.rung_at < later(at, -RING_AGAIN), ReleaseRow.rung_at > at)
    return select(ReleaseRow.id).where(unfinished(), *free(at), again).order_by(ReleaseRow.due).limit(limit)


def next_due(at: BindParameter[datetime]) -> Select[datetime]:
    """When the next release is due that is not due yet."""
    return select(func.min(ReleaseRow.due)).where(unfinished(), ReleaseRow.due > at)


def wake(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    """Look at these releases now. Their rows are locked in one order, so that two who wake do not block each other."""
    chosen = select(ReleaseRow.id).where(unfinished(), *which).order_by(ReleaseRow.id).with_for_update()
    ids = session.scalars(chosen).all()
    session.execute(update(ReleaseRow).where(ReleaseRow.id.in_(ids), ReleaseRow.due > now).values(due=now))
