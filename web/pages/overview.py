"""The overview: what needs a person, what happens now, what happened."""

from datetime import timedelta

from flask import Blueprint

from pipeline.store import board, looks, pages
from pipeline.store.shown import Filter

from ..actions import ACTIONS, may
from ..face import face
from ..present import calendar, figures, motion, signs, where
from .frame import View, looking, must_sign_in
from .frame import show as show_page

blueprint = Blueprint("overview", __name__)
blueprint.before_request(must_sign_in)
PARTS = ("head", "figures", "motion", "where", "next", "recent")
RECENT = 8


@blueprint.get("/")
def show() -> str:
    """The first page; before the first release it says how to get there."""
    with looking() as view:
        if not pages.heads(view.session, Filter(), 1):
            app = view.apps[0] if view.apps else "shop"
            return show_page(view, "empty.html", {"app": app}, nav="overview")
        return show_page(view, "overview.html", _values(view), nav="overview", parts=PARTS, topics=("clusters",))


def _values(view: View) -> dict[str, object]:
    moving = motion.rows(view.moving, view.reader)
    start = view.now - timedelta(days=2 * figures.DAYS)
    clusters, apps = where.matrix(board.newest(view.session), board.versions(view.session), looks.shown(view.session))
    return {
        "motion": moving,
        "stops": may(ACTIONS["freeze"], view.user) is None,
        "summary": motion.summary(moving, len(view.apps), len(view.clusters)),
        "figures": figures.figures(board.ended_since(view.session, start), view.now),
        "clusters": clusters,
        "groups": where.grouped(apps, face().settings.platform),
        "places": where.places(face().settings.platform),
        "coming": calendar.coming(board.freezes(view.session, view.now), view.now),
        "recent": [(head, signs.state(head)) for head in pages.ended(view.session, RECENT)],
    }
