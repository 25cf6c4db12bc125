"""A canary played again: its evidence as the judge had it at one moment after the other."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from pipeline.store.shown import Told

from .words import clock, lasted

MOST = 60  # stops, however long the canary was
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)  # seconds from stop to stop


@dataclass(frozen=True, slots=True)
class Replay:
    """Where one is. The stops are seconds since the first reading, to be put behind `?at=`; None: there is none."""

    first: int
    before: int | None
    after: int | None
    last: int
    words: str = ""  # "" = it is not played, all is shown
    at: datetime | None = None  # the moment that is shown; None: that of now


def replay(told: Told, at: str) -> Replay | None:
    """`at`: a stop as text, "" = none; one in between is rounded up, one beyond is the end. None: none was judged."""
    stops = _stops(told)
    if not stops:
        return None
    if not at.isdecimal():
        return Replay(stops[0], None, stops[0], stops[-1])
    seconds = int(at[:9])
    place = next((place for place, stop in enumerate(stops) if stop >= seconds), len(stops) - 1)
    assert told.first_read is not None
    moment = told.first_read + timedelta(seconds=stops[place])
    return Replay(
        first=stops[0],
        before=stops[place - 1] if place else None,
        after=stops[place + 1] if place + 1 < len(stops) else None,
        last=stops[-1],
        words=f"{clock(moment)}, {_span(stops[place])} of {_span(stops[-1])}",
        at=moment,
    )


def _stops(told: Told) -> tuple[int, ...]:
    """Few enough to go through by hand, the last one at or after the last reading."""
    compared = told.release is not None and any(target.previous for target in told.release.targets)
    if not compared or told.first_read is None:
        return ()
    last = max(case.at for case in told.said.cases.values() if case.at)
    whole = max(1, ceil((last - told.first_read).total_seconds()))
    step = next((step for step in STEPS if whole <= step * MOST), ceil(whole / MOST))
    return tuple(range(step, whole + step, step))


def _span(seconds: int) -> str:
    return lasted(timedelta(seconds=seconds))
