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
    why: str = ""  # of one that failed: the status with its words, or what broke


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

    def __repr__(self) -> str:
        """What a failed assertion tells: who answered, what failed, and when, in seconds from the start."""
        whys = Counter(one.why for one in self.answers if one.said == FAILED)
        when = [round(one.at - self._began, 1) for one in self.answers if one.said == FAILED]
        return f"Load({dict(self.said())}, failed {dict(whys)} from {when[0]} to {when[-1]} s)" if when else "Load()"

    @property
    def failed(self) -> int:
        """Requests without a good answer: every 5xx and every broken connection."""
        return self.said()[FAILED]

    def _run(self, offset: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        due = self._began + offset
        while not self._over.wait(max(0.0, due - time.monotonic())):
            at = time.monotonic()
            said, why = self._ask(connection)
            self.answers.append(Answer(at, said, time.monotonic() - at, why))
            due += self._gap
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> tuple[str, str]:
        try:
            connection.request("GET", self._path, headers=self._headers)
            answer = connection.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return FAILED, repr(error)[:80]
        if answer.status == http.client.OK:
            return body, ""
        return FAILED, f"{answer.status} {body.strip()[:60]}"
