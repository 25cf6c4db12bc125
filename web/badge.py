"""A badge for a README: where the latest release of an app stands, for whoever has the address and nobody else."""

import hmac
from hashlib import sha256

from flask import Blueprint, Response, render_template, request, url_for

from pipeline.store import pages
from pipeline.store.shown import Filter, Head

from .face import face
from .present import signs
from .problems import Problem

badge = Blueprint("badge", __name__)
COLOURS = {"pass": "#17693b", "wait": "#7d4f00", "fail": "#b3241e", "run": "#1f55c4", "": "#545c67"}
LETTER = 6.6  # pixels of a letter at 11 px, on the safe side
LONGEST = 40  # signs of a version that is shown


def address(app: str) -> str:
    """Where the badge of `app` is. Pictures in READMEs bring no log-in, so the address itself is the secret."""
    return url_for("badge.show", app=app, key=_key(app))


def _key(app: str) -> str:
    return hmac.new(face().settings.secret, f"badge:{app}".encode(), sha256).hexdigest()[:24]


@badge.get("/badge/<string:app>/<string:key>.svg")
def show(app: str, key: str) -> Response:
    """The same answer for an unknown app and a wrong key."""
    if not hmac.compare_digest(key.encode("utf-8", "replace"), _key(app).encode()):
        raise Problem(404, "badge.unknown", "There is no such badge; the list of releases of an app shows its address.")
    with face().sessions.reading() as session:
        head = next(iter(pages.heads(session, Filter(app=app), 1)), None)
    response = Response(_drawn(app, head), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _drawn(app: str, head: Head | None) -> str:
    if head is None:
        word, colour = "no release", ""
    else:
        sign = signs.state(head)
        version = head.version if len(head.version) <= LONGEST else f"{head.version[:LONGEST]}…"
        word, colour = f"{version} {sign.word}", sign.colour
    left, right = round(LETTER * len(app)) + 14, round(LETTER * len(word)) + 14
    return render_template("badge.svg", app=app, word=word, fill=COLOURS[colour], left=left, right=right)
