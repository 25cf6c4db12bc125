"""Asking a Prometheus: one POST, one answer, and an end to it after `LIMIT` seconds whatever the other side does."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from urllib.parse import urlencode, urlsplit

from pipeline.errors import TryLater

LIMIT = 3.0  # seconds for all of it
LARGEST = 8_000_000  # bytes of an answer
_FORM = "application/x-www-form-urlencoded"


class Prometheus:
    """The HTTP interface at `address`. `token` gives what it asks for, read anew each time; "" = nothing."""

    def __init__(self, address: str, token: Callable[[], str] = str) -> None:
        self.address = address
        self._token = token

    def ask(self, query: str) -> object:
        """What `data.result` of an instant query says. All trouble is TryLater, and says what Prometheus said."""
        try:
            status, body = self._post(urlencode({"query": query, "timeout": f"{LIMIT:g}s"}))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._trouble(f"{error}" or type(error).__name__) from error
        if len(body) > LARGEST:
            raise self._trouble(f"its answer is longer than {LARGEST:,} bytes")
        try:
            said = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._trouble(f"it answered {status} and no JSON") from error
        return self._result(status, said)

    def _result(self, status: int, said: object) -> object:
        match said:
            case {"warnings": [first, *_]}:  # a part of the answer may be missing, and would look like a fall
                raise self._trouble(f"it warns: {_short(first)}")
            case {"status": "success", "data": {"resultType": "vector", "result": result}}:
                return result
            case {"error": error}:
                raise self._trouble(f"it answered {status}: {_short(error)}")
        raise self._trouble(f"it answered {status} and not what a Prometheus answers")

    def _post(self, form: str) -> tuple[int, bytes]:
        where = urlsplit(self.address)
        headers = {"Content-Type": _FORM, "Accept": "application/json"}
        if token := self._token():
            headers["Authorization"] = f"Bearer {token}"
        kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
        connection = kind(where.netloc, timeout=LIMIT)
        try:
            connection.connect()
            with _ends(connection.sock):
                connection.request("POST", f"{where.path.rstrip('/')}/api/v1/query", form, headers)
                answer = connection.getresponse()
                return answer.status, answer.read(LARGEST + 1)
        finally:
            connection.close()

    def _trouble(self, why: str) -> TryLater:
        return TryLater(f"the Prometheus at {self.address} cannot be read: {why}")


@contextmanager
def _ends(sock: socket.socket) -> Iterator[None]:
    """A server that sends a byte now and then never runs into the limit of a single read; this ends it all the same."""

    def cut() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(LIMIT, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _short(text: object) -> str:
    return " ".join(str(text).split())[:200]
