"""From cumulative readings to windows of evidence; a doubtful window is none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol, Self, TypeVar

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


def pieces(readings: Iterable[Reading], *, by_pods: bool = False) -> list[Piece]:
    """What lies between each two readings of one metric in one cluster, oldest first; the first is only a start."""
    found = [between(old, new, by_pods=by_pods) for old, new in pairwise(readings)]
    return [part for part in found if part]


def between(old: Reading, new: Reading, *, by_pods: bool) -> Piece | None:
    """
    What lies between two readings; `by_pods`: of each pod as well.

    Nothing where a reading is missing, a counter began anew, went down or is impossible, where no time passed, or where
    the share changed while nobody watched for long (the two arms then saw different times).
    """
    seconds = (new.at - old.at).total_seconds()
    if seconds <= 0 or (seconds > GAP and old.percent != new.percent):
        return None
    canary, stable = _grown(old.canary, new.canary), _grown(old.stable, new.stable)
    if canary is None or stable is None:
        return None
    healthy, pods = old.healthy and new.healthy, _by_pod(old.pods, new.pods) if by_pods else ()
    return Piece(old.at, new.at, old.percent, new.percent, healthy, Window(seconds, *canary, *stable), pods)


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


class Open(Protocol):
    """Windows that are put together. What one still holds at the end waits for the next reading."""

    def after(self, part: Piece) -> tuple[Self, tuple[Any, ...]]:
        """What is open once `part` is seen as well, and what is full by then, oldest first."""
        ...


Opened = TypeVar("Opened", bound=Open)


def filled(begun: Opened, parts: Iterable[Piece]) -> tuple[Opened, list[Any]]:
    """What is open after all `parts`, and what was full by then, oldest first."""
    done: list[Any] = []
    for part in parts:
        begun, full = begun.after(part)
        done += full
    return begun, done


@dataclass(frozen=True, slots=True)
class Merging:
    """
    Neighbours put together until they hold `ENOUGH` requests, the share changes or `GAP` seconds are full.

    When to stop depends on the traffic alone, never on what went bad, so the evidence stays valid.
    """

    held: Piece | None = None

    def after(self, part: Piece) -> tuple["Merging", tuple[Piece, ...]]:
        """What is open once `part` is seen as well, and what is full by then."""
        done: tuple[Piece, ...] = ()
        held = self.held
        if held and held.end == part.start and held.before == held.percent == part.percent:
            part = joined(held, part)
        elif held:
            done = (held,)
        if part.window.n_c + part.window.n_b >= ENOUGH or part.window.seconds >= GAP:
            return Merging(), (*done, part)
        return Merging(part), done


def merged(parts: Iterable[Piece]) -> list[Piece]:
    """Neighbours put together as `Merging` has it."""
    return filled(Merging(), parts)[1]


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


@dataclass(frozen=True, slots=True)
class Watching:
    """Which windows count: those that begin `warm_up` seconds after the canary's first traffic or later."""

    warm_up: float = 0.0
    opened: datetime | None = None  # start of the first window in which the canary had a request

    def after(self, part: Piece) -> "Watching":
        """The same once `part` is seen as well."""
        return Watching(self.warm_up, part.start) if self.opened is None and part.window.n_c else self

    def counts(self, part: Piece) -> bool:
        """Whether the latest window counts."""
        return self.opened is not None and (part.start - self.opened).total_seconds() >= self.warm_up


@dataclass(frozen=True, slots=True)
class ByRequest:
    """Windows in which requests are the units, and whether each counts."""

    watching: Watching = Watching()
    merging: Merging = Merging()

    def after(self, part: Piece) -> tuple["ByRequest", tuple[tuple[Piece, bool], ...]]:
        """What is open once `part` is seen as well, and what is full by then."""
        merging, full = self.merging.after(part)
        watching, done = self.watching, []
        for one in full:
            watching = watching.after(one)
            done.append((one, watching.counts(one)))
        return ByRequest(watching, merging), tuple(done)


def windows(readings: Iterable[Reading], warm_up: float = 0.0) -> Iterator[Window]:
    """The windows of one metric in one cluster that count as evidence."""
    _, done = filled(ByRequest(Watching(warm_up)), pieces(readings))
    return (part.window for part, counts in done if counts)
