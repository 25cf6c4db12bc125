"""The evidence over time: what the judge knew after each window. For drawings and replays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import groupby

from pipeline.facts import Reading
from pipeline.settings import Judge

from .apart import Apart
from .counts import NOTHING, Window
from .evidence import Evidence
from .follow import Followed
from .metrics import ERRORS, followed_as
from .mixture import HORIZON
from .track import Track
from .windows import pieces

KEPT = 500  # points that a curve keeps of one share, besides the last one: many more than are drawn


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
    """One metric after one window. `percent` 0: it makes no point, as the canary had no share or warmed up."""

    at: datetime
    metric: str
    percent: int
    start: datetime
    track: Track
    window: Window


@dataclass(frozen=True, slots=True)
class _Walk:
    """All that has to be remembered to go on with a curve, look by look."""

    judges: Mapping[int, Judge]
    by_pods: bool
    sums: Mapping[str, Window]  # since the share was given, of every metric there will be
    last: Mapping[str, Reading]
    followed: Mapping[str, Followed]
    tracks: Mapping[str, Track]
    percent: int = 0
    since: datetime | None = None  # start of the first window at this share

    def after(self, readings: Sequence[Reading]) -> tuple["_Walk", list[tuple[Point, datetime]]]:
        """The walk once these are seen as well, and its new points with the start of their latest window."""
        walk, found = self, list[tuple[Point, datetime]]()
        for _, looked in groupby(readings, key=lambda one: one.at):
            walk, steps = walk._looked(looked)
            for percent, those in groupby(sorted(steps, key=_when), key=lambda step: step.percent):
                walk, points = walk._stepped(percent, list(those))
                found += points
        return walk, found

    def _looked(self, readings: Iterable[Reading]) -> tuple["_Walk", list[_Step]]:
        """One look: which windows are full by it."""
        asked, steps = tuple(self.judges.values()), list[_Step]()
        last, followed, tracks = dict(self.last), dict(self.followed), dict(self.tracks)
        for one in readings:
            parts = pieces([last[one.metric], one] if one.metric in last else [], by_pods=self.by_pods)
            last[one.metric] = one
            for name in followed_as(one.metric, by_pods=self.by_pods):
                begun = followed.get(name) or Followed.begin(name, asked, HORIZON, by_pods=self.by_pods)
                followed[name], done = begun.stepped(parts, asked)
                tracks.setdefault(name, begun.track)
                for part, counts, track in done:
                    share = part.before or part.percent  # where it changed, a window belongs to the share before
                    steps.append(_Step(part.end, name, share if counts else 0, part.start, track, part.window))
        return replace(self, last=last, followed=followed, tracks=tracks), steps

    def _stepped(self, percent: int, steps: Sequence[_Step]) -> tuple["_Walk", list[tuple[Point, datetime]]]:
        """The evidence after these windows; the metrics without any stand where they stood."""
        walk = replace(self, tracks={**self.tracks, **{step.metric: step.track for step in steps}})
        start = steps[0].start
        late = self.since is not None and steps[-1].at <= self.since  # it was full only after the share had changed
        if not percent or (percent != self.percent and late):
            return walk, []
        if percent != self.percent:
            walk = replace(walk, percent=percent, since=start, sums=dict.fromkeys(self.sums, NOTHING))
        sums = dict(walk.sums)
        for step in steps:
            sums[step.metric] = sums[step.metric] + step.window
        return replace(walk, sums=sums), [(walk._point(steps[-1].at, sums), start)]

    def _point(self, at: datetime, sums: Mapping[str, Window]) -> Point:
        tracks = tuple(track for _, track in sorted(self.tracks.items()))
        known = Evidence("", self.percent, tracks, tuple(self.judges.values()))
        margin = _of(self.judges, self.percent).margin
        least = None if margin is None else known.not_worse(margin)
        return Point(at, self.percent, known.harm, least, tuple(Arms(name, window) for name, window in sums.items()))


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve that can be gone on with: as much after a day as after an hour, as only so many points are kept."""

    apart: Apart
    at: datetime  # of the latest reading
    walk: _Walk
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, readings: Sequence[Reading], judges: Mapping[int, Judge]) -> "Curve":
        """From all readings of one cluster and all judges of its shares; there is at least one of each."""
        apart = _apart(readings, Apart.begin(next(iter(judges.values()))))
        walk, points = _begun(readings, judges, apart).after(readings)
        return cls(apart, readings[-1].at, walk, tuple(_sparse(one) for one in _grown((), points, judges)))

    def after(self, readings: Sequence[Reading]) -> "Curve | None":
        """The same once these, the next ones, are seen as well. None: it has to begin with the first reading."""
        apart, walk = _apart(readings, self.apart), self.walk
        late = any(one.at <= self.at for one in readings)
        if late or bool(apart.told) is not walk.by_pods or any(one.metric not in walk.last for one in readings):
            return None
        if not readings:
            return self
        walk, points = walk.after(readings)
        grown = _grown(self.segments, points, walk.judges)
        return Curve(apart, readings[-1].at, walk, tuple(_sparse(one) for one in grown))


