"""Workers, work horses, Redis or all of Sluice die in mid-release: it goes on, and nothing happens twice."""

import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from pipeline.store.tables import ReleaseRow
from tests.faults.engine import Engine, engine
from tests.faults.parts import signal_it
from tests.faults.sound import assert_sound
from tests.load import Load
from tests.runners.until import until

pytestmark = pytest.mark.story

TAKEOVER = 25.0  # seconds: the promise
RATE = 25  # requests per second to each cluster
BUILD, TEST, CANARY_1, ROLLOUT_1, CANARY_2, ROLLOUT_2 = range(6)
DEFINITION = """
app: pebble
serve: {{run: exec python3 -I -S app.py, ready: /ready, replicas: 1, drain: 500ms, ready-within: 60s}}
build:
  bundle: {{run: echo build >> {ran} && sleep 3}}
test:
  unit: {{run: echo test >> {ran} && sleep 3 && python3 -I -S check.py}}
judge:
  errors: {{margin: 10pp}}
waves:
  - {{clusters: [az1], canary: [50%], soak: 2s}}
  - {{clusters: [az2], canary: [50%], soak: 2s}}
"""

Strike = Callable[[Engine], None]


@dataclass(frozen=True)
class Moment:
    """Where a release stands when something is struck."""

    at: int
    percent: int
    strike: Strike


def dies_at(point: str) -> Strike:
    """`kill -9` of a work horse at this line of a tick, then of its worker."""

    def strike(one: Engine) -> None:
        worker = one.roles["worker-1"]
        died = len(re.findall("terminated unexpectedly", worker.log.read_text()))
        worker.again(CRASHPOINT=point)
        dead = lambda: len(re.findall("terminated unexpectedly", worker.log.read_text())) > died  # noqa: E731
        until(dead, f"death at {point}", 60)  # a lease of the worker before may have to run out first
        worker.kill()

    return strike


def killed(one: Engine) -> None:
    """`kill -9` of worker and work horse, whatever they do."""
    worker = one.roles["worker-1"]
    until(lambda: worker.horses, "a work horse")
    for horse in worker.horses:
        signal_it(horse, signal.SIGKILL)
    worker.kill()


def flushed(one: Engine) -> None:
    """`FLUSHALL`."""
    one.redis.flush()


def cut_off(one: Engine) -> None:
    """`kill -9` of all of Sluice, two seconds of nothing, and a new start."""
    one.down()
    with Load(one.clusters["az1"], RATE) as load:
        until(lambda: len(load.answers) > 2 * RATE, "two seconds without Sluice")
    one.up()
    assert load.failed == 0


FIRST = (
    Moment(BUILD, 0, dies_at("claim.after")),
    Moment(TEST, 0, dies_at("load.after")),
    Moment(CANARY_1, 50, dies_at("make-so.after")),
    Moment(CANARY_2, 50, cut_off),
    Moment(ROLLOUT_2, 95, dies_at("claim.before")),
)
SECOND = (
    Moment(BUILD, 0, flushed),
    Moment(TEST, 0, killed),
    Moment(CANARY_1, 50, dies_at("look.after")),
    Moment(ROLLOUT_1, 95, dies_at("write.after")),
    Moment(CANARY_2, 50, flushed),
    Moment(CANARY_2, 50, killed),
)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two installations with a first version, so that eleven deaths fit in one test."""
    with ExitStack() as stack:
        both = [stack.enter_context(engine(tmp_path_factory.mktemp(name))) for name in ("first", "second")]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Engine.first_version, both))
        yield both


def live_through(one: Engine, moments: tuple[Moment, ...]) -> list[int]:
    """One release under load that is struck at each moment; the failed requests of both clusters."""
    ran = one.folder / "ran"
    one.push("v2", definition=DEFINITION.format(ran=ran))
    with Load(one.clusters["az1"], RATE) as az1, Load(one.clusters["az2"], RATE) as az2:
        release_id = one.report()
        for moment in moments:
            place = f"R-{release_id} at {moment.at} and {moment.percent} %"
            one.until(release_id, lambda row, at=moment: stands(row, at), place, 90)
            jobs = running(one, release_id)
            moment.strike(one)
            before = one.row(release_id).revision
            goes_on = f"R-{release_id} goes on after {place}"
            one.until(release_id, lambda row, last=before: row.revision > last, goes_on, TAKEOVER)
            assert all((path / "started").read_text() == text for path, text in jobs.items())
        one.ended(release_id, seconds=90)
    assert ran.read_text().split() == ["build", "test"]
    names = {path.name for path in (one.home / "jobs").iterdir() if path.name.startswith(f"r{release_id}-")}
    assert names == {f"r{release_id}-build-1", f"r{release_id}-test-unit-1"}
    assert az1.said()["v2\n"] > 0
    return [az1.failed, az2.failed]


def stands(row: ReleaseRow, moment: Moment) -> bool:
    return row.ended_at is not None or (row.at, row.percent) >= (moment.at, moment.percent)


def running(one: Engine, release_id: int) -> dict[object, str]:
    """The jobs of a release that run now, and what they wrote when they began."""
    folders = [path for path in (one.home / "jobs").iterdir() if path.name.startswith(f"r{release_id}-")]
    return {
        path: (path / "started").read_text()
        for path in folders
        if (path / "started").exists() and not (path / "result").exists()
    }


def test_a_release_goes_on_after_each_of_eleven_deaths_and_nothing_happens_twice(two):
    with ThreadPoolExecutor(2) as pool:
        failed = list(pool.map(live_through, two, (FIRST, SECOND)))

    assert failed == [[0, 0], [0, 0]]
    for one in two:
        assert_sound(one)


def test_without_any_worker_the_sweeper_does_the_work(two):
    one = two[1]
    one.roles["worker-1"].end()
    try:
        one.push("v4", passes=False)
        one.ended(one.report(), "rolled back", seconds=90)
        assert "ticks run in the sweeper" in one.roles["sweeper"].log.read_text()
    finally:
        one.roles["worker-1"].start()
    assert_sound(one)
