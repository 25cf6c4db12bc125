"""The API of Sluice as the terminal calls it: one method per HTTP verb, each refusal as a sentence and an exit code."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2

from .exits import Exit, Stop

PATIENCE = 15.0  # seconds for one answer
NOT_ALLOWED, MISUSED, DOWN = {401, 403}, {400, 413, 415, 422}, {502, 503, 504}

Json = dict[str, Any]


class Away(Stop):
    """The server does not answer now."""


class Refusal(Stop):
    """The server said no. `code` is its word for programs, `status` the one of HTTP."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail, _exit_of(status))
        self.status, self.code = status, code


class Api:
    """One server and who asks."""

    def __init__(self, server: str, token: str) -> None:
        self.server = server.rstrip("/")
        host = urlsplit(self.server).hostname or ""
        if urlsplit(self.server).scheme == "http" and token and not is_loopback(host):
            raise Stop(f"{self.server} is not encrypted, so no token is sent there; use https.", Exit.USAGE)
        self._http = httpx2.Client(
            base_url=f"{self.server}/api",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=PATIENCE,
            trust_env=not is_loopback(host),  # a proxy of this machine cannot know what is on its loopback
        )

    def get(self, path: str, **query: object) -> Json:
        """What is there; a query that is None or empty is left out."""
        asked = {name: str(value) for name, value in query.items() if value not in (None, "")}
        return self._call("GET", path, params=asked)

    def post(self, path: str, body: Json | None = None) -> Json:
        """Do something."""
        return self._call("POST", path, json=body or {})

    def delete(self, path: str) -> Json:
        """Take something away."""
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, **more: Any) -> Json:
        try:
            answer = self._http.request(method, path, **more)
        except httpx2.TransportError as trouble:
            raise Away(
                f"{self.server} does not answer ({trouble}). `sluice up` starts a Sluice here; --server names another."
            ) from None
        if answer.status_code in DOWN:
            raise Away(f"{self.server} cannot answer now ({answer.status_code}); try again in a moment.")
        if answer.is_error:
            raise _refusal(answer)
        return _read(answer, self.server)


def is_loopback(host: str) -> bool:
    """`host` is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _read(answer: httpx2.Response, server: str) -> Json:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Stop(f"{server} answered something that is not Sluice's; check the address.")
    return found


def _refusal(answer: httpx2.Response) -> Refusal:
    try:
        told = answer.json()
        detail, code = str(told["detail"]), str(told["code"])
    except (ValueError, KeyError, TypeError):
        detail, code = f"{answer.request.url} answered {answer.status_code}.", ""
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        detail += " `sluice login` makes a token for this terminal."
    return Refusal(answer.status_code, code, detail)


def _exit_of(status: int) -> Exit:
    if status in NOT_ALLOWED:
        return Exit.NOT_ALLOWED
    return Exit.USAGE if status in MISUSED else Exit.FAILED
