"""What the palette finds for a few letters: pages, releases, and what can be done on the page it was opened on."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for

from pipeline.store import pages
from pipeline.store.shown import Filter

from ..actions import ACTIONS, may
from ..present import question, signs
from .frame import looking, must_sign_in

blueprint = Blueprint("palette", __name__)
blueprint.before_request(must_sign_in)
PLACES = ("overview", "releases", "approvals", "calendar", "clusters", "audit")
MOST = 8


@dataclass(frozen=True, slots=True)
class Way:
    """One thing the palette offers."""

    href: str
    name: str
    note: str


@blueprint.get("/palette")
def find() -> str:
    """Ways that fit what was written, best first."""
    words = request.args.get("q", "").strip()[:200]
    with looking() as view:
        ways = [Way(url_for(f"{name}.show"), name.capitalize(), "page") for name in PLACES if words.lower() in name]
        on = request.args.get("on", "")
        told = pages.told(view.session, view.now, int(on)) if on.isascii() and on.isdigit() and len(on) < 9 else None
        if told is not None:
            for name in question.ORDER:
                label = ACTIONS[name].label
                if words.lower() in label.lower() and may(ACTIONS[name], view.user, told) is None:
                    href = url_for("release.ask", release_id=told.head.id, action=name)
                    ways.append(Way(href, f"{label} R-{told.head.id}", "asks first"))
        if words:
            found = pages.heads(view.session, Filter(text=words), MOST)
            heads = [
                Way(url_for("release.show", release_id=head.id), head.name, signs.state(head).word) for head in found
            ]
            ways = [*heads, *ways]
        return render_template("parts/palette.html", ways=ways[: 2 * MOST], words=words)
