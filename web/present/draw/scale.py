"""From values to places on a drawing: the frame of a chart over the shares of a canary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log10, sqrt

from pipeline.judge.curve import Segment

from .shapes import Shape, line, rect, text

WIDE, NARROW = 760, 340
LEFT = 42
SHOWN = 5  # shares drawn at most, the latest; the table has them all
ROOM = 0.72  # of the last share's width, while it goes on: the labels stand in the rest
Place = Callable[[datetime], float]
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of a drawing that the curves use."""

    width: int
    top: float
    height: float
    going_on: bool  # the last share is the one of now

    @property
    def small(self) -> bool:
        return self.width < 500

    @property
    def right(self) -> float:
        """Room for labels beside the curves; a narrow drawing has none to spare."""
        return 8 if self.small else 96

    @property
    def end(self) -> float:
        """Where the curves end."""
        return self.width - self.right

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Lane:
    """One share's part of the frame. `place` gives the x of a moment in it."""

    segment: Segment
    start: float
    width: float
    last: bool
    place: Place


def lanes(segments: Sequence[Segment], frame: Frame) -> tuple[Lane, ...]:
    """The shares side by side: longer ones get more room, and none is too narrow to be seen."""
    shown = segments[-(3 if frame.small else SHOWN) :]
    weights = [sqrt(1 + _seconds(segment)) for segment in shown]
    least = max(weights) / 3
    weights = [max(weight, least) for weight in weights]
    others = sum(weights[:-1])
    weights[-1] = max(weights[-1], others if frame.small else others / 2 if frame.going_on else 0.0)  # room for labels
    room = (frame.end - LEFT) / sum(weights)
    found, x = list[Lane](), float(LEFT)
    for number, (segment, weight) in enumerate(zip(shown, weights, strict=True), 1):
        last = number == len(shown)
        width = weight * room
        drawn = width * ((0.5 if frame.small else ROOM) if last and frame.going_on else 1.0)
        found.append(Lane(segment, x, width, last, _placed(segment, x, drawn)))
        x += width
    return tuple(found)


def _placed(segment: Segment, x: float, width: float) -> Place:
    """Places of this share alone."""
    span = max(1.0, _seconds(segment))
    return lambda at: x + min(1.0, max(0.0, (at - segment.starts).total_seconds() / span)) * width


def _seconds(segment: Segment) -> float:
    return (segment.points[-1].at - segment.starts).total_seconds()


def borders(found: Sequence[Lane], frame: Frame, *, words: bool) -> tuple[Shape, ...]:
    """A line where the share changes, its percent above and the time below; the share of now on a ground of its own."""
    shapes = list[Shape]()
    for lane in found:
        if lane.last and frame.going_on:
            shapes.insert(0, rect(lane.start, frame.top, lane.width, frame.height, "band"))
        if lane is not found[0]:
            shapes.append(line(lane.start, frame.top, lane.start, frame.bottom, "ax"))
        if words:
            now = " · now" if lane.last and frame.going_on else ""
            at = f"{lane.segment.starts:%H:%M}" if frame.small else f"{lane.segment.starts:%H:%M:%S}"
            shapes.append(text(lane.start + 5, frame.top - 7, f"{lane.segment.percent} %{now}", "b"))
            shapes.append(text(lane.start + (0 if lane is found[0] else 4), frame.bottom + 15, at))
    return tuple(shapes)


def log_scale(low: float, high: float, frame: Frame) -> Scale:
    """The y of a value between `low` and `high` on a log scale; beyond it is cut off at the edge."""
    bottom, top = log10(low), log10(high)

    def place(value: float) -> float:
        part = (log10(min(high, max(low, value))) - bottom) / (top - bottom)
        return frame.bottom - part * frame.height

    return place


def apart(first: float, second: float, least: float = 13.0) -> tuple[float, float]:
    """
    Two places for labels, moved apart until they do not touch.

    >>> apart(50, 52)
    (44.5, 57.5)
    >>> apart(10, 90)
    (10, 90)
    """
    if abs(first - second) >= least:
        return first, second
    middle = (first + second) / 2
    half = least / 2
    return (middle - half, middle + half) if first <= second else (middle + half, middle - half)
