"""The forms about an app: start a release of it, have its unit chosen anew."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from . import csrf
from .acting import Form, choose, start
from .auth import signed_in
from .roles import User

starting = Blueprint("starting", __name__)


@starting.post("/apps/<string:app>/start")
def begin(app: str) -> AnyResponse:
    """The release appears in the list once the intake has read the branch, a moment later."""
    user = _asker()
    start(app, user, _form(), request.form.get("key", "")[:200])
    return redirect("/releases", 303)


@starting.post("/apps/<string:app>/unit")
def choose_unit(app: str) -> AnyResponse:
    """The next release of the app is judged by what is chosen, and its page says so."""
    choose(app, _asker(), _form())
    return redirect("/releases", 303)


def _asker() -> User:
    """Who is signed in and sent this form from a page of ours."""
    user = signed_in()
    csrf.refuse_foreign_site()
    csrf.read_form()
    csrf.refuse_without_field(user.csrf)
    return user


def _form() -> Form:
    return Form(request.form.get("reason", "").strip()[:2000])
