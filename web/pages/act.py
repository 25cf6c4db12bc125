"""What people do to a release from a page: one form, one verb; then back to the page, or the question again."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pipeline.store.said import Content

from ..acting import Form, perform
from ..actions import ACTIONS, Action
from ..problems import Problem
from .frame import looking, must_sign_in, read_form
from .release import asked, find

blueprint = Blueprint("act", __name__)
blueprint.before_request(must_sign_in)
MINE = tuple(name for name, action in ACTIONS.items() if action.on == "release")


@blueprint.post(f"/releases/<int:release_id>/<any({', '.join(MINE)}):action>")
def do(release_id: int, action: str) -> AnyResponse:
    """Do it, or ask again with what is wrong."""
    user = read_form()
    verb = ACTIONS[action]
    given = request.form.get("comment" if verb.shown else "reason", "").strip()
    if len(given) > 2000:
        return _again(release_id, action, Problem(422, "action.too_long", "Write at most 2,000 characters."), given)
    try:
        outcome = perform(verb, user, release_id, Form(reason=given, shown=_shown(verb), start=_start()))
    except Problem as problem:
        if problem.status == 404:
            raise
        return _again(release_id, action, problem, given)
    if request.form.get("back") == "approvals":
        return redirect(url_for("approvals.show", done=action), 303)
    return redirect(url_for("release.show", release_id=outcome.release or release_id, done=action), 303)


def _shown(verb: Action) -> Content | None:
    """Exactly what the form showed, never what there is by now."""
    named = [request.form.get(name) for name in ("expect_digest", "expect_def", "expect_cfg")]
    digest, def_hash, cfg_hash = named
    if not verb.shown or digest is None or def_hash is None or cfg_hash is None:
        return None
    return Content(digest[:200], def_hash[:200], cfg_hash[:200])


def _start() -> str:
    """Where a new release of the same commit begins."""
    return "test" if request.form.get("from") == "test" else "build"


def _again(release_id: int, action: str, problem: Problem, given: str) -> Response:
    """The question once more, with the problem and what was written."""
    with looking() as view:
        page = asked(view, find(view, release_id), action, problem.detail, given)
    return Response(page, status=problem.status, mimetype="text/html")
