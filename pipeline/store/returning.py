"""Back to what was live before: which release that is, and the release of kind return that brings it back."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..errors import Refused
from ..pinned import unpin, unpin_objects
from ..plan import make_return
from ..states import Kind, State
from .restore import NewRelease
from .tables import ReleaseRow


def back_from(session: Session, release_id: int, to: int | None, reason: str) -> NewRelease:
    """The release that takes `release_id`, live now, back to release `to` (None = the version live before it)."""
    row = session.get(ReleaseRow, release_id)
    if row is None:
        raise Refused(f"There is no release R-{release_id}")
    live = _live(session, row.app)
    if row.state != State.LIVE or live[0].id != row.id:
        now = f"R-{live[0].id} is" if live else "nothing is"
        raise Refused(f"R-{row.id} is not what {row.app} runs, {now}; take that one back")
    target = _target(live, to)
    if target is None:
        raise Refused(f"There is no live version of {row.app} before R-{row.id} to go back to")
    return _return(session, row, target, reason)


def _live(session: Session, app: str) -> list[ReleaseRow]:
    """The releases of an app that became live, the latest first."""
    chosen = select(ReleaseRow).where(ReleaseRow.app == app, ReleaseRow.state == State.LIVE)
    return list(session.scalars(chosen.order_by(ReleaseRow.ended_at.desc(), ReleaseRow.id.desc())))


def _target(live: list[ReleaseRow], to: int | None) -> ReleaseRow | None:
    if to is not None:
        return next((row for row in live[1:] if row.id == to), None)
    return next((row for row in live[1:] if row.digest != live[0].digest), None)


def _return(session: Session, row: ReleaseRow, target: ReleaseRow, reason: str) -> NewRelease:
    spec, _ = unpin(target.plan_json)
    wish = f"return R-{row.id} to R-{target.id}"
    tried = select(func.count()).where(ReleaseRow.key.startswith(wish), ReleaseRow.ended_at.is_not(None))
    return NewRelease(
        app=row.app,
        tenant=row.tenant,
        commit=target.commit,
        spec=spec,
        objects=unpin_objects(target.plan_json),
        plan=make_return(spec),
        definition=target.definition,
        def_hash=target.def_hash,
        kind=Kind.RETURN,
        digest=target.digest,
        version=target.version,
        subject=f"Back to {target.version} of R-{target.id}" + (f": {reason}" if reason else ""),
        key=f"{wish}, {session.scalars(tried).one() + 1}",
    )
