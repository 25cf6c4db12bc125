"""For probes and dashboards: is it well, and how late is it."""

from collections.abc import Iterator
from time import perf_counter

from flask import Blueprint, Flask, Response, g, json, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from pipeline.store.bell import Bell
from pipeline.store.gauges import Gauges, measure
from pipeline.store.session import UNAVAILABLE

from .face import Face, face

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """200 while the database answers. Redis is only told of: nothing but speed depends on it."""
    here = face()
    database = _gauges(here) is not None
    parts = {"database": "ok" if database else "away", "redis": _redis(here)}
    status = 200 if database else 503
    headers = {} if database else {"Retry-After": "5"}
    return Response(json.dumps({"ok": database, "parts": parts}), status, headers, mimetype="application/json")


@health.get("/metrics")
def metrics() -> Response:
    """In Prometheus' text format. Numbers only: no names of people, releases or commits."""
    here, look = face(), CollectorRegistry()
    look.register(_Look(here))
    return Response(generate_latest(look) + generate_latest(here.answered.registry), content_type=CONTENT_TYPE_LATEST)


class _Look(Collector):
    """The look at the store that a scrape takes."""

    def __init__(self, here: Face) -> None:
        self._here = here

    def collect(self) -> Iterator[Metric]:
        yield _gauge("sluice_streams_open", "Open event streams of this process", self._here.feed.seats.taken)
        bell = self._here.bell
        if isinstance(bell, Bell):
            yield _gauge("sluice_queue_age_seconds", "Age of the oldest unanswered ring", bell.age())
            yield _gauge("sluice_queue_waiting", "Rings nobody has answered yet", bell.waiting())
            yield _gauge("sluice_workers", "Workers that listen", bell.workers())
        seen = _gauges(self._here)
        yield _gauge("sluice_database_up", "1 while the database answers", 0 if seen is None else 1)
        if seen is not None:
            yield from _of_store(seen)


def _of_store(seen: Gauges) -> Iterator[Metric]:
    yield _gauge("sluice_tick_lateness_seconds", "How overdue the most overdue look at a release is", seen.lateness)
    yield _gauge("sluice_sweep_age_seconds", "Seconds since the sweeper's last round", seen.swept)
    yield _gauge("sluice_inbox_age_seconds", "Age of the oldest delivery that waits", seen.inbox_age)
    releases = GaugeMetricFamily("sluice_releases", "Releases by state", labels=["state"])
    for state, number in sorted(seen.releases.items()):
        releases.add_metric([state], number)
    yield releases
    inbox = GaugeMetricFamily("sluice_inbox", "Deliveries by state", labels=["state"])
    for state, number in sorted(seen.inbox.items()):
        inbox.add_metric([state], number)
    yield inbox


def _gauge(name: str, what: str, value: float | None) -> Metric:
    """Without a sample where nobody can tell: an absent number is no zero."""
    family = GaugeMetricFamily(name, what)
    if value is not None:
        family.add_metric([], value)
    return family


def measure_requests(app: Flask) -> None:
    """Count what is answered and how fast. Unknown addresses count as one, or outsiders could fill the memory."""

    @app.before_request
    def _begin() -> None:
        g.began = perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        took = perf_counter() - g.began if "began" in g else None
        face().answered.count(request.endpoint or "unknown", request.method, response.status_code, took)
        return response


def _gauges(here: Face) -> Gauges | None:
    try:
        with here.sessions.reading() as session:
            return measure(session, here.sessions.now(session))
    except UNAVAILABLE:
        return None


def _redis(here: Face) -> str:
    if not isinstance(here.bell, Bell):
        return "not used"
    return "ok" if here.bell.alive() else "away"
