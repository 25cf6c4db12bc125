"""The inbox: what waits for me, what waits for others, and which approvals are outdated."""

from flask import Blueprint

from pipeline.store.changes import changes
from pipeline.store.shown import Told

from ..present import approvals, motion
from ..present.changes import news
from .frame import View, looking, must_sign_in
from .frame import show as show_page

blueprint = Blueprint("approvals", __name__)
blueprint.before_request(must_sign_in)
PARTS = ("inbox", "outdated", "others")


@blueprint.get("/approvals")
def show() -> str:
    """Everything that waits for people."""
    with looking() as view:
        return show_page(view, "approvals.html", _values(view), nav="approvals", parts=PARTS)


def _values(view: View) -> dict[str, object]:
    reader = view.reader
    waiting = [told for told in view.moving if approvals.waiting(told)]
    mine = [told for told in waiting if approvals.mine(told, reader.name, reader.groups)]
    stuck = [told for told in view.moving if told not in waiting and motion.needs(told, reader)]
    return {
        "mine": [approvals.card(told, reader.name, news(changes(view.session, told.head.id))) for told in mine],
        "others": [(told.head, _others(told, reader)) for told in [*waiting, *stuck] if told not in mine],
        "outdated": [
            (told.head, voice)
            for told in waiting
            for one in approvals.asked(told, reader.name)
            for voice in one.voices
            if one.blocking and voice.outdated
        ],
        "sentence": _sentence(len(mine), reader),
    }


def _others(told: Told, reader: motion.Reader) -> str:
    if told.release is not None and reader.name in told.release.authors and approvals.waiting(told):
        return f"{told.head.waiting or 'Waits for approval'}. You are an author and cannot approve."
    return f"{motion.why(told)} {motion.act(told)}"


def _sentence(mine: int, reader: motion.Reader) -> str:
    waits = {0: "No release waits", 1: "1 release waits"}.get(mine, f"{mine} releases wait")
    groups = f" You are in {', '.join(sorted(reader.groups))}." if reader.groups else ""
    return f"{waits} for you.{groups} An approval counts for one image, definition and target configuration only."
