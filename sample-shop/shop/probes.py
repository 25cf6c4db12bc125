"""What machines ask the shop: is it alive, is it ready, how is it doing."""

import time
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .settings import Settings

probes = Blueprint("probes", __name__)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the moment a counter was made is of use to nobody here


@dataclass(frozen=True, slots=True)
class Gauges:
    """The counters of this process, all labelled with its version."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    orders: Counter


def measure(app: Flask, version: str) -> None:
    """Count every answer that is for a buyer, and how long it took."""
    registry = CollectorRegistry()
    gauges = Gauges(
        registry,
        Counter("shop_requests", "Answers to buyers.", ["status", "version"], registry=registry),
        Histogram("shop_request_seconds", "Time to answer a buyer.", ["version"], registry=registry, buckets=SECONDS),
        Counter("shop_orders", "Orders placed.", ["version"], registry=registry),
    )
    gauges.orders.labels(version)  # a shop without an order has sold 0, not nothing
    app.extensions["gauges"] = gauges
    app.before_request(_start)

    @app.after_request
    def count(response: Response) -> Response:
        response.headers["X-Version"] = version
        if request.blueprint != probes.name:
            gauges.requests.labels(str(response.status_code), version).inc()
            gauges.seconds.labels(version).observe(time.perf_counter() - g.started)
        return response


def _start() -> None:
    g.started = time.perf_counter()


@probes.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@probes.get("/readyz")
def readyz() -> Response:
    """The process may be sent buyers: its time is not over and the database answers."""
    settings: Settings = current_app.extensions["settings"]
    if settings.ready_until is not None and time.time() > settings.ready_until:
        return Response("not ready: the time in CANARY_NOT_AFTER is over\n", 503, mimetype="text/plain")
    try:
        with current_app.extensions["database"].connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as trouble:
        return Response(
            f"not ready: the database does not answer ({type(trouble).__name__})\n", 503, mimetype="text/plain"
        )
    return Response("ready\n", mimetype="text/plain")


@probes.get("/metrics")
def metrics() -> Response:
    """The counters in Prometheus' text form."""
    return Response(generate_latest(current_app.extensions["gauges"].registry), content_type=CONTENT_TYPE_LATEST)
