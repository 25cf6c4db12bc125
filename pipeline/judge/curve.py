"""The evidence over time: what the judge knew after each window. For drawings and replays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.facts import Reading
from pipeline.settings import Judge

from .apart import path
from .case import by_metric
from .counts import NOTHING, Window, added
from .evidence import Evidence
from .follow import Followed
from .metrics import ERRORS, followed_as
from .mixture import HORIZON
from .track import Track
from .windows import Piece, pieces


@dataclass(frozen=True, slots=True)
class Arms:
    """What one metric counted since the share was given: requests and bad ones of both arms."""

    metric: str
    window: Window

    @property
    def canary(self) -> float:
        """Share of the canary's requests that went bad, in percent."""
        return 100 * self.window.k_c / self.window.n_c if self.window.n_c else 0.0

    @property
    def stable(self) -> float:
        """Share of stable's requests that went bad, in percent."""
        return 100 * self.window.k_b / self.window.n_b if self.window.n_b else 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """The evidence after one window, over all metrics. `not_worse` None: this share is judged for harm alone."""

    at: datetime
    percent: int
    harm: float
    not_worse: float | None
    arms: tuple[Arms, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """All points of one share, and what had to be shown there. `margin` None: nothing but no harm."""

    percent: int
    starts: datetime
    margin: float | None
    harm_limit: float
    not_worse_limit: float | None
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One metric after one window."""

    at: datetime
    percent: int
    start: datetime
    track: Track
    window: Window


def segments(readings: Sequence[Reading], judges: Mapping[int, Judge]) -> tuple[Segment, ...]:
    """
    The evidence of one cluster, share by share, oldest first.

    `judges`: the settings that guard the way on from each share. Readings of several metrics may be mixed; evidence
    for harm is their mean and "not worse" their least, as the judge has it.
    """
    if not readings or not judges:
        return ()
    tracks = dict(sorted(_followed(by_metric(readings), judges)))
    found: list[Segment] = []
    for point, start in _together(tracks, judges):
        if not found or found[-1].percent != point.percent:
            judge = _of(judges, point.percent)
            enough = None if judge.margin is None else 1 / judge.beta
            found.append(Segment(point.percent, start, judge.margin, 1 / judge.alpha, enough, ()))
        found[-1] = replace(found[-1], points=(*found[-1].points, point))
    return tuple(found)


def _followed(
    by: Mapping[str, Sequence[Reading]], judges: Mapping[int, Judge]
) -> Iterator[tuple[str, tuple[_Step, ...]]]:
    """Each metric that is judged, step by step."""
    asked = tuple(judges.values())
    way = path(asked[0], by.get(ERRORS, ())).by_pods
    for metric, readings in by.items():
        parts = pieces(readings, by_pods=way)
        for name in followed_as(metric, by_pods=way):
            yield name, tuple(_steps(Followed.begin(name, asked, HORIZON, by_pods=way).steps(parts, asked)))


def _steps(steps: Iterable[tuple[Piece, bool, Track]]) -> Iterator[_Step]:
    for part, counts, track in steps:
        share = part.before or part.percent  # a window in which the share changed belongs to the one it began with
        if counts and share:
            yield _Step(part.end, share, part.start, track, part.window)


def _together(tracks: Mapping[str, tuple[_Step, ...]], judges: Mapping[int, Judge]) -> Iterator[tuple[Point, datetime]]:
    """One point for each moment at which any metric has a window; the others stand where they stood."""
    now: dict[str, Track] = {}
    sums: dict[str, Window] = dict.fromkeys(tracks, NOTHING)
    share = -1
    for step, metric in sorted(((step, metric) for metric, found in tracks.items() for step in found), key=_when):
        if step.percent != share:
            share, sums = step.percent, dict.fromkeys(tracks, NOTHING)
        now[metric], sums[metric] = step.track, added((sums[metric], step.window))
        known = Evidence("", share, tuple(now.values()), tuple(judges.values()))
        margin = _of(judges, share).margin
        least = None if margin is None else known.not_worse(margin)
        yield Point(step.at, share, known.harm, least, tuple(Arms(name, sums[name]) for name in tracks)), step.start


def _when(found: tuple[_Step, str]) -> tuple[datetime, str]:
    return found[0].at, found[1]


def _of(judges: Mapping[int, Judge], percent: int) -> Judge:
    """The judge of this share; of a share that is none of the ladder (a raise under way), the next smaller one's."""
    below = [share for share in judges if share <= percent]
    return judges[max(below) if below else min(judges)]
