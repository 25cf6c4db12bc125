"""Coming and going: the login form, signing in, signing out."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from . import csrf, tokens
from .auth import COOKIE, LASTS, WRONG, by_password, current_user, sign_in_limits
from .face import Face, face

FORM_COOKIE = "sluice_form"
# The pages that a login may lead to, by name. Never an address: addresses of other sites come in many disguises.
NEXT = {
    "overview": "/",
    "releases": "/releases",
    "approvals": "/approvals",
    "calendar": "/calendar",
    "clusters": "/clusters",
    "audit": "/audit",
}

entry = Blueprint("entry", __name__)


@entry.get("/login")
def ask() -> AnyResponse:
    """The form; whoever is signed in already goes on."""
    if current_user() is not None:
        return redirect(_next(), 303)
    return _form("")


@entry.post("/login")
def enter() -> AnyResponse:
    """A new session under a new id, whatever cookie came along."""
    here = face()
    csrf.refuse_foreign_site()
    csrf.read_form()
    csrf.refuse_without_field(csrf.token_of(here.settings.secret, request.cookies.get(FORM_COOKIE, "-")))
    with sign_in_limits(_name()):
        return _sign_in(here)


@entry.post("/logout")
def leave() -> AnyResponse:
    """The session is gone, here and in the browser."""
    csrf.refuse_foreign_site()
    csrf.read_form()
    user = current_user()
    if user is not None:
        csrf.refuse_without_field(user.csrf)
        face().access.sign_out(tokens.digest(request.cookies[COOKIE]))
    response = redirect(url_for("entry.ask"), 303)
    response.delete_cookie(COOKIE, path="/")
    return response


def form_token() -> str:
    """`csrf_token()` of the templates: of the session, or of this browser before there is one."""
    user = current_user()
    if user is not None:
        return user.csrf
    return csrf.token_of(face().settings.secret, request.cookies.get(FORM_COOKIE) or _fresh_cookie())


def _sign_in(here: Face) -> AnyResponse:
    account = by_password(_name(), request.form.get("password", ""))
    if account is None:
        return _form(WRONG, 401)
    cookie = tokens.new_cookie()
    here.access.sign_in(account.name, tokens.digest(cookie), tokens.new_cookie(), LASTS)
    response = redirect(_next(), 303)
    _set(response, COOKIE, cookie, int(LASTS.total_seconds()))
    response.delete_cookie(FORM_COOKIE, path="/login")
    return response


def _form(told: str, status: int = 200) -> Response:
    shown = render_template("login.html", error=told, next=request.values.get("next", ""), next_names=tuple(NEXT))
    response = Response(shown, status=status, mimetype="text/html")
    if not request.cookies.get(FORM_COOKIE):
        _set(response, FORM_COOKIE, _fresh_cookie(), 3600, path="/login")
    return response


def _name() -> str:
    return request.form.get("username", "").strip()[:200]


def _fresh_cookie() -> str:
    """One new cookie for this answer, the same each time it is asked for."""
    if "form_cookie" not in request.environ:
        request.environ["form_cookie"] = tokens.new_cookie()
    return str(request.environ["form_cookie"])


def _set(response: AnyResponse, name: str, value: str, seconds: int, path: str = "/") -> None:
    https = face().settings.https
    response.set_cookie(name, value, max_age=seconds, path=path, secure=https, httponly=True, samesite="Lax")


def _next() -> str:
    return NEXT.get(request.values.get("next", ""), NEXT["overview"])
