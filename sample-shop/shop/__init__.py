"""A small shop for phones: `gunicorn "shop:create_app()"` runs it."""

from flask import Flask, Response

from . import pages, probes
from .database import open_database, set_up
from .settings import Settings, from_environment

__all__ = ["Settings", "create_app"]


def create_app(settings: Settings | None = None) -> Flask:
    """One shop, ready to serve. Without `settings` the environment decides."""
    settings = settings or from_environment()
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["settings"] = settings
    app.extensions["database"] = open_database(settings.database_url)
    set_up(app.extensions["database"], cluster=settings.cluster, stock=settings.stock)
    app.register_blueprint(pages.pages)
    app.register_blueprint(probes.probes)
    probes.measure(app, settings.version)
    pages.dress(app, settings)
    app.after_request(_careful)
    return app


def _careful(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'; form-action 'self'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