def segments(readings: Sequence[Reading], judges: Mapping[int, Judge]) -> tuple[Segment, ...]:
    """
    The evidence of one cluster, share by share, oldest first, with every point.

    `judges`: the settings that guard the way on from each share. Readings of several metrics may be mixed; evidence
    for harm is their mean and "not worse" their least, as the judge has it.
    """
    if not readings or not judges:
        return ()
    apart = _apart(readings, Apart.begin(next(iter(judges.values()))))
    return _grown((), _begun(readings, judges, apart).after(readings)[1], judges)


def _apart(readings: Iterable[Reading], begun: Apart) -> Apart:
    return reduce(Apart.after, (one for one in readings if one.metric == ERRORS), begun)


def _begun(readings: Iterable[Reading], judges: Mapping[int, Judge], apart: Apart) -> _Walk:
    """Nothing is seen yet of the metrics that are in `readings`."""
    way = bool(apart.told)
    names = {name for metric in {one.metric for one in readings} for name in followed_as(metric, by_pods=way)}
    return _Walk(judges, way, dict.fromkeys(sorted(names), NOTHING), {}, {}, {})


def _grown(
    before: Sequence[Segment], points: Iterable[tuple[Point, datetime]], judges: Mapping[int, Judge]
) -> tuple[Segment, ...]:
    found = list(before)
    for percent, those in groupby(points, key=lambda one: one[0].percent):
        new = list(those)
        if not found or found[-1].percent != percent:
            judge = _of(judges, percent)
            enough = None if judge.margin is None else 1 / judge.beta
            found.append(Segment(percent, new[0][1], judge.margin, 1 / judge.alpha, enough, ()))
        found[-1] = replace(found[-1], points=(*found[-1].points, *(point for point, _ in new)))
    return tuple(found)


def _sparse(segment: Segment) -> Segment:
    """Few enough points: the one with the most evidence for harm of each so many seconds, and the last one. Whoever
    adds points and does it again comes to the same as who does it once."""
    points, span = segment.points, 1
    while (points[-1].at - segment.starts).total_seconds() > KEPT * span:
        span *= 2
    cells = groupby(points, key=lambda point: (point.at - segment.starts).total_seconds() // span)
    kept = [max(those, key=lambda point: point.harm) for _, those in cells]
    return replace(segment, points=tuple(kept if kept[-1] is points[-1] else [*kept, points[-1]]))


def _when(step: _Step) -> tuple[datetime, str]:
    return step.at, step.metric


def _of(judges: Mapping[int, Judge], percent: int) -> Judge:
    """The judge of this share; of a share that is none of the ladder (a raise under way), the next smaller one's."""
    below = [share for share in judges if share <= percent]
    return judges[max(below) if below else min(judges)]
