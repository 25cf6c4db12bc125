"""The form that starts a release; the pages draw it."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from . import csrf
from .acting import Form, start
from .auth import signed_in

starting = Blueprint("starting", __name__)


@starting.post("/apps/<string:app>/start")
def begin(app: str) -> AnyResponse:
    """The release appears in the list once the intake has read the branch, a moment later."""
    user = signed_in()
    csrf.refuse_foreign_site()
    csrf.read_form()
    csrf.refuse_without_field(user.csrf)
    start(app, user, Form(request.form.get("reason", "").strip()[:2000]), request.form.get("key", "")[:200])
    return redirect("/releases", 303)
