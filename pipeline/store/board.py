"""What the overview and the calendar show of all releases together."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ..states import TERMINAL, Kind, Reason, State
from .pages import head_of, placed_of
from .records import FreezeRow
from .said import span_of
from .shown import Ended, Entered, Newest
from .tables import EventRow, ReleaseRow, TargetRow


def newest(session: Session) -> tuple[Newest, ...]:
    """The release that touched each app in each cluster last."""
    last = select(func.max(TargetRow.release_id)).group_by(TargetRow.service, TargetRow.cluster)
    pairs = select(ReleaseRow, TargetRow).join(TargetRow, TargetRow.release_id == ReleaseRow.id)
    found: dict[tuple[str, str], Newest] = {}
    for row, target in session.execute(pairs.where(ReleaseRow.id.in_(last)).order_by(ReleaseRow.id)):
        found[target.service, target.cluster] = Newest(head_of(row), placed_of(target))
    return tuple(found.values())


def versions(session: Session) -> dict[tuple[str, str], str]:
    """What people call each digest of each app: the version of the first release that brought it."""
    wanted = select(ReleaseRow.app, ReleaseRow.digest, ReleaseRow.version).where(
        ReleaseRow.kind == Kind.NORMAL, ReleaseRow.digest != ""
    )
    found = session.execute(wanted.order_by(ReleaseRow.id.desc()).limit(1000))
    return {(row.app, row.digest): row.version for row in found}


def ended_since(session: Session, start: datetime) -> tuple[Ended, ...]:
    """Every release that ended since `start`, for the figures."""
    columns = (ReleaseRow.kind, ReleaseRow.state, ReleaseRow.reason_kind, ReleaseRow.created_at, ReleaseRow.ended_at)
    ended = (ReleaseRow.state.in_(TERMINAL), ReleaseRow.ended_at > start)
    rows = session.execute(select(ReleaseRow.id, *columns).where(*ended).order_by(ReleaseRow.id)).all()
    touching = select(TargetRow.release_id).distinct().join(ReleaseRow, ReleaseRow.id == TargetRow.release_id)
    touched = set(session.scalars(touching.where(*ended)))
    undone = _undone(session, start)
    return tuple(
        Ended(
            kind=Kind(row.kind),
            state=State(row.state),
            reason=Reason(row.reason_kind) if row.reason_kind else None,
            created_at=row.created_at,
            ended_at=row.ended_at,
            touched=row.id in touched,
            undone=undone.get(row.id),
        )
        for row in rows
    )


def freezes(session: Session, now: datetime) -> tuple[Entered, ...]:
    """All that hold now or may hold later, with who entered them."""
    over = or_(FreezeRow.ends.is_(None), FreezeRow.ends > now)
    rows = session.scalars(select(FreezeRow).where(FreezeRow.lifted_at.is_(None), over).order_by(FreezeRow.id))
    return tuple(Entered(row.id, row.source, span_of(row), row.who, row.at) for row in rows)


def _undone(session: Session, start: datetime) -> dict[int, datetime]:
    """When going back was first decided, by release; a release may have begun a day before it ended."""
    wanted = select(EventRow.release_id, EventRow.at).where(
        EventRow.kind == "undo", EventRow.at > start - timedelta(days=1)
    )
    first: defaultdict[int, list[datetime]] = defaultdict(list)
    for release_id, at in session.execute(wanted):
        first[release_id].append(at)
    return {release_id: min(times) for release_id, times in first.items()}
