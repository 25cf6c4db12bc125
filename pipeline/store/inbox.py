"""Webhooks in: written once before they are answered, then processed once in effect or visibly rejected."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import BindParameter, Select, or_, select, update
from sqlalchemy.orm import Session

from ..errors import Refused
from .records import InboxRow
from .session import Sessions, insert_once
from .timing import RING_AGAIN, later, moment

TAKEN = timedelta(seconds=30)  # whoever took a delivery has so long before another may
LONGEST = timedelta(seconds=300)  # no delivery is put off for longer; one that seems to be is of a clock set back since
TRIES = 3
NAMED = re.compile(r"R-(\d+)")  # the reason of a delivery that became a release


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to whoever delivered: our id, and whether the same body came before."""

    id: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as it came: signed bytes of an outsider."""

    id: int
    source: str
    delivery_id: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a delivery: waiting, done, rejected or parked. `reason` says why, or names the release."""

    id: int
    source: str
    state: str
    reason: str
    received_at: datetime

    @property
    def release(self) -> int | None:
        """The release that came of it."""
        named = NAMED.fullmatch(self.reason)
        return int(named[1]) if named and self.state == "done" else None


class Inbox:
    """One method, one transaction."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def put(
        self, source: str, body: bytes, delivery_id: str, headers: Mapping[str, str], *, once: bool = False
    ) -> Received:
        """
        Keep a delivery. The same bytes of the same source are kept once, under whatever delivery id they come.

        `once`: the sender promises that the delivery id stands for these bytes alone, and is held to it.
        """
        digest = sha256(body).hexdigest()
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            if once:
                _hold_to(session, source, delivery_id, digest)
            fresh = insert_once(
                session,
                InboxRow,
                source=source,
                body_sha=digest,
                delivery_id=delivery_id,
                headers_json=json.dumps(dict(headers)),
                body=body,
                received_at=now,
                state="waiting",
                due=now,
                rung_at=now,
            )
            same = select(InboxRow.id).where(InboxRow.source == source, InboxRow.body_sha == digest)
            return Received(session.scalars(same).one(), duplicate=not fresh)

    def take(self, number: int) -> Delivery | None:
        """
        The delivery, if it waits and nobody works on it. Taking it counts as a try.

        A delivery that was taken three times and never finished is parked, so that it cannot bring down worker after
        worker; the others go on.
        """
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            waits = (InboxRow.state == "waiting", or_(InboxRow.due <= now, InboxRow.due > now + LONGEST))
            row = session.scalars(select(InboxRow).where(InboxRow.id == number, *waits).with_for_update()).first()
            if row is None:
                return None
            if row.failures >= TRIES:
                row.state = "parked"
                row.reason = row.reason or f"It was taken {TRIES} times and never finished; see the log of the worker"
                return None
            row.failures += 1
            row.due = now + TAKEN
            headers = json.loads(row.headers_json)
            return Delivery(row.id, row.source, row.delivery_id, headers, row.body, row.received_at, row.failures)

    def done(self, number: int, reason: str = "") -> None:
        """It had its effect, or needs none: `reason` says which."""
        self._end(number, "done", reason)

    def reject(self, number: int, reason: str) -> None:
        """It will never have an effect, and says why."""
        self._end(number, "rejected", reason)

    def later(self, number: int, reason: str, after: timedelta = timedelta(seconds=5)) -> None:
        """This try failed. Again after `after`, parked after the third."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            row = session.get_one(InboxRow, number, with_for_update=True)
            if row.state != "waiting":
                return
            row.reason, row.due = reason, now + min(after, LONGEST)
            if row.failures >= TRIES:
                row.state = "parked"

    def fate(self, number: int) -> Fate | None:
        """What became of the delivery, None if there never was one of this number."""
        with self._sessions.reading() as session:
            row = session.get(InboxRow, number)
            return Fate(row.id, row.source, row.state, row.reason, row.received_at) if row else None

    def waiting(self, limit: int = 50) -> tuple[int, ...]:
        """The deliveries to ring for now, each at most once in three seconds, the oldest first."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            chosen = ringable(moment(now)).order_by(InboxRow.id).limit(limit).with_for_update(skip_locked=True)
            ids = tuple(session.scalars(chosen))
            session.execute(update(InboxRow).where(InboxRow.id.in_(ids)).values(rung_at=now))
            return ids

    def tidy(self, older: timedelta = timedelta(days=30)) -> int:
        """Forget the bodies of what ended long ago. Their hashes stay, so that a replay is still a duplicate."""
        with self._sessions.writing() as session:
            before = self._sessions.now(session) - older
            ended = (InboxRow.state != "waiting", InboxRow.received_at < before, InboxRow.body != b"")
            ids = session.scalars(select(InboxRow.id).where(*ended).limit(1000)).all()
            session.execute(update(InboxRow).where(InboxRow.id.in_(ids)).values(body=b"", headers_json="{}"))
            return len(ids)

    def _end(self, number: int, state: str, reason: str) -> None:
        with self._sessions.writing() as session:
            row = session.get_one(InboxRow, number, with_for_update=True)
            row.state, row.reason = state, reason


def ringable(at: BindParameter[datetime]) -> Select[int]:
    """Whoever waits, is due, and was not rung for a moment ago."""
    again = or_(InboxRow.rung_at < later(at, -RING_AGAIN), InboxRow.rung_at > at)
    due = or_(InboxRow.due <= at, InboxRow.due > later(at, LONGEST))
    return select(InboxRow.id).where(InboxRow.state == "waiting", due, again)


def _hold_to(session: Session, source: str, delivery_id: str, digest: str) -> None:
    named = (InboxRow.source == source, InboxRow.delivery_id == delivery_id, InboxRow.body_sha != digest)
    if session.scalars(select(InboxRow.id).where(*named).limit(1)).first() is not None:
        raise Refused("This key was used for something else; take a fresh one")
