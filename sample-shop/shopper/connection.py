"""A small HTTP/1.1 client on asyncio streams, with a pool of kept connections for each target."""

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

IDLE = 20.0  # seconds; younger than what any server or gateway in between closes by itself
IDEMPOTENT = {"GET", "HEAD"}


class Broken(Exception):
    """No whole answer came."""


class ClosedWhileIdle(Broken):
    """The server closed a kept connection before the first byte of an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer."""

    status: int
    headers: dict[str, str]
    cookies: tuple[tuple[str, str], ...]
    body: bytes
    replayed: bool = False


@dataclass(slots=True)
class Connection:
    """One connection and when it was last used."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: float = 0.0
    fresh: bool = True

    def usable(self) -> bool:
        # at_eof: the server has closed it, and nothing was sent on it yet, so nobody is harmed by taking another
        return not self.reader.at_eof() and not self.writer.is_closing() and time.monotonic() - self.used < IDLE


@dataclass(slots=True)
class Pool:
    """The connections to one target, the last used first."""

    url: str
    timeout: float = 10.0
    idle: list[Connection] = field(default_factory=list)
    opened: int = 0

    async def ask(self, method: str, path: str, cookies: dict[str, str], form: bytes | None = None) -> Answer:
        """One whole answer, or `Broken`. Only an idempotent request on a connection closed while idle is sent again."""
        try:
            async with asyncio.timeout(self.timeout):
                try:
                    return await self._ask(await self._take(), method, path, cookies, form)
                except ClosedWhileIdle:
                    if method not in IDEMPOTENT:
                        raise
                answer = await self._ask(await self._open(), method, path, cookies, form)
                return Answer(answer.status, answer.headers, answer.cookies, answer.body, replayed=True)
        except TimeoutError:
            raise Broken(f"no answer within {self.timeout:g} s") from None
        except OSError as trouble:
            raise Broken(type(trouble).__name__) from trouble

    def close(self) -> None:
        while self.idle:
            self.idle.pop().writer.close()

    async def _take(self) -> Connection:
        while self.idle:
            connection = self.idle.pop()
            if connection.usable():
                connection.fresh = False
                return connection
            connection.writer.close()
        return await self._open()

    async def _open(self) -> Connection:
        target = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(target.hostname, target.port or 80)
        self.opened += 1
        return Connection(reader, writer)

    async def _ask(
        self, connection: Connection, method: str, path: str, cookies: dict[str, str], form: bytes | None
    ) -> Answer:
        keep = False
        try:
            connection.writer.write(_request(urlsplit(self.url), method, path, cookies, form))
            answer, keep = await _read(connection, method)
            return answer
        finally:
            if keep:
                connection.used = time.monotonic()
                self.idle.append(connection)
            else:
                connection.writer.close()


def _request(target: SplitResult, method: str, path: str, cookies: dict[str, str], form: bytes | None) -> bytes:
    lines = [
        f"{method} {target.path.rstrip('/')}{path} HTTP/1.1",
        f"Host: {target.netloc}",
        "User-Agent: shopper",
        "Accept: text/html",
    ]
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (form or b"")


async def _read(connection: Connection, method: str) -> tuple[Answer, bool]:
    """The answer, and whether the connection may be kept."""
    reader = connection.reader
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        if not connection.fresh and not cut.partial:
            raise ClosedWhileIdle("the kept connection was closed") from cut
        raise Broken("the connection was closed before the answer") from cut
    except ConnectionError as cut:
        if not connection.fresh:
            raise ClosedWhileIdle("the kept connection was reset") from cut
        raise Broken("the connection was reset before the answer") from cut
    except asyncio.LimitOverrunError as cut:
        raise Broken("the head of the answer is too long") from cut
    try:
        status, headers, cookies = _parse(head)
        body, keep = await _body(reader, status, headers, method)
    except (asyncio.IncompleteReadError, ValueError, IndexError) as cut:
        raise Broken("the answer was cut off or is no HTTP") from cut
    return Answer(status, headers, cookies, body), keep and headers.get("connection", "").lower() != "close"


def _parse(head: bytes) -> tuple[int, dict[str, str], tuple[tuple[str, str], ...]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    cookies = []
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        if name == "set-cookie":
            key, _, crumb = value.partition(";")[0].partition("=")
            cookies.append((key, crumb))
        elif name:
            headers[name] = value
    return int(first.split(" ", 2)[1]), headers, tuple(cookies)


async def _body(reader: asyncio.StreamReader, status: int, headers: dict[str, str], method: str) -> tuple[bytes, bool]:
    if method == "HEAD" or status in (204, 304):
        return b"", True
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader), True
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"])), True
    return await reader.read(), False


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await _line(reader)).partition(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await _line(reader)
    while await _line(reader):
        pass  # trailers
    return b"".join(parts)


async def _line(reader: asyncio.StreamReader) -> bytes:
    return (await reader.readuntil(b"\r\n"))[:-2]
