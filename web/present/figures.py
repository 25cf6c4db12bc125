"""How delivery goes, in four figures that are counted from releases; what was never seen is not made up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from pipeline.states import Kind, Reason, State
from pipeline.store.shown import Ended

from .draw.shapes import Drawing
from .draw.spark import spark
from .words import lasted, many

DAYS = 7
NONE = "no data yet"
HARMFUL = (Reason.HARMED, Reason.GUARD, Reason.FAILED)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, where it comes from, and how it went day by day; `spark` None: too few days to draw."""

    name: str
    value: str
    note: str
    spark: Drawing | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """A figure: how it is counted from releases (None: there is nothing to count), said and explained."""

    name: str
    count: Callable[[list[Ended]], float | None]
    say: Callable[[float], str]
    note: Callable[[list[Ended]], str]
    empty: str


def figures(found: Iterable[Ended], now: datetime) -> tuple[Figure, ...]:
    """The four of the last seven days, each beside that of the seven days before, where there is one."""
    days: list[list[Ended]] = [[] for _ in range(2 * DAYS)]  # the latest first
    for one in found:
        if one.kind is Kind.NORMAL and 0 <= (ago := (now - one.ended_at) // timedelta(days=1)) < len(days):
            days[ago].append(one)
    return tuple(_figure(kind, days) for kind in KINDS)


def _figure(kind: _Kind, days: list[list[Ended]]) -> Figure:
    recent, before = ([one for day in part for one in day] for part in (days[:DAYS], days[DAYS:]))
    value, old = kind.count(recent), kind.count(before)
    if value is None:
        return Figure(kind.name, NONE, kind.empty)
    note = kind.note(recent) + (f", was {kind.say(old)}" if old is not None else "")
    drawn = [number for day in reversed(days) if (number := kind.count(day)) is not None]
    label = f"{kind.name} by day, {len(drawn)} days with data, from {kind.say(drawn[0])} to {kind.say(drawn[-1])}"
    return Figure(kind.name, kind.say(value), note, spark(drawn, label) if len(drawn) > 1 else None)


def _live(found: list[Ended]) -> list[Ended]:
    return [one for one in found if one.state is State.LIVE]


def _failed(found: list[Ended]) -> list[Ended]:
    return [one for one in found if one.touched and one.state is State.ROLLED_BACK and one.reason in HARMFUL]


def _middle(spans: list[float]) -> float | None:
    return median(spans) if spans else None


def _lead(found: list[Ended]) -> float | None:
    return _middle([(one.ended_at - one.created_at).total_seconds() for one in _live(found)])


def _frequency(found: list[Ended]) -> float | None:
    return len(_live(found)) or None


def _failures(found: list[Ended]) -> float | None:
    total = len(_live(found)) + len(_failed(found))
    return 100 * len(_failed(found)) / total if total else None


def _restore(found: list[Ended]) -> float | None:
    return _middle([(one.ended_at - one.undone).total_seconds() for one in _failed(found) if one.undone])


def _of_all(found: list[Ended]) -> str:
    total = len(_live(found)) + len(_failed(found))
    return f"{len(_failed(found))} of {many(total, 'release')} that reached a cluster"


def _seconds(value: float) -> str:
    return lasted(timedelta(seconds=value))


KINDS = (
    _Kind(
        "Lead time",
        _lead,
        _seconds,
        lambda _: "median, from commit seen to live",
        f"from commit seen to live, {DAYS} days",
    ),
    _Kind("Went live", _frequency, lambda value: f"{value:.0f}", lambda _: f"in {DAYS} days", f"in {DAYS} days"),
    _Kind(
        "Change fail rate",
        _failures,
        lambda value: f"{value:.0f} %",
        _of_all,
        f"taken back of all that reached a cluster, {DAYS} days",
    ),
    _Kind(
        "Time to take back",
        _restore,
        _seconds,
        lambda _: "median, from decision to the last good version",
        f"from decision to the last good version, {DAYS} days",
    ),
)
