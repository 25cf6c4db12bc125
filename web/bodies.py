"""Reads the body of a request within a size and a time, whatever the sender does."""

import socket
from threading import Timer

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from .problems import Problem

SECONDS = 10.0


def read_body(kind: str, limit: int, *, seconds: float = SECONDS) -> bytes:
    """At most `limit` bytes within `seconds`; `kind` begins the error codes. A declared size is believed first."""
    size = request.content_length
    if size is not None and size > limit:
        raise _too_large(kind, limit, f"{size:,} bytes")
    request.max_content_length = limit + 1  # werkzeug cuts a body without a length there, in silence
    with _Patience(seconds) as patience:
        try:
            body = request.get_data(cache=True, parse_form_data=False)
        except RequestEntityTooLarge:
            raise _too_large(kind, limit, "The body") from None
        except (ClientDisconnected, OSError):
            raise _cut_off(kind, patience, seconds) from None
    if len(body) > limit:
        raise _too_large(kind, limit, "The body")
    if patience.over or (size is not None and len(body) < size):
        raise _cut_off(kind, patience, seconds)
    return body


class _Patience:
    """Ends the reading of a socket after a time: only then a sender of one byte a second cannot hold a thread."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._socket: socket.socket | None = request.environ.get("gunicorn.socket")
        self._timer = Timer(seconds, self._end)

    def __enter__(self) -> "_Patience":
        if self._socket is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.over = True
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RD)


def _too_large(kind: str, limit: int, what: str) -> Problem:
    close = {"Connection": "close"}  # the rest of the body is never read, so the connection cannot be used again
    return Problem(413, f"{kind}.too_large", f"{what}; limit {limit:,} bytes. Send less.", headers=close)


def _cut_off(kind: str, patience: _Patience, seconds: float) -> Problem:
    close = {"Connection": "close"}
    if patience.over:
        return Problem(408, f"{kind}.too_slow", f"The body did not arrive within {seconds:.0f} s.", headers=close)
    return Problem(400, f"{kind}.cut_off", "The body ended before its declared length; send it again.", headers=close)
