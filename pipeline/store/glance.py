"""Is there anything to ring for? One cheap read, for whoever asks four times a second."""

from dataclasses import dataclass
from math import inf

from sqlalchemy import select

from . import inbox, timing
from .session import Sessions

_AT = timing.moment()
_ASKED = select(
    timing.ringable(_AT, 1).exists(), inbox.ringable(_AT).exists(), timing.next_due(_AT).scalar_subquery()
)  # made once: making it takes longer than answering it


@dataclass(frozen=True, slots=True)
class Glance:
    """What there is to ring for now, and the seconds until a release is due that is not yet, endless without one."""

    releases: bool
    deliveries: bool
    next_due: float

    @property
    def nothing(self) -> bool:
        return not (self.releases or self.deliveries)


def glance(sessions: Sessions) -> Glance:
    """One look, which takes no lock and writes nothing."""
    with sessions.reading() as session:
        now = sessions.now(session)
        releases, deliveries, due = session.execute(_ASKED, {"now": now}).one()
    return Glance(bool(releases), bool(deliveries), inf if due is None else (due - now).total_seconds())
