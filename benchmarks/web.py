"""How fast pages are with much behind them, what open streams cost, how soon an event is in the browser, page weight.

    python -m benchmarks.web [--requests 200] [--streams 200] [--events 20]

A real web process (gunicorn, one worker) over a database of 500 releases, which the real rules and ledger moved in a
simulated world; one of them has 200 samples. Times are taken at the client, over loopback, one request at a time.
The streams read the topics of a page each; an event is a settled tick, and its time runs from the commit to the last
byte of the message at each reader. Page weight is what a browser without a cache receives, fonts apart.
"""

import argparse
import json
import re
import selectors
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2

from pipeline.store.access import Access
from tests.web.pages_browser import Site, site
from web import auth, tokens

RESULTS = Path(__file__).parent / "results" / "web.json"
RELEASES, SAMPLES, EACH = 500, 200, 12
CANARY = 13  # the release of the story that has a canary
COPY = """INSERT INTO release SELECT {columns} FROM release WHERE id = 7"""


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        shown = site(Path(folder))
        _fill(shown)
        shown.start()
        try:
            rows = _pages(shown, asked.requests) | _weight(shown) | _streams(shown, asked.streams, asked.events)
        finally:
            shown.stop()
    for name, value in rows.items():
        print(f"{name:52}{value:>10,}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")


def _fill(shown: Site) -> None:
    """More releases that went live, and a canary that was looked at often."""
    story = shown.story
    story.ledger.ask(CANARY, "pause", "jonas", reason="so that it stays where it is")
    while len(story.release(CANARY).targets) and _samples(shown) < SAMPLES:
        story.tick(CANARY)
    with story.sessions.writing() as session:
        raw = session.connection()
        known = [row[1] for row in raw.exec_driver_sql("PRAGMA table_info(release)")]
        for number in range(1000, 1000 + RELEASES - 17):
            changed = {"id": str(number), "key": f"'copy {number}'"}
            columns = ", ".join(changed.get(name, f'"{name}"') for name in known)
            raw.exec_driver_sql(COPY.format(columns=columns))


def _samples(shown: Site) -> int:
    with shown.story.sessions.reading() as session:
        found = session.connection().exec_driver_sql("SELECT count(*) FROM sample WHERE release_id = ?", (CANARY,))
        return int(found.scalar() or 0)


def _cookie(shown: Site, name: str) -> str:
    cookie = tokens.new_cookie()
    Access(shown.story.sessions).sign_in(name, tokens.digest(cookie), tokens.new_cookie(), auth.LASTS)
    return cookie


def _pages(shown: Site, requests: int) -> dict[str, int]:
    rows = {}
    cookies = {auth.COOKIE: _cookie(shown, "ada")}
    with httpx2.Client(base_url=shown.url, cookies=cookies, timeout=30) as client:
        for name, path in (("overview, 500 releases", "/"), ("release, 200 samples", f"/releases/{CANARY}")):
            took = []
            for _ in range(requests + 5):
                began = time.perf_counter()
                client.get(path).raise_for_status()
                took.append(time.perf_counter() - began)
            ranked = sorted(took[5:])
            rows[f"{name}, p50 ms"] = round(1000 * ranked[len(ranked) // 2])
            rows[f"{name}, p95 ms"] = round(1000 * ranked[int(0.95 * len(ranked))])
    return rows


def _weight(shown: Site) -> dict[str, int]:
    cookies = {auth.COOKIE: _cookie(shown, "ada")}
    with httpx2.Client(base_url=shown.url, cookies=cookies, headers={"Accept-Encoding": "gzip"}) as client:
        page = client.get("/")
        files = set(re.findall(r'(?:src|href)="(/static/[^"]+\.(?:css|js|svg))"', page.text))
        sizes = [int(client.get(path).headers["Content-Length"]) for path in files]
    return {
        "overview, bytes of HTML": len(page.content),
        "overview, bytes in all, fonts apart": len(page.content) + sum(sizes),
    }


def _streams(shown: Site, streams: int, events: int) -> dict[str, int]:
    for number in range(-(-streams // EACH)):
        shown.story.people.add(f"reader{number}", "viewer", "no password", actor="setup")
    before = _memory(shown)
    with ExitStack() as stack:
        open_ones = [stack.enter_context(_opened(shown, f"reader{number // EACH}")) for number in range(streams)]
        selector = stack.enter_context(selectors.DefaultSelector())
        for one in open_ones:
            selector.register(one, selectors.EVENT_READ)
        _drain(selector)
        after = _memory(shown)
        took = [seconds for _ in range(events) for seconds in _event(shown, selector, streams)]
    ranked = sorted(took)
    return {
        f"{streams} open streams, MiB more": round((after - before) / 2**20),
        f"event to {streams} readers, p50 ms": round(1000 * ranked[len(ranked) // 2]),
        f"event to {streams} readers, p95 ms": round(1000 * ranked[int(0.95 * len(ranked))]),
        f"event to {streams} readers, max ms": round(1000 * ranked[-1]),
    }


def _opened(shown: Site, name: str) -> socket.socket:
    """A stream of the topics of a release's page."""
    opened = socket.create_connection(("127.0.0.1", shown.port), timeout=30)
    path = f"/events?topics=releases,approvals,freezes,release:{CANARY}"
    words = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{shown.port}\r\nCookie: {auth.COOKIE}={_cookie(shown, name)}\r\n\r\n"
    )
    opened.sendall(words.encode())
    first = opened.recv(65_536)
    if b"200 OK" not in first:
        raise SystemExit(f"a stream was refused: {first[:300]!r}")
    return opened


def _drain(selector: selectors.BaseSelector, seconds: float = 3.0) -> None:
    """Read what is on its way; heartbeats never end."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(0.05):
            key.fileobj.recv(65_536)  # type: ignore[union-attr]


def _event(shown: Site, selector: selectors.BaseSelector, streams: int) -> list[float]:
    """One line of the journal, and when each reader had it."""
    shown.story.ledger.ask(CANARY, "resume", "jonas", reason=f"event {time.time()}")
    shown.story.ledger.ask(CANARY, "pause", "jonas", reason=f"event {time.time()}")
    began, had = time.perf_counter(), dict[int, float]()
    while len(had) < streams and time.perf_counter() - began < 30:
        for key, _ in selector.select(0.05):
            if f"event: release:{CANARY}".encode() in key.fileobj.recv(65_536):  # type: ignore[union-attr]
                had.setdefault(key.fd, time.perf_counter() - began)
    if len(had) < streams:
        raise SystemExit(f"only {len(had)} of {streams} readers got the event within 30 s")
    return list(had.values())


def _memory(shown: Site) -> int:
    """Bytes of the web process and its workers that are in memory and theirs."""
    assert shown.process is not None
    children = Path(f"/proc/{shown.process.pid}/task/{shown.process.pid}/children").read_text().split()
    return sum(_private(number) for number in [str(shown.process.pid), *children])


def _private(number: str) -> int:
    lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--events", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
