"""What one look at a canary costs when it is 10, 60 and 120 minutes old, in milliseconds.

    python -m benchmarks.judge_age [--looks 20]

Three metrics are read each second, in one cluster, into a real SQLite file. A look is the transaction that every tick
ends with: what was seen is stored, the canary is judged, and the decision is written. `look_ms`: as the product does
it, going on from the look before; `from_the_first_ms`: the same where nothing was kept, so that all readings are
folded. `page_ms`: the whole page of the release from the web's code, without a network, after one more look each
time; `first_page_ms`: the first one of a process, which folds all readings for the chart. `overview_ms`: the page of
all releases. Medians but for the first page; the looks are 10 s apart. The table goes into docs/judge.md.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import delete, func, insert, select

from benchmarks._page import put
from pipeline.decide import decide
from pipeline.definition.app import App
from pipeline.definition.platform import Platform
from pipeline.facts import ClusterSeen, Count, Facts, Reading, SlotSeen
from pipeline.plan import make
from pipeline.store.access import Access
from pipeline.store.ledger import Ledger
from pipeline.store.migrate import migrate
from pipeline.store.people import People
from pipeline.store.records import CaseRow, SampleRow
from pipeline.store.restore import NewRelease
from pipeline.store.session import Sessions, open_database
from web import auth, create_app, face, tokens
from web.feed import Feed
from web.settings import WebSettings

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "benchmarks" / "results" / "judge_age.json", ROOT / "docs" / "judge.md"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = (10, 60, 120)
READER = "reader"
BAD = {"errors": 0.002, "latency 0.25": 0.05, "orders": 0.1}  # what counts in each metric, per request, in both arms
ARMS = {"canary": 5, "stable": 95}  # requests a second
APP = App.model_validate(
    {
        "app": "shop",
        "serve": {"run": "serve", "replicas": 2},
        "judge": {"latency": {}, "falls": {"orders": {"counter": "shop_orders_total"}}, "deadline": "1d"},
        "waves": [{"clusters": ["one"], "canary": ["5%", "25%", "50%"]}],
    }
)
PLATFORM = Platform.model_validate(
    {
        "tenants": {"one": {}},
        "clusters": {"one": {}},
        "apps": {"shop": {"tenant": "one", "repository": "https://example.org/shop.git"}},
    }
)


class Counters:
    """What both arms counted, and the time."""

    def __init__(self) -> None:
        self.second = 0
        self.chance = Random(20261125)
        self.bad = {(metric, arm): 0 for metric in BAD for arm in ARMS}

    @property
    def now(self) -> datetime:
        return BEGUN + timedelta(seconds=self.second)

    def read(self, seconds: int = 1) -> tuple[Reading, ...]:
        """All metrics, so many seconds later."""
        self.second += seconds
        for (metric, arm), bad in self.bad.items():
            more = sum(self.chance.random() < BAD[metric] for _ in range(seconds * ARMS[arm]))
            self.bad[metric, arm] = bad + more
        return tuple(self._reading(metric) for metric in BAD)

    def _reading(self, metric: str) -> Reading:
        canary, stable = (Count(arm, self.second * ARMS[arm], self.bad[metric, arm]) for arm in ARMS)
        return Reading(self.now, "one", ARMS["canary"], canary, stable, metric=metric)


def stored(release_id: int, readings: tuple[Reading, ...]) -> list[dict[str, object]]:
    """Readings as rows."""
    rows: list[dict[str, object]] = []
    for one in readings:
        row: dict[str, object] = {"release_id": release_id, "cluster": one.cluster, "metric": one.metric, "at": one.at}
        row |= {"step": "canary one", "percent": one.percent, "healthy": one.healthy}
        for arm, count in (("canary", one.canary), ("stable", one.stable)):
            assert count is not None
            row |= {f"{arm}_source": count.source, f"{arm}_total": count.total, f"{arm}_bad": count.bad}
        rows.append(row)
    return rows


def look(ledger: Ledger, release_id: int, readings: tuple[Reading, ...]) -> float:
    """One tick in a world where all is well; milliseconds of its last transaction."""
    lease = ledger.claim(release_id)
    assert lease is not None
    release = ledger.load(lease)
    slots, weights = {"a": SlotSeen("old", 2, 2), "b": SlotSeen("new", 2, 2)}, {"a": 95, "b": 5}
    seen = ClusterSeen("one", "shop", "a", slots, weights, release=release_id)
    facts = Facts(release.read_at, clusters={"one": seen}, readings=readings, digest="new")
    start = time.perf_counter()
    ledger.settle(lease, release, facts, decide)
    return 1000 * (time.perf_counter() - start)


def begun(ledger: Ledger, counters: Counters) -> int:
    """A release that is a canary at 5 %, and stays one: it is paused."""
    new = NewRelease("shop", "one", "0" * 40, APP, make(APP, PLATFORM), "app: shop", "def")
    release_id = ledger.submit(new, "benchmark")
    for _ in range(4):  # build, test, the canary's step, 5 %
        counters.second += 10
        look(ledger, release_id, ())
    ledger.ask(release_id, "pause", "benchmark")
    return release_id


def grown(sessions: Sessions, release_id: int, counters: Counters, minutes: int) -> None:
    """Readings each second until the canary is that old."""
    with sessions.writing() as session:
        while counters.second < 60 * minutes:
            session.execute(insert(SampleRow), stored(release_id, counters.read()))


def looked(sessions: Sessions, release_id: int, counters: Counters, looks: int) -> dict[str, float]:
    """Looks, some of them after what was kept is gone; the first one catches up with what was just stored."""
    ledger = Ledger(sessions)
    look(ledger, release_id, counters.read(10))
    with sessions.reading() as session:
        found = {"readings": session.scalar(select(func.count()).select_from(SampleRow)) or 0.0}
    for name, kept in (("look_ms", True), ("from_the_first_ms", False)):
        times = []
        for _ in range(looks):
            if not kept:
                with sessions.writing() as session:
                    session.execute(delete(CaseRow))
            times.append(look(ledger, release_id, counters.read(10)))
        found[name] = round(median(times), 1)
    return found


def shown(home: Path, sessions: Sessions, release_id: int, counters: Counters, looks: int) -> dict[str, float]:
    """Pages of a web process that has shown none yet."""
    app = create_app(
        WebSettings(home, str(sessions.engine.url), PLATFORM, secret=b"s" * 32, base_url="http://localhost")
    )
    quiet = Feed(lambda after: (), lambda: 0)
    app.extensions[face.KEY] = replace(app.extensions[face.KEY], sessions=sessions, access=Access(sessions), feed=quiet)
    client, cookie, ledger = app.test_client(), tokens.new_cookie(), Ledger(sessions)
    Access(sessions).sign_in(READER, tokens.digest(cookie), tokens.new_cookie(), auth.LASTS)
    client.set_cookie(auth.COOKIE, cookie)
    found, page = {"first_page_ms": round(got(client, f"/releases/{release_id}"), 1)}, f"/releases/{release_id}"
    for name, path in (("page_ms", page), ("overview_ms", "/")):
        times = []
        for _ in range(looks):
            look(ledger, release_id, counters.read(10))
            times.append(got(client, path))
        found[name] = round(median(times), 1)
    return found


def got(client: FlaskClient, path: str) -> float:
    """Milliseconds until the page is written."""
    start = time.perf_counter()
    status = client.get(path).status_code
    assert status == 200, f"{path} answers {status}"
    return 1000 * (time.perf_counter() - start)


def publish(found: dict[str, dict[str, float]]) -> None:
    """The table of docs/judge.md."""
    lines = [
        "| The canary is | readings | a look | a look from the first reading on | a page | the first page | overview |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for age, row in found.items():
        times = f"{row['look_ms']:.1f} ms | {row['from_the_first_ms']:,.0f} ms"
        pages = f"{row['page_ms']:.0f} ms | {row['first_page_ms']:,.0f} ms | {row['overview_ms']:.0f} ms"
        lines.append(f"| {age} old | {row['readings']:,} | {times} | {pages} |")
    put(PAGE, "age", "\n".join(lines))


def main() -> int:
    """Let one canary grow old, and look at it on the way."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--looks", type=int, default=20, help="looks at each age")
    looks, counters, found = words.parse_args().looks, Counters(), {}
    with tempfile.TemporaryDirectory() as folder:
        migrate(url := f"sqlite:///{folder}/sluice.db")
        sessions = open_database(url, clock=lambda _: counters.now)
        People(sessions).add(READER, "viewer", "no password", actor="benchmark")
        release_id = begun(Ledger(sessions), counters)
        for minutes in MINUTES:
            grown(sessions, release_id, counters, minutes)
            looked_at = looked(sessions, release_id, counters, looks)
            found[f"{minutes} min"] = looked_at | shown(Path(folder), sessions, release_id, counters, looks)
        sessions.engine.dispose()
    rows = {**found, "metrics": len(BAD), "looks": looks, "python": platform.python_version()}
    print(json.dumps(rows, indent=1))
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    publish(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
