"""The pages: each reads one snapshot of the store and shows it; what people do goes through the action table."""

from flask import Flask

from ..present import words
from . import act, approvals, audit, calendar, clusters, log, overview, palette, release, releases


def register(app: Flask) -> None:
    """Put all pages and the words their templates use on `app`."""
    app.jinja_env.filters["short_digest"] = words.short
    app.jinja_env.filters["people"] = words.people
    app.jinja_env.filters["day"] = words.day
    app.jinja_env.filters["clock"] = words.clock
    for page in (overview, releases, release, log, approvals, calendar, clusters, audit, palette, act):
        app.register_blueprint(page.blueprint)
