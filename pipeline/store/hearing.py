"""What people may say about a release, and that saying the same twice is saying it once."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import Refused
from ..plan import Plan, passages
from ..settings import Approval
from . import rendered
from .said import Content, configuration, content_of
from .tables import AskedRow, ReleaseRow, VoteRow

AT_ONCE = timedelta(seconds=60)  # later the same vote renews the first one, which may be about to expire


def asks_people(plan: Plan, step: str) -> bool:
    """The passage of that name asks for people."""
    return any(
        passage.name == step and any(isinstance(gate, Approval) for gate in passage.gates) for passage in passages(plan)
    )


def seen(session: Session, row: ReleaseRow, shown: Content | None) -> Content:
    """What a vote given now is for; Refused where there is nothing to look at, or `shown` is not what is there."""
    content = content_of(session, row)
    if not content.digest:
        raise Refused(f"R-{row.id} is not built yet; vote when there is something to look at")
    if shown not in (None, content):
        raise Refused(f"R-{row.id} changed since this was shown: look at it again, then vote")
    if rendered.stale(session, row.id, configuration(session, row.app)):
        raise Refused(f"The objects of R-{row.id} are about to be rendered anew: look at them in a moment, then vote")
    return content


def repeats_vote(session: Session, vote: VoteRow) -> bool:
    """This person said exactly this a moment ago, and nothing else since."""
    same = (VoteRow.release_id == vote.release_id, VoteRow.step == vote.step, VoteRow.who == vote.who)
    last = session.scalars(select(VoteRow).where(*same).order_by(VoteRow.id.desc()).limit(1)).first()
    if last is None or vote.at - last.at >= AT_ONCE:
        return False
    return (last.yes, _content(last)) == (vote.yes, _content(vote))


def repeats_order(session: Session, row: ReleaseRow, verb: str, passage: str) -> bool:
    """The last order was this one, and nothing has moved since."""
    orders = select(AskedRow).where(AskedRow.release_id == row.id).order_by(AskedRow.id.desc()).limit(1)
    last = session.scalars(orders).first()
    return last is not None and (last.verb, last.passage) == (verb, passage) and last.at >= row.since


def _content(vote: VoteRow) -> Content:
    return Content(vote.digest, vote.def_hash, vote.cfg_hash)
