"""The app of the cluster tests: says its version, and does what its environment tells it.

GET / its version; /ready 200 or 503; /fail a 500; /slow an answer after 2 s. `VERSION` is what it says, `FAILS` the
share of / that answers 500, `UNREADY` keeps it from getting ready, `CRASH` ends it at once with this as last words,
`CANARY_NOT_AFTER` (unix seconds) is the second from which it is not ready any more.
"""

import asyncio
import os
import signal
import sys
import time

VERSION = os.environ.get("VERSION") or os.environ.get("SLUICE_VERSION", "none")
FAILS = float(os.environ.get("FAILS", "0"))
asked = 0


def answer(path: str) -> tuple[int, str]:
    global asked
    if path == "/ready":
        late = time.time() > float(os.environ.get("CANARY_NOT_AFTER") or "inf")
        return (503, "not ready") if late or os.environ.get("UNREADY") else (200, "ready")
    if path == "/fail":
        return 500, "asked for"
    asked += 1
    failed = int(asked * FAILS) > int((asked - 1) * FAILS)
    return (500, VERSION) if failed else (200, VERSION)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1].decode()
            if path == "/slow":
                await asyncio.sleep(2)
            status, text = answer(path)
            body = f"{text}\n".encode()
            told = f"HTTP/1.1 {status} OK\r\nX-Version: {VERSION}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(told.encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = await asyncio.start_server(serve, port=int(os.environ.get("PORT", "8080")), backlog=1024)
    async with server:
        await ended.wait()


if words := os.environ.get("CRASH"):
    sys.exit(words)
asyncio.run(main())
