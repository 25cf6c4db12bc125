"""The live stream of a page: what is new on its topics, and its logs as they grow. It resumes where it was cut."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from socket import MSG_DONTWAIT, MSG_PEEK, socket
from time import monotonic
from typing import Any

from flask import Blueprint, Response, json, request

from pipeline.store import looks, news
from pipeline.store.session import Sessions

from .auth import bearer_or_session, watch
from .face import Face, face
from .feed import Full, Listener, News
from .problems import Problem
from .roles import Role, Scope
from .tail import grown, place_of
from .topics import Cursor, NoSuchTopic, Topics, missing, read_cursor, read_topics

BEHIND = 1000  # events a reader may have missed; more is a reason to load the page again
HEARTBEAT = 3.0  # seconds: behind a proxy only a write notices that the reader has gone
LOOK, LOOK_AT_LOGS = 1.0, 0.25

events = Blueprint("events", __name__)


@events.get("/events")
def stream() -> Response:
    """One stream a page, for all its topics: `?topics=release:42,log:42:build`."""
    user = bearer_or_session(changes=False)
    if why := user.lacks(Role.VIEWER, Scope.READ):
        raise Problem(403, "auth.not_allowed", why)
    here = face()
    topics, cursor = _asked(here)
    try:
        leave = here.feed.seats.take(user.name)
    except Full as full:
        raise Problem(
            503, "events.full", f"{full}. The page works without it.", headers={"Retry-After": "30"}
        ) from None
    gone = hung_up(request.environ.get("gunicorn.socket"))
    response = Response(_Stream(here, topics, cursor, watch(), gone).messages(), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(leave)
    return response


def reader(sessions: Sessions) -> Callable[[int], Sequence[News]]:
    """What the feed reads with."""

    def read(after: int) -> Sequence[News]:
        with sessions.reading() as session:
            return [News(one.number, one.release_id, one.kind) for one in news.since(session, after, BEHIND)]

    return read


def newest(sessions: Sessions) -> Callable[[], int]:
    """Where the feed begins."""

    def read() -> int:
        with sessions.reading() as session:
            return news.newest(session)

    return read


def _asked(here: Face) -> tuple[Topics, Cursor]:
    """What to send, and from where on: after a break, since the page was drawn (`since`, `from`), or from now."""
    try:
        topics = read_topics(request.args.get("topics", ""))
        if last := request.headers.get("Last-Event-ID") or request.args.get("last_event_id", ""):
            return topics, read_cursor(last, topics)
    except NoSuchTopic as unknown:
        raise Problem(400, "events.topic", str(unknown)) from None
    since, starts = _number("since"), _number("from")
    places = tuple(place_of(here.sessions, log, starts) for log in topics.logs)
    return topics, Cursor(newest(here.sessions)() if since is None else since, 0, places)


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 13):
        raise Problem(400, "events.topic", f"`{name}` is a number; leave it out to start from now.")
    return int(text) if text else None


def hung_up(connection: Any) -> Callable[[], bool]:
    """Whether the reader has closed its side, without writing to it: somebody who turns pages quickly leaves a seat
    with each. Where the server does not give its socket, only a write tells."""

    def asked() -> bool:
        try:
            return bool(connection.recv(1, MSG_PEEK | MSG_DONTWAIT) == b"")
        except BlockingIOError:
            return False
        except OSError:
            return True

    return asked if type(connection) is socket else lambda: False


class _Stream:
    """One open stream and how far it has come."""

    def __init__(
        self, here: Face, topics: Topics, cursor: Cursor, valid: Callable[[], bool], gone: Callable[[], bool]
    ) -> None:
        self._here, self._topics, self._cursor, self._valid, self._gone = here, topics, cursor, valid, gone
        self._revisions: dict[int, int] = {}
        self._looked = 0.0
        self._looks: datetime | None = None

    def messages(self) -> Iterator[str]:
        """Until the reader goes, its session ends, or it falls too far behind; then it comes back by itself."""
        with self._here.feed.listening() as listener:
            yield f"retry: 1000\n{self._message('hello', {})}"
            missed = reader(self._here.sessions)(self._cursor.event - (1 if self._cursor.sent else 0))
            if len(missed) == BEHIND:
                self._cursor = replace(self._cursor, event=newest(self._here.sessions)(), sent=0)
                missed = []
                yield self._message("reload", {})
            yield from self._live(listener, missed)

    def _live(self, listener: Listener, found: Sequence[News]) -> Iterator[str]:
        patience, beat = LOOK_AT_LOGS if self._topics.logs else LOOK, monotonic()
        while not self._here.feed.closing:
            yield from self._told(found)
            yield from self._grown()
            yield from self._ticked()
            if monotonic() - beat >= HEARTBEAT:
                if not self._valid():
                    return
                beat = monotonic()
                yield ": alive\n\n"
            if listener.cut or self._gone():
                return
            found = listener.take(patience)

    def _told(self, found: Sequence[News]) -> Iterator[str]:
        known = self._cursor.event - (1 if self._cursor.sent else 0)
        for one, number, topic in missing([new for new in found if new.id > known], self._cursor, self._topics):
            last = number == len(self._topics.of(one))
            self._cursor = replace(self._cursor, event=one.id, sent=0 if last else number)
            yield self._message(topic, {"id": one.id, "release": one.release, "kind": one.kind})

    def _grown(self) -> Iterator[str]:
        for number, log in enumerate(self._topics.logs):
            while piece := grown(self._here.sessions, log, self._cursor.offsets[number]):
                self._cursor = self._cursor.at_log(number, piece.place)
                told = {
                    "release": log.release,
                    "step": log.step,
                    "job": piece.job,
                    "attempt": piece.attempt,
                    "offset": piece.offset,
                    "next": piece.offset + len(piece.data),
                    "text": piece.text,
                    "done": piece.done,
                }
                yield self._message(log.topic, told)

    def _ticked(self) -> Iterator[str]:
        """At most once a second: a release was looked at and settled anew. Nothing to resume, the newest counts."""
        if not (self._topics.ticks or self._topics.clusters) or monotonic() - self._looked < LOOK:
            return
        self._looked = monotonic()
        with self._here.sessions.reading() as session:
            found = news.revisions(session, self._topics.ticks) if self._topics.ticks else {}
            looked = looks.newest(session) if self._topics.clusters else None
        fresh = {number: revision for number, revision in found.items() if self._revisions.get(number) != revision}
        self._revisions = found
        for number, revision in fresh.items():
            yield self._message(f"ticks:{number}", {"release": number, "revision": revision})
        if looked is not None and looked != self._looks:
            self._looks = looked
            yield self._message("clusters", {"at": looked.isoformat()})

    def _message(self, name: str, told: dict[str, object]) -> str:
        return f"id: {self._cursor}\nevent: {name}\ndata: {json.dumps(told)}\n\n"
