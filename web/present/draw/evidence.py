"""The evidence chart: both evidences on a log scale with their limits, and the rates of both arms under it."""

from collections.abc import Sequence

from pipeline.judge.curve import Point, Segment

from ..words import percent
from .scale import LEFT, Frame, Lane, Scale, apart, borders, lanes, log_scale
from .shapes import Drawing, Shape, dot, line, path, text

LOW, HIGH = 0.05, 1000.0  # evidence beyond is drawn at the edge
TICKS = ((0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"))
LETTER = 6.1  # pixels of a letter at 11 px, the widest
MOST = 90  # points of one curve: more would be lost on the screen


def evidence_chart(segments: Sequence[Segment], width: int, *, going_on: bool) -> Drawing:
    """Evidence for harm and for "not worse" by share of the canary, `width` pixels wide."""
    frame = Frame(width, 20, 190 if width < 500 else 170, going_on)
    y = log_scale(LOW, HIGH, frame)
    found = lanes(segments, frame)
    shapes: list[Shape] = list(borders(found, frame, words=True))
    for value, words in TICKS:
        shapes += [line(LEFT, y(value), frame.end, y(value), "g"), text(LEFT - 6, y(value) + 4, words, "", "end")]
    before = 1.0
    for lane in found:
        points = thinned(lane.segment.points)
        start = lane.place(lane.segment.starts)
        harm = [(start, y(before)), *((lane.place(point.at), y(point.harm)) for point in points)]
        shapes.append(path(harm, "bad"))
        shapes += _not_worse(points, lane, y, start if lane.segment is segments[0] else None)
        before = points[-1].harm
    shapes += _limits(found[-1].segment, frame, y)
    shapes += _now(found[-1], frame, y)
    return Drawing(width, round(frame.bottom) + 22, _evidence_label(found[-1].segment, going_on), tuple(shapes))


def _not_worse(points: Sequence[Point], lane: Lane, y: Scale, start: float | None) -> list[Shape]:
    known = [(lane.place(point.at), y(point.not_worse)) for point in points if point.not_worse is not None]
    if not known:
        return []
    if start is not None:
        known.insert(0, (start, y(1.0)))  # where every evidence begins
    shapes: list[Shape] = [path(known, "can")]
    return shapes if lane.last else [*shapes, dot(*known[-1], "can")]


def _limits(segment: Segment, frame: Frame, y: Scale) -> list[Shape]:
    shapes: list[Shape] = []
    for value, cls, colour, words in (
        (segment.harm_limit, "th-f", "tf", f"roll back at {segment.harm_limit:.0f}"),
        (segment.not_worse_limit, "th-p", "tp", f"go on at {segment.not_worse_limit or 0:.0f}"),
    ):
        if value is None:
            continue
        shapes.append(line(LEFT, y(value), frame.end, y(value), cls))
        if frame.small:
            shapes.append(text(LEFT + 3, y(value) - 4, words, colour))
        else:
            shapes.append(text(frame.end + 6, y(value) + 4, words, colour))
    return shapes


def _now(lane: Lane, frame: Frame, y: Scale) -> list[Shape]:
    """Where both stand, with their numbers."""
    last = lane.segment.points[-1]
    x = lane.place(last.at)
    known = [(last.harm, "bad", "tf", "harm")]
    if last.not_worse is not None:
        known.append((last.not_worse, "can", "ta", "not worse"))
    places = apart(y(known[0][0]), y(known[-1][0])) if len(known) > 1 else (y(last.harm),)
    shapes: list[Shape] = [dot(x, y(value), cls) for value, cls, _, _ in known]
    for (value, _, colour, name), at in zip(known, places, strict=True):
        words = f"{name} {number(value)}"
        if frame.going_on and x + 8 + LETTER * len(words) <= (frame.width if frame.small else frame.end):
            shapes.append(text(x + 8, at + 4, words, colour))
        else:
            shapes.append(text(x - 8, at - 8, words, colour, "end"))
    return shapes


def _evidence_label(segment: Segment, going_on: bool) -> str:
    last = segment.points[-1]
    when = f"At {segment.percent} % now" if going_on else f"At {segment.percent} %, where it ended"
    told = f"Evidence by share of the traffic, log scale. {when}: evidence for harm {number(last.harm)}"
    told += f" of {segment.harm_limit:.0f}"
    if last.not_worse is None or segment.not_worse_limit is None:
        return f"{told}; this share is judged for harm alone."
    return f"{told}, evidence for not worse {number(last.not_worse)} of {segment.not_worse_limit:.0f}."


def rate_chart(segments: Sequence[Segment], width: int, *, going_on: bool, metric: int = 0) -> Drawing:
    """Rates of both arms since each share was given, and the limit; `metric`: which of those that were judged."""
    frame = Frame(width, 10, 92, going_on)
    found = lanes(segments, frame)
    top = _top(found, metric)

    def y(value: float) -> float:
        return frame.bottom - min(value, top) / top * frame.height

    shapes: list[Shape] = list(borders(found, frame, words=False))
    for part in range(5):
        at = y(top * part / 4)
        shapes.append(line(LEFT, at, frame.end, at, "g"))
        if part % 2 == 0:
            shapes.append(text(LEFT - 6, at + 4, f"{top * part / 4:g} %", "", "end"))
    for lane in found:
        shapes += _rates(lane, metric, y)
    shapes += _rate_words(found[-1], frame, metric, y)
    return Drawing(width, round(frame.bottom) + 18, _rate_label(found[-1].segment, metric), tuple(shapes))


def _rates(lane: Lane, metric: int, y: Scale) -> list[Shape]:
    points = thinned(lane.segment.points)
    places = [(lane.place(point.at), point.arms[metric]) for point in points]
    shapes: list[Shape] = [
        path([(x, y(arms.stable)) for x, arms in places], "sta"),
        path([(x, y(arms.canary)) for x, arms in places], "can"),
    ]
    if lane.segment.margin is not None:
        shapes.append(path([(x, y(arms.stable + 100 * lane.segment.margin)) for x, arms in places], "th-f open"))
    return shapes


def _rate_words(lane: Lane, frame: Frame, metric: int, y: Scale) -> list[Shape]:
    arms, margin = lane.segment.points[-1].arms[metric], lane.segment.margin
    x = lane.place(lane.segment.points[-1].at) + 8 if frame.going_on else frame.end + 6
    if frame.small and not frame.going_on:
        return []  # no room; the sentence above the chart says them
    canary, stable = apart(y(arms.canary), y(arms.stable))
    shapes: list[Shape] = [
        text(x, canary + 4, f"canary {rate(arms.canary)}", "ta"),
        text(x, stable + 4, f"stable {rate(arms.stable)}"),
    ]
    limit = None if margin is None else y(arms.stable + 100 * margin)
    if limit is not None and min(abs(limit - canary), abs(limit - stable)) >= 13:
        shapes.append(text(x, limit + 4, f"limit, +{100 * (margin or 0):g}", "tf"))
    return shapes


def _rate_label(segment: Segment, metric: int) -> str:
    arms = segment.points[-1].arms[metric]
    limit = f", limit stable plus {100 * segment.margin:g} points" if segment.margin is not None else ""
    at = f"At {percent(segment.percent)}: canary {rate(arms.canary)}, stable {rate(arms.stable)}{limit}."
    return f"Rate of {arms.metric} since each share was given. {at}"


def _top(found: Sequence[Lane], metric: int) -> float:
    """The end of the scale: where both arms ended and the limit fit; single early failures may be cut off."""
    highest = 0.1
    for lane in found:
        arms = lane.segment.points[-1].arms[metric]
        highest = max(highest, arms.canary, arms.stable, arms.stable + 100 * (lane.segment.margin or 0))
    return next(step for step in (0.2, 0.4, 0.8, 2.0, 4.0, 8.0, 20.0, 40.0, 100.0) if step >= min(highest * 1.15, 100))


def thinned(points: Sequence[Point], most: int = MOST) -> tuple[Point, ...]:
    """At most `most` of them, the last one among them; of neighbours the one with more evidence for harm stays."""
    if len(points) <= most:
        return tuple(points)
    size = -(-len(points) // (most - 1))
    groups = [points[at : at + size] for at in range(0, len(points) - 1, size)]
    return (*(max(group, key=lambda point: point.harm) for group in groups), points[-1])


def number(value: float) -> str:
    """
    Evidence as a label has it.

    >>> number(0.31), number(242.4), number(3_000_000)
    ('0.3', '242', 'over a million')
    """
    if value >= 1_000_000:
        return "over a million"
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}"


def rate(value: float) -> str:
    """
    >>> rate(0.1234), rate(30)
    ('0.12 %', '30.0 %')
    """
    return f"{value:.2f} %" if value < 10 else f"{value:.1f} %"
