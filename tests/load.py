"""Open-loop load over kept-alive connections: sends when it is time, not when the last answer came."""

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType

FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it was sent (monotonic), and the version that answered or FAILED."""

    at: float
    said: str
    seconds: float


class Load:
    """`rate` requests per second to a port of the loopback, until the block ends."""

    def __init__(self, port: int, rate: float = 100.0, connections: int = 10, path: str = "/", host: str = "") -> None:
        self.answers: list[Answer] = []
        self._port = port
        self._path = path
        self._headers = {"Host": host} if host else {}
        self._gap = connections / rate
        self._over = threading.Event()
        self._began = time.monotonic() + 0.01
        self._threads = [threading.Thread(target=self._run, args=(at / rate,)) for at in range(connections)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self.answers.sort(key=lambda one: one.at)

    def said(self, since: float = 0.0, until: float = float("inf")) -> Counter[str]:
        """Answers by version, of the requests sent in between."""
        return Counter(one.said for one in list(self.answers) if since <= one.at < until)

    @property
    def failed(self) -> int:
        """Requests without a good answer: every 5xx and every broken connection."""
        return self.said()[FAILED]

    def _run(self, offset: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        due = self._began + offset
        while not self._over.wait(max(0.0, due - time.monotonic())):
            at = time.monotonic()
            said = self._ask(connection)
            self.answers.append(Answer(at, said, time.monotonic() - at))
            due += self._gap
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> str:
        try:
            connection.request("GET", self._path, headers=self._headers)
            answer = connection.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            return FAILED
        return body if answer.status == http.client.OK else FAILED
