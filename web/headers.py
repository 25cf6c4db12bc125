"""One strict policy for every answer, and a nonce for the scripts of a page."""

import secrets

from flask import Flask, Response, g

from .face import face
from .problems import for_programs

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def csp_nonce() -> str:
    """The nonce of this answer; templates put it on each script."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def protect(app: Flask) -> None:
    """Put the headers on every answer. Where Sluice has https, browsers must come back over TLS only."""

    @app.after_request
    def _guard(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if for_programs():
            response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
            del response.headers["Set-Cookie"]
        else:
            response.headers["Content-Security-Policy"] = POLICY.format(nonce=csp_nonce())
        if not response.headers.get("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        if face().settings.https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    app.jinja_env.globals["csp_nonce"] = csp_nonce
