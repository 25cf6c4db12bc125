"""The calendar: freezes that hold or are coming, a form for a new one, and lifting."""

from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pipeline.definition.weekly import parse_weekly, read_zone
from pipeline.errors import BadDefinition
from pipeline.facts import FreezeSpan
from pipeline.store import board

from .. import acting
from ..actions import ACTIONS, may
from ..present import calendar, week
from ..problems import Problem
from .frame import View, looking, must_sign_in, read_form
from .frame import show as show_page

blueprint = Blueprint("calendar", __name__)
blueprint.before_request(must_sign_in)
EMPTY: dict[str, object] = {"apps": (), "clusters": ()}
STOP = "Line stopped"
TEXTS = ("name", "reason", "starts", "ends", "weekly", "zone")


@blueprint.get("/calendar")
def show() -> str:
    """All freezes, and the form."""
    with looking() as view:
        return _page(view)


@blueprint.post("/freezes")
def create() -> AnyResponse:
    """Enter a freeze, or show the form again with what is wrong."""
    user = read_form()
    try:
        acting.freeze(_span(), user)
    except Problem as problem:
        with looking() as view:
            return Response(_page(view, problem.detail, _given()), status=problem.status, mimetype="text/html")
    return redirect(url_for("calendar.show", done="freeze"), 303)


@blueprint.get("/calendar/stop")
def ask_stop() -> str:
    """The question before the line is stopped: a freeze of everything, from now until it is lifted."""
    with looking() as view:
        if why := may(ACTIONS["freeze"], view.user):
            raise Problem(403, "auth.not_allowed", f"{why} Nothing was changed.")
        return show_page(view, "stop.html", {"moving": len(view.moving), "name": STOP}, nav="calendar")


@blueprint.get("/freezes/<int:freeze_id>/ask/lift")
def ask(freeze_id: int) -> str:
    """The question before a freeze is lifted."""
    with looking() as view:
        return _lift_page(view, freeze_id)


@blueprint.post("/freezes/<int:freeze_id>/lift")
def lift(freeze_id: int) -> AnyResponse:
    """Lift it."""
    user = read_form()
    try:
        acting.unfreeze(freeze_id, user, acting.Form(reason=request.form.get("reason", "").strip()[:2000]))
    except Problem as problem:
        with looking() as view:
            page = _lift_page(view, freeze_id, problem.detail)
            return Response(page, status=problem.status, mimetype="text/html")
    return redirect(url_for("calendar.show", done="unfreeze"), 303)


def _page(view: View, problem: str = "", given: dict[str, object] | None = None) -> str:
    found = board.freezes(view.session, view.now)
    values = {
        "freezes": calendar.rows(found, view.now),
        "week": week.week(found, _monday(view), view.now),
        "why_not": may(ACTIONS["freeze"], view.user),
        "lift_not": may(ACTIONS["unfreeze"], view.user),
        "apps": view.apps,
        "clusters": view.clusters,
        "problem": problem,
        "given": given or EMPTY,
    }
    return show_page(view, "calendar.html", values, nav="calendar", parts=("freezes", "week"))


def _monday(view: View) -> datetime:
    """The week of the address, else the one of now."""
    try:
        at = datetime.fromisoformat(request.args.get("week", "")).replace(tzinfo=UTC)
        return week.monday_of(at) if 1990 < at.year < 2200 else week.monday_of(view.now)
    except ValueError:
        return week.monday_of(view.now)


def _lift_page(view: View, freeze_id: int, problem: str = "") -> str:
    rows = calendar.rows(board.freezes(view.session, view.now), view.now)
    found = next((row for row in rows if row.id == freeze_id and row.lifts), None)
    if found is None:
        raise Problem(404, "freeze.unknown", "There is no such freeze to lift; the calendar lists those there are.")
    return show_page(view, "lift.html", {"freeze": found, "problem": problem}, nav="calendar")


def _given() -> dict[str, object]:
    texts: dict[str, object] = {name: request.form.get(name, "")[:2000] for name in TEXTS}
    return texts | {"apps": request.form.getlist("apps"), "clusters": request.form.getlist("clusters")}


def _span() -> FreezeSpan:
    """The freeze as the form says it, checked."""
    text = {name: request.form.get(name, "").strip() for name in TEXTS}
    if not text["name"] or not text["reason"]:
        raise _wrong("A freeze needs a name and a reason: others will ask why.")
    if len(text["name"]) > 80 or len(text["reason"]) > 2000:
        raise _wrong("The name has at most 80 characters, the reason at most 2,000.")
    starts, ends = _moment(text["starts"], "From"), _moment(text["ends"], "To")
    if starts and ends and ends <= starts:
        raise _wrong("The freeze would end before it starts; change From or To.")
    zone = text["zone"] or "UTC"
    _check_weekly(text["weekly"], zone)
    apps, clusters = frozenset(request.form.getlist("apps")), frozenset(request.form.getlist("clusters"))
    _check_known(apps, clusters)
    return FreezeSpan(text["name"], text["reason"], starts, ends, text["weekly"], zone, apps, clusters)


def _check_weekly(weekly: str, zone: str) -> None:
    try:
        read_zone(zone)
        if weekly:
            parse_weekly(weekly)
    except BadDefinition as trouble:
        raise _wrong(f"{trouble}") from None


def _check_known(apps: frozenset[str], clusters: frozenset[str]) -> None:
    with looking() as view:
        unknown = sorted(apps - set(view.apps)) + sorted(clusters - set(view.clusters))
    if unknown:
        raise _wrong(f"{unknown[0][:80]} is no app or cluster of platform.yaml; take one that is listed.")


def _moment(text: str, field: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(f"{field} is no time; write it like 2026-11-27 16:00.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _wrong(detail: str) -> Problem:
    return Problem(422, "freeze.invalid", detail)
