"""A change is only made when this site asked for it: Sec-Fetch-Site, then Origin, and a token of the session."""

import hmac
from hashlib import sha256

from flask import request

from .bodies import read_body
from .problems import Problem

FORM = 64_000  # bytes of a form


def refuse_foreign_site() -> None:
    """Refuse what another site made the browser send."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin != f"{request.scheme}://{request.host}"
    if foreign:
        raise Problem(403, "csrf.cross_site", "Another site sent this; open Sluice itself and try again.")


def refuse_without_header(expected: str) -> None:
    """Refuse a call of a browser that does not carry the token of its session."""
    _compare(request.headers.get("X-CSRF-Token", ""), expected)


def refuse_without_field(expected: str) -> None:
    """Refuse a form that does not carry the token of its session."""
    _compare(request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", ""), expected)


def read_form() -> None:
    """Read the form within its limits, before anything looks at it."""
    if request.mimetype not in {"application/x-www-form-urlencoded", ""}:
        detail = f"{request.mimetype} is not read here; send application/x-www-form-urlencoded."
        raise Problem(415, "form.content_type", detail)
    read_body("form", FORM)


def token_of(secret: bytes, cookie: str) -> str:
    """The token of a form shown before anybody is signed in, bound to a cookie of that browser."""
    return hmac.new(secret, b"form:" + cookie.encode("utf-8", "replace"), sha256).hexdigest()


def _compare(given: str, expected: str) -> None:
    if not expected or not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise Problem(403, "csrf.token", "The form is outdated or not from here; load the page again and repeat it.")
