"""A past canary judged once more, from what was recorded: would these settings have taken it back, and when?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.facts import Reading
from pipeline.settings import Judge

from .counts import NOTHING, Window, added
from .curve import Point, Segment, segments
from .metrics import ERRORS, LATENCY, kind
from .track import CALM
from .windows import pieces

ALL = 100  # percent: from there nothing is to go on to


@dataclass(frozen=True, slots=True)
class Harmed:
    """When the evidence for harm reached its limit. `seconds`: since the canary's first request; `lost`: its failed
    requests until then, of `requests`."""

    at: datetime
    seconds: float
    lost: int
    requests: int


@dataclass(frozen=True, slots=True)
class Stay:
    """One share. `margin`: what had to be refuted there, None: nothing; `seconds` that it was judged there; `enough`:
    seconds after which it might have gone on, None: never while it was there; `harm`: the highest evidence for it."""

    percent: int
    margin: float | None
    seconds: float
    enough: float | None
    harm: float
    harmed: Harmed | None


def replay(readings: Sequence[Reading], judges: Mapping[int, Judge]) -> tuple[Stay, ...]:
    """
    What the judge would have said of one cluster, share by share, up to the one at which it is taken back.

    `readings`: all of the cluster, oldest first. `judges`: the settings that guard the way on from each share. Only
    what was recorded is known: a canary that was taken back cannot show here what it would have done later.
    """
    watched = [one for one in readings if _looks_at(one.metric, judges)]
    found: list[Stay] = []
    for part in segments(watched, judges):
        stay = _stay(part, watched)
        if stay.harmed or part.percent < ALL or part.percent in judges:
            found.append(stay)
        if stay.harmed:
            break
    return tuple(found)


def _looks_at(metric: str, judges: Mapping[int, Judge]) -> bool:
    """More may be recorded than these settings ask for."""
    if kind(metric) == LATENCY:
        return any(judge.latency is not None for judge in judges.values())
    return metric == ERRORS or any(metric == name for judge in judges.values() for name, *_ in judge.falls)


def _stay(part: Segment, readings: Sequence[Reading]) -> Stay:
    bad = next((point for point in part.points if point.harm >= part.harm_limit), None)
    known = part.points[: part.points.index(bad) + 1] if bad else part.points
    enough = next((point for point in known if _suffices(point, part)), None)
    return Stay(
        percent=part.percent,
        margin=part.margin,
        seconds=_since(part.starts, known[-1].at),
        enough=_since(part.starts, enough.at) if enough else None,
        harm=max(point.harm for point in known),
        harmed=_harmed(bad.at, readings) if bad else None,
    )


def _suffices(point: Point, part: Segment) -> bool:
    if point.harm >= CALM:
        return False
    return point.not_worse is None or part.not_worse_limit is None or point.not_worse >= part.not_worse_limit


def _harmed(at: datetime, readings: Sequence[Reading]) -> Harmed:
    parts = [one for one in pieces([one for one in readings if one.metric == ERRORS]) if one.end <= at]
    opened = next((one.start for one in parts if one.window.n_c), at)
    seen: Window = added([one.window for one in parts]) if parts else NOTHING
    return Harmed(at, _since(opened, at), seen.k_c, seen.n_c)


def _since(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
