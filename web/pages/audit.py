"""The audit: who did what, when and why, over all releases and the installation; its chain checked; to be kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from flask import Blueprint, Response, json, request, url_for

from pipeline.store import audit
from pipeline.store.audit import By, Verified

from ..face import face
from ..present import audit as present
from ..present.words import clock
from ..problems import Problem
from .frame import View, looking, must_sign_in
from .frame import show as show_page

blueprint = Blueprint("audit", __name__)
blueprint.before_request(must_sign_in)
PAGE = 50
FIELDS = ("q", "who", "kind", "from", "to", "release")
AGAIN = timedelta(seconds=60)  # a check of all links is good for so long, unless somebody asks for another


@dataclass(slots=True)
class Checked:
    """The last check of this process."""

    at: datetime | None = None
    found: Verified | None = None
    lock: Lock = field(default_factory=Lock)


_CHECKED: dict[str, Checked] = {}


@blueprint.get("/audit")
def show() -> str:
    """One page of lines, newest first; every filter is in the address."""
    by, before = _by(), _number(request.args.get("before", ""))
    with looking() as view:
        found = audit.entries(view.session, by, PAGE + 1, before)
        rows = found[:PAGE]
        total = audit.count(view.session, by)
        kept: dict[str, Any] = {name: value for name, value in request.args.items() if name in FIELDS and value}
        values = {
            "rows": [present.row(one) for one in rows],
            "kinds": audit.kinds(view.session),
            "given": request.args,
            "range": f"{len(rows)} of {total:,}, newest first",
            "chain": _chain(view),
            "newest": url_for("audit.show", **kept) if before else "",
            "older": url_for("audit.show", **kept, before=rows[-1].event.number) if len(found) > PAGE else "",
            "again": url_for("audit.show", **kept, verify="now"),
            "export": url_for("audit.export", **kept),
        }
        return show_page(view, "audit.html", values, nav="audit", parts=("entries",), topics=())


@blueprint.get("/audit/export")
def export() -> Response:
    """Every line that the filter lets through, oldest first, one JSON object each; with the hashes, to check alone."""
    by, sessions = _by(), face().sessions

    def lines() -> Iterator[str]:
        with sessions.reading() as session:
            for one in audit.every(session, by):
                yield json.dumps(present.exported(one)) + "\n"

    answer = Response(lines(), mimetype="application/x-ndjson")
    answer.headers["Content-Disposition"] = 'attachment; filename="sluice-audit.ndjson"'
    return answer


def _chain(view: View) -> present.Chain:
    """What the last check said; a new one when it is old or asked for."""
    checked = _CHECKED.setdefault(face().settings.database_url, Checked())
    with checked.lock:
        old = checked.at is None or view.now - checked.at > AGAIN or request.args.get("verify") == "now"
        if old or checked.found is None:
            checked.found, checked.at = audit.verified(view.session), view.now
        return present.chain(checked.found, clock(checked.at or view.now))


def _by() -> By:
    release = request.args.get("release", "").upper().removeprefix("R-")
    return By(
        text=request.args.get("q", "").strip()[:200],
        who=request.args.get("who", "").strip()[:200],
        kind=request.args.get("kind", "").strip()[:40],
        since=_day("from", 0),
        until=_day("to", 1),
        release=_number(release) if release else None,
    )


def _day(name: str, more: int) -> datetime | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=more)
    except (ValueError, OverflowError):
        raise Problem(
            422, "audit.day", f"{text[:40]} is no day; write it like 2026-11-24, in the field {name}."
        ) from None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
