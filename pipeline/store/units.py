"""Which unit each app can be judged by: what its history is, what was chosen from it, and when to choose anew."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..facts import Reading
from ..judge.choosing import Choice, Trial, choose
from ..judge.metrics import ERRORS
from ..pinned import unpin
from ..plan import passages
from ..settings import Judge
from ..states import Kind, State
from . import events
from .records import SampleRow, UnitRow
from .said import readings
from .session import Sessions, insert_once
from .tables import ReleaseRow

HOUR = 3  # UTC: when it is chosen anew, each night
RELEASES = 50  # of an app, the newest good ones, that a history is made of
SLUICE = "Sluice"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an app's unit. `choice` None: its history was not asked yet; `due` None: it will be at once."""

    choice: Choice | None = None
    due: datetime | None = None


class Units:
    """Where it is written down by which unit each app can be judged."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def of(self, app: str) -> Standing:
        """What was chosen last, and when it is chosen anew."""
        with self._sessions.reading() as session:
            row = session.get(UnitRow, app)
            return Standing() if row is None else Standing(_choice(row.choice_json), row.due)

    def ask(self, app: str, who: str, reason: str = "") -> None:
        """A person wants it chosen now, not only tonight."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            _row(session, app, now).due = now
            session.flush()
            events.append(session, now, "choose", {"app": app, "reason": reason}, actor=who)

    def due(self, apps: Iterable[str]) -> list[str]:
        """The apps to choose for by now; those that were never asked are due from the beginning."""
        with self._sessions.reading() as session:
            now = self._sessions.now(session)
            later = set(session.scalars(select(UnitRow.app).where(UnitRow.due > now)))
        return sorted(set(apps) - later)

    def choose(self, app: str) -> Choice:
        """Choose from what is recorded, and write it down. No transaction is open while it is replayed."""
        with self._sessions.reading() as session:
            now = self._sessions.now(session)
            past, alpha = history(session, app), _alpha(session, app)
        found = choose(past, alpha, now)
        with self._sessions.writing() as session:
            _keep(session, app, found, self._sessions.now(session))
        return found


def _row(session: Session, app: str, now: datetime) -> UnitRow:
    """The row of an app, locked, made if there is none."""
    insert_once(session, UnitRow, app=app, due=now, choice_json="")
    return session.get_one(UnitRow, app, with_for_update=True)


def _keep(session: Session, app: str, found: Choice, now: datetime) -> None:
    """Write down what was chosen; a line of the journal if it is another unit than before."""
    row = _row(session, app, now)
    before = _choice(row.choice_json)
    if row.due <= found.at or before is None:  # else a person asked once more meanwhile
        row.due = tonight(now)
    row.at, row.choice_json = found.at, json.dumps({**asdict(found), "at": found.at.timestamp()}, sort_keys=True)
    session.flush()
    if (found.unit, found.window) != ((before.unit, before.window) if before else ("", found.window)):
        told = {"app": app, "unit": found.unit, "window": found.window, "why": found.why}
        events.append(session, now, "unit", told, actor=SLUICE)


def tonight(now: datetime) -> datetime:
    """
    The next time of the night at which it is chosen anew.

    >>> tonight(datetime(2026, 11, 24, 14, 30, tzinfo=UTC)).isoformat()
    '2026-11-25T03:00:00+00:00'
    """
    at = now.astimezone(UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)


def history(session: Session, app: str) -> list[list[Reading]]:
    """The recorded pods of the newest good releases, one list for each release and cluster, oldest reading first."""
    sampled = select(SampleRow.release_id).where(
        SampleRow.release_id == ReleaseRow.id, SampleRow.metric == ERRORS, SampleRow.pods_json.is_not(None)
    )
    good = (
        select(ReleaseRow.id)
        .where(ReleaseRow.app == app, ReleaseRow.state == State.LIVE, sampled.exists())
        .order_by(ReleaseRow.id.desc())
        .limit(RELEASES)
    )
    found: list[list[Reading]] = []
    for release_id in session.scalars(good):
        by: dict[str, list[Reading]] = {}
        for one in readings(session, release_id, SampleRow.metric == ERRORS):
            by.setdefault(one.cluster, []).append(one)
        found += by.values()
    return found


def _alpha(session: Session, app: str) -> float:
    """What the newest release was judged with."""
    wanted = select(ReleaseRow.plan_json).where(ReleaseRow.app == app, ReleaseRow.kind == Kind.NORMAL)
    for plan_json in session.scalars(wanted.where(ReleaseRow.plan_json != "").order_by(ReleaseRow.id.desc()).limit(1)):
        gates = [gate for ahead in passages(unpin(plan_json)[1]) for gate in ahead.gates]
        return next((gate.alpha for gate in gates if isinstance(gate, Judge)), Judge(None).alpha)
    return Judge(None).alpha


def _choice(text: str) -> Choice | None:
    if not text:
        return None
    stored = json.loads(text)
    trials = tuple(Trial(**one) for one in stored.pop("trials"))
    return replace(Choice(**{**stored, "at": datetime.fromtimestamp(stored["at"], UTC)}), trials=trials)
