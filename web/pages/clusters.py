"""The clusters: what the front door gives each, what runs in its slots, how full it is, and its guard."""

from flask import Blueprint

from pipeline.store import board, looks

from ..face import face
from ..present import clusters
from .frame import View, looking, must_sign_in
from .frame import show as show_page

blueprint = Blueprint("clusters", __name__)
blueprint.before_request(must_sign_in)


@blueprint.get("/clusters")
def show() -> str:
    """All clusters of platform.yaml as they were last seen."""
    with looking() as view:
        values = _values(view)
        return show_page(view, "clusters.html", values, nav="clusters", parts=("cluster_list",), topics=("clusters",))


def _values(view: View) -> dict[str, object]:
    platform = face().settings.platform.clusters
    found = looks.shown(view.session)
    cards = clusters.cards(found, platform, view.moving, board.versions(view.session), view.now)
    return {
        "cards": cards,
        "traffic": clusters.traffic(found, platform),
        "sentence": clusters.summary(platform, cards),
    }
