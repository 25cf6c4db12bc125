"""What the browser gets besides pages: libraries as they came, our own styles, nothing from elsewhere."""

import doctest
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.states import Kind, Reason, State
from pipeline.store.shown import Ended
from web import ansi, loglines
from web.pages import pulse
from web.present import bars, figures, words

STATIC = Path(__file__).parents[2] / "web" / "static"
VENDOR = STATIC / "vendor"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def listed() -> dict[str, str]:
    lines = [line.split() for line in (VENDOR / "CHECKSUMS").read_text().splitlines() if not line.startswith("#")]
    return {name: digest for digest, name in lines}


def test_each_library_is_as_it_came_and_none_is_unlisted() -> None:
    there = {path.name: sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir() if path.name != "CHECKSUMS"}

    assert there == listed()


@pytest.mark.parametrize("library", ["bootstrap", "htmx", "relative-time-element", "inter", "jetbrains-mono"])
def test_each_library_brings_its_licence(library: str) -> None:
    assert (VENDOR / f"{library}.LICENSE.txt").stat().st_size > 300


def test_our_styles_and_scripts_ask_no_other_site() -> None:
    ours = "".join((STATIC / name).read_text() for name in ("sluice.css", "sluice.js", "theme.js", "keys.js", "log.js"))

    assert not re.findall(r"https?://(?!www\.w3\.org)", ours)
    assert not re.findall(r"innerHTML|outerHTML\s*=|document\.write|eval\(", ours)


@pytest.mark.parametrize("module", [ansi, bars, loglines, words])
def test_the_examples_in_the_code_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def ended(state: State, reason: Reason | None = None, *, touched: bool = True, days: float = 1) -> Ended:
    at = NOW - timedelta(days=days)
    undone = at - timedelta(seconds=4) if touched and reason else None
    return Ended(Kind.NORMAL, state, reason, at - timedelta(minutes=10), at, touched, undone)


def test_figures_count_only_what_happened() -> None:
    live, harmed = ended(State.LIVE), ended(State.ROLLED_BACK, Reason.HARMED)
    never = [ended(State.ROLLED_BACK, Reason.FAILED, touched=False), ended(State.ROLLED_BACK, Reason.CANCELLED)]
    found = figures.figures([live, live, live, harmed, *never, ended(State.LIVE, days=8)], NOW)

    assert [figure.value for figure in found] == ["10 min", "3", "25 %", "4 s"]


def test_figures_of_nothing_say_so() -> None:
    assert {figure.value for figure in figures.figures([], NOW)} == {figures.NONE}


class Queue:
    """A queue that answers as told."""

    def __init__(self, workers: int | None) -> None:
        self.answer = workers

    def workers(self) -> int | None:
        return self.answer


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        (None, "Queue unavailable since 12:00:00 UTC; releases continue in degraded mode."),
        (0, "No worker alive since 12:00:00 UTC; releases continue slower, in the sweeper."),
        (1, ""),
    ],
)
def test_a_banner_says_what_is_down_and_since_when(workers: int | None, said: str) -> None:
    heard = pulse.Heard()
    first = pulse.banners(Queue(workers), "", NOW, heard)
    later = pulse.banners(Queue(1), "", NOW + timedelta(minutes=1), heard)

    assert first == ((said,) if said else ())
    assert later == first  # asked again only after some seconds


def test_a_sweeper_that_fell_silent_is_told() -> None:
    assert pulse.banners(None, str(NOW.timestamp()), NOW) == ()
    assert (
        "No sweeper alive since 12:00:00 UTC"
        in pulse.banners(None, str(NOW.timestamp()), NOW + timedelta(minutes=1))[0]
    )
