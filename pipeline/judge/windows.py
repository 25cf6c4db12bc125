"""From cumulative readings to windows of evidence; a doubtful window is none."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from pipeline.facts import Count, PodCount, Reading

from .counts import Window

GAP = 15.0  # seconds: the longest scrape interval; what lies further apart was not watched
ENOUGH = 20  # requests; smaller windows are put together, as nearly empty ones can tell nothing
_LARGEST = 2**53  # beyond it a counter that was ever a float is not exact


@dataclass(frozen=True, slots=True)
class Piece:
    """One window, when it was, and the percent routed to the canary at both ends."""

    start: datetime
    end: datetime
    before: int
    percent: int
    healthy: bool
    window: Window
    pods: tuple[PodCount, ...] = ()  # what each pod did that was there at both ends


def pieces(readings: Iterable[Reading], *, by_pods: bool = False) -> Iterator[Piece]:
    """
    What lies between each two readings of one metric in one cluster, oldest first; `by_pods`: of each pod as well.

    The first reading is only a start. There is no piece where a reading is missing, a counter began anew, went down
    or is impossible, where no time passed, or where the share changed while nobody watched for long (the two arms then
    saw different times).
    """
    for old, new in pairwise(readings):
        seconds = (new.at - old.at).total_seconds()
        if seconds <= 0 or (seconds > GAP and old.percent != new.percent):
            continue
        canary, stable = _grown(old.canary, new.canary), _grown(old.stable, new.stable)
        if canary is None or stable is None:
            continue
        healthy, pods = old.healthy and new.healthy, _by_pod(old.pods, new.pods) if by_pods else ()
        yield Piece(old.at, new.at, old.percent, new.percent, healthy, Window(seconds, *canary, *stable), pods)


def _by_pod(old: tuple[PodCount, ...], new: tuple[PodCount, ...]) -> tuple[PodCount, ...]:
    before = {(pod.name, pod.canary): pod for pod in old}
    found = ((pod, before.get((pod.name, pod.canary))) for pod in new)
    grown = (PodCount(pod.name, pod.canary, pod.total - was.total, pod.bad - was.bad) for pod, was in found if was)
    return tuple([pod for pod in grown if 0 <= pod.bad <= pod.total])


def _grown(old: Count | None, new: Count | None) -> tuple[int, int] | None:
    if old is None or new is None or old.source != new.source:
        return None
    total, bad = new.total - old.total, new.bad - old.bad
    credible = 0 <= old.bad <= old.total <= new.total <= _LARGEST and 0 <= bad <= total
    return (total, bad) if credible else None


def merged(parts: Iterable[Piece]) -> Iterator[Piece]:
    """
    Neighbours put together until they hold `ENOUGH` requests, the share changes or `GAP` seconds are full.

    When to stop depends on the traffic alone, never on what went bad, so the evidence stays valid. What is left over
    at the end waits for the next reading.
    """
    held: Piece | None = None
    for part in parts:
        if held and held.end == part.start and held.before == held.percent == part.percent:
            part = joined(held, part)
        elif held:
            yield held
        held = part
        if part.window.n_c + part.window.n_b >= ENOUGH or part.window.seconds >= GAP:
            yield part
            held = None


def joined(one: Piece, after: Piece) -> Piece:
    """Two neighbours as one."""
    pods: dict[tuple[str, bool], PodCount] = {(pod.name, pod.canary): pod for pod in one.pods}
    for pod in after.pods:
        known = pods.get(key := (pod.name, pod.canary))
        pods[key] = replace(pod, total=known.total + pod.total, bad=known.bad + pod.bad) if known else pod
    return replace(
        after,
        start=one.start,
        healthy=one.healthy and after.healthy,
        window=one.window + after.window,
        pods=tuple(pods.values()),
    )


def watched(parts: Iterable[Piece], warm_up: float) -> Iterator[tuple[Piece, bool]]:
    """Each piece, and whether it counts: it begins `warm_up` seconds after the canary's first traffic or later."""
    opened: datetime | None = None
    for part in parts:
        if opened is None and part.window.n_c:
            opened = part.start
        yield part, opened is not None and (part.start - opened).total_seconds() >= warm_up


def windows(readings: Sequence[Reading], warm_up: float = 0.0) -> Iterator[Window]:
    """The windows of one metric in one cluster that count as evidence."""
    return (part.window for part, counts in watched(merged(pieces(readings)), warm_up) if counts)


def healthy_seconds(readings: Sequence[Reading], percent: int = 95) -> float:
    """
    Seconds of *observed* health at `percent` or more: what a soak adds up.

    Both ends of a window are healthy and at the share, at most `GAP` seconds apart, and the canary had requests
    between them. An hour in which nobody looked adds nothing.
    """
    one = [reading for reading in readings if reading.metric == readings[0].metric]
    return sum(
        part.window.seconds
        for part in pieces(one)
        if part.healthy and part.window.n_c and part.window.seconds <= GAP and min(part.before, part.percent) >= percent
    )
