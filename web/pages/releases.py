"""All releases, newest first; every filter is in the address."""

from typing import Any

from flask import Blueprint, request, url_for

from pipeline.states import State
from pipeline.store import pages
from pipeline.store.shown import Filter

from .. import badge
from ..present import signs
from ..present.words import many
from .frame import looking, must_sign_in
from .frame import show as show_page

blueprint = Blueprint("releases", __name__)
blueprint.before_request(must_sign_in)
PAGE = 30


@blueprint.get("/releases")
def show() -> str:
    """One page of the list."""
    state = request.args.get("state", "")
    by = Filter(
        app=request.args.get("app", "")[:80],
        state=state if state in set(State) else "",
        text=request.args.get("q", "").strip()[:200],
        author=request.args.get("author", "").strip()[:200],
        cluster=request.args.get("cluster", "")[:80],
    )
    before = _number(request.args.get("before", ""))
    with looking() as view:
        found = pages.heads(view.session, by, PAGE + 1, before)
        total, apps = pages.count(view.session, by), pages.apps(view.session)
        rows = found[:PAGE]
        older = url_for("releases.show", **_kept(by), before=rows[-1].id) if len(found) > PAGE else ""
        values = {
            "by": by,
            "apps": apps,
            "authors": pages.authors(view.session),
            "clusters": view.clusters,
            "states": [str(one) for one in State],
            "rows": [(head, signs.state(head)) for head in rows],
            "sentence": f"{many(total, 'release')}{_matching(by, total)}.",
            "range": f"{len(rows)} of {total:,}",
            "badge": badge.address(by.app) if by.app in apps else "",
            "newer": url_for("releases.show", **_kept(by)) if before else "",
            "older": older,
        }
        return show_page(view, "releases.html", values, nav="releases", parts=("list",))


def _matching(by: Filter, total: int) -> str:
    return " in all" if by == Filter() else " that matches" if total == 1 else " that match"


def _kept(by: Filter) -> dict[str, Any]:
    named = {"app": by.app, "state": by.state, "q": by.text, "author": by.author, "cluster": by.cluster}
    return {name: value for name, value in named.items() if value}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
