"""The parts of the face put together as one app."""

from flask import Flask, request
from flask_limiter import Limiter
from werkzeug.routing import IntegerConverter, Map

from pipeline.store.access import Access
from pipeline.store.bell import Bell, Kind, Rings
from pipeline.store.inbox import Inbox
from pipeline.store.ledger import Ledger
from pipeline.store.people import People
from pipeline.store.session import open_database

from . import api, badge, entry, events, health, hooks, pages, problems, starting
from .assets import serve_assets
from .face import KEY, Face
from .feed import Feed
from .headers import protect
from .limits import new_limiter
from .settings import WebSettings, from_environment

ANY_HOST = frozenset({"/healthz", "/metrics"})  # probes come by address


class Number(IntegerConverter):
    """A number in an address. What no row can have as its id is an unknown address, not a question to the database."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


class NoBell:
    """Without Redis nobody hears; the sweeper finds the work."""

    def ring(self, kind: Kind, number: int) -> bool:
        return False


def assembled(settings: WebSettings | None = None) -> Flask:
    """One web process, by the environment unless it is told what to use."""
    settings = settings or from_environment()
    app = Flask(__name__, static_folder=None)
    app.url_map.converters["int"] = Number
    app.config.update(MAX_CONTENT_LENGTH=1_000_000, MAX_FORM_MEMORY_SIZE=64_000, MAX_FORM_PARTS=50)
    problems.watch_over(app)
    _refuse_other_hosts(app)
    protect(app)
    serve_assets(app)
    app.extensions[KEY] = parts(settings, new_limiter(app, settings.redis_url))
    app.jinja_env.globals["csrf_token"] = entry.form_token
    for blueprint in (api.api, badge.badge, entry.entry, events.events, health.health, hooks.hooks, starting.starting):
        app.register_blueprint(blueprint)
    health.measure_requests(app)
    pages.register(app)
    return app


def parts(settings: WebSettings, limiter: Limiter) -> Face:
    """What the routes of an app work with. They find it at each request, so it may be exchanged as a whole."""
    sessions = open_database(settings.database_url)
    bell: Rings = Bell(settings.redis_url) if settings.redis_url else NoBell()
    return Face(
        settings=settings,
        sessions=sessions,
        ledger=Ledger(sessions),
        inbox=Inbox(sessions),
        people=People(sessions),
        access=Access(sessions),
        bell=bell,
        feed=Feed(events.reader(sessions), events.newest(sessions)),
        limiter=limiter,
    )


def _refuse_other_hosts(app: Flask) -> None:
    """A name that is not ours ends here: it may be a trap for links, caches or a browser's idea of the same site."""

    @app.before_request
    def _check() -> None:
        if request.host not in app.extensions[KEY].settings.hosts and request.path not in ANY_HOST:
            raise problems.Problem(
                400, "http.host", "This is not the address of Sluice; use the one it was set up with."
            )
