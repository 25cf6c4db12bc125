"""Errors as people and programs read them: RFC 9457 for programs, a page with the same words for people."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, json, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from pipeline.errors import TryLater
from pipeline.store.session import UNAVAILABLE

PROGRAMS = ("/api/", "/hooks/", "/events", "/healthz", "/metrics")


class Problem(Exception):
    """A request that cannot be done: `code` for programs, `detail` says what, where and what to do next."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.more = dict(headers or {}), more

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase


def for_programs() -> bool:
    """The asker is a program: the answer is JSON and never depends on Accept."""
    return request.path.startswith(PROGRAMS)


def answer(problem: Problem) -> Response:
    """The problem as JSON or as a page, with the same words."""
    told = {
        "type": "about:blank",
        "status": problem.status,
        "code": problem.code,
        "title": problem.title,
        "detail": problem.detail,
        "request_id": g.get("request_id", ""),
        **problem.more,
    }
    if for_programs():
        response = Response(json.dumps(told), status=problem.status, mimetype="application/problem+json")
    else:
        response = Response(render_template("problem.html", problem=told), status=problem.status, mimetype="text/html")
    response.headers.update(problem.headers)
    return response


def of_http(error: HTTPException) -> Problem:
    """What werkzeug and Flask refuse, in our form."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return Problem(status, _code(status), _detail(error, status), headers=headers)


def _code(status: int) -> str:
    phrase = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return f"http.{phrase}"


def _detail(error: HTTPException, status: int) -> str:
    if isinstance(error, RequestEntityTooLarge):
        return "The body is larger than this address takes; send less."
    words = {
        404: "There is nothing at this address; follow a link from the overview.",
        405: f"{request.method} is not possible here.",
        400: "The request cannot be read; check how it was made.",
    }
    return words.get(status, HTTPStatus(status).description or HTTPStatus(status).phrase)


def _away(error: Exception) -> Response:
    current_app.logger.warning("request %s: the database is away: %s", g.get("request_id", ""), error)
    detail = "The database does not answer. Nothing was written; try again."
    return answer(Problem(503, "platform.database", detail, headers={"Retry-After": "5"}))


def watch_over(app: Flask) -> None:
    """Every request gets an id, every error its form; what was not foreseen is logged with that id."""

    @app.before_request
    def _name() -> None:
        g.request_id = secrets.token_hex(8)

    @app.errorhandler(Problem)
    def _problem(error: Problem) -> Response:
        return answer(error)

    @app.errorhandler(HTTPException)
    def _refused(error: HTTPException) -> Response:
        return answer(of_http(error))

    @app.errorhandler(TryLater)
    def _later(error: TryLater) -> Response:
        seconds = max(1, round(error.after.total_seconds()))
        return answer(Problem(503, "platform.unavailable", f"{error}.", headers={"Retry-After": str(seconds)}))

    for kind in UNAVAILABLE:
        app.register_error_handler(kind, _away)

    @app.errorhandler(Exception)
    def _unforeseen(error: Exception) -> Response:
        app.logger.error("request %s failed", g.get("request_id", ""), exc_info=error)
        detail = "Sluice failed at this; nothing was changed. Ask the platform team and name the request id."
        return answer(Problem(500, "platform.internal", detail))
