"""How soon a bad version is gone, how soon a good one is everywhere, and what it costs the API server."""

import itertools
import time
from collections.abc import Callable, Iterator

from tests.load import FAILED

from .bench import Bench, Figures, bench, between, clock, definition

IDLE = 30.0  # seconds


def half(runs: int) -> Iterator[Figures]:
    """Versions that fail every second request."""
    return _each(runs, lambda one, run: _bad(one, f"half-{run}", 2))


def some(runs: int) -> Iterator[Figures]:
    """Versions that fail one request in twenty."""
    return _each(runs, lambda one, run: _bad(one, f"some-{run}", 20))


def good(runs: int) -> Iterator[Figures]:
    """Versions that are as good as the one before."""
    return _each(runs, lambda one, run: _good(one, f"good-{run}"))


def idle(runs: int) -> Iterator[Figures]:
    """What it costs when no release is on its way, of which there is less to learn in ten runs than in three."""
    return _each(min(runs, 3), lambda one, _: _idle(one))


def _each(runs: int, measure: Callable[[Bench, int], Figures]) -> Iterator[Figures]:
    with bench(definition()) as one:
        for run in range(runs):
            yield measure(one, run)


def _bad(one: Bench, name: str, every: int) -> Figures:
    """From the push until it is taken back."""
    began = time.monotonic()
    release = one.released(name, "rolled back", **{"fails-every": every})
    mine = [answer for answer in one.answers(began) if answer.said in (FAILED, f"{name}\n")]
    failed = [answer for answer in mine if answer.said == FAILED]
    (decided,) = one.moments(release, "undo")
    return {
        "first failing → last bad answer, s": mine[-1].at - failed[0].at,
        "first failing → decision, s": decided - clock(failed[0]),
        "decision → last bad answer, s": clock(mine[-1]) - decided,
        "failed requests": len(failed),
    }


def _good(one: Bench, name: str) -> Figures:
    """From its first share until everybody has it."""
    began = time.monotonic()
    release = one.released(name)
    said = one.answers(began)
    first = next(answer for answer in said if answer.said == f"{name}\n")
    last = [answer for answer in said if answer.said not in (f"{name}\n", FAILED)][-1]
    started, ended = one.moments(release, "start", "Canary on")[0], one.moments(release, "finish")[0]
    shares = [started, *one.moments(release, "shift"), ended]
    calls = one.calls()
    return {
        "first new answer → everybody, s": last.at - first.at,
        "canary begins → live, s": ended - started,
        "failed requests": sum(answer.said == FAILED for answer in said),
        "API calls": between(calls, started, ended),
        "most API calls of a rung": max(between(calls, *pair) for pair in itertools.pairwise(shares)),
    }


def _idle(one: Bench) -> Figures:
    began = time.time()
    time.sleep(IDLE)
    return {"API calls in 30 s": between(one.calls(), began, time.time())}
