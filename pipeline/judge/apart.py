"""Which path a canary is judged by: each request by itself, or pod by pod in windows; and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.facts import PodCount, Reading
from pipeline.settings import Judge

from .counts import Window
from .samples import Unit
from .windows import Piece, joined, watched

REQUEST, POD_WINDOW = "request", "pod-window"
NO_HISTORY = "too little is recorded of it yet to choose by"


@dataclass(frozen=True, slots=True)
class Path:
    """What is one observation here. `window`: seconds, of a pod; `why`: a part of a sentence."""

    unit: str
    window: float
    why: str

    @property
    def by_pods(self) -> bool:
        """Pods are counted, not requests."""
        return self.unit == POD_WINDOW

    def told(self, cluster: str = "") -> str:
        """As a sentence.

        >>> Path("pod-window", 30, "the definition says so").told("az1")
        'Judged in az1 pod by pod in windows of 30 s, since the definition says so'
        """
        where = f" in {cluster}" if cluster else ""
        how = f"pod by pod in windows of {self.window:g} s" if self.by_pods else "request by request"
        return f"Judged{where} {how}, since {self.why}"


def path(judge: Judge, readings: Iterable[Reading]) -> Path:
    """
    The path of one cluster, by its readings of failed requests, oldest first.

    It follows from what was read until the canary got its first requests, and stays: a path that changed with what it
    saw would be a second chance to be wrong.
    """
    if judge.alone:
        return Path(REQUEST, judge.window, "no older version runs beside it: it is held against its promise")
    if judge.unit == REQUEST:
        return Path(REQUEST, judge.window, judge.chosen or "the definition says so")
    if not _told_apart(readings):
        return Path(REQUEST, judge.window, "its pods are not told apart where requests are counted")
    declared = "the definition says so" if judge.unit == POD_WINDOW else NO_HISTORY
    return Path(POD_WINDOW, judge.window, judge.chosen or declared)


def _told_apart(readings: Iterable[Reading]) -> bool:
    """Pods of both arms were told apart before, or when, the canary had its first request."""
    began: tuple[str, int] | None = None
    for one in readings:
        if {pod.canary for pod in one.pods} == {True, False}:
            return True
        if one.canary is not None:
            if began is not None and began[0] == one.canary.source and one.canary.total > began[1]:
                return False
            began = (one.canary.source, one.canary.total)
    return False


def pod_windows(parts: Iterable[Piece], length: float, warm_up: float) -> Iterator[tuple[Piece, bool]]:
    """
    Windows of `length` seconds in which pods are the units, and whether each counts.

    How long one is follows from the clock, the share and the warm-up, never from what went bad. A moment in which the
    share changes belongs to none, and a window ends before it. What is left over at the end waits.
    """
    held: tuple[Piece, bool] | None = None
    for part, counts in watched(parts, warm_up):
        if held and not (held[0].end == part.start and held[1] is counts and part.before == held[0].percent):
            yield _seen(held[0]), held[1]
            held = None
        if part.before != part.percent:
            continue
        held = (joined(held[0], part) if held else part, counts)
        if held[0].window.seconds >= length:
            yield _seen(held[0]), counts
            held = None


def _seen(part: Piece) -> Piece:
    """The same with the requests that its pods counted."""
    (n_c, k_c), (n_b, k_b) = (sums(part.pods, canary=arm) for arm in (True, False))
    return replace(part, window=Window(part.window.seconds, n_c, k_c, n_b, k_b))


def sums(pods: Iterable[PodCount], *, canary: bool) -> tuple[int, int]:
    """Requests and bad ones of all pods of an arm."""
    arm = [pod for pod in pods if pod.canary is canary]
    return sum(pod.total for pod in arm), sum(pod.bad for pod in arm)


def units(pods: Iterable[PodCount], *, canary: bool) -> list[Unit]:
    """The units of one arm: those of its pods that had a request, by name."""
    arm = [pod for pod in pods if pod.canary is canary and pod.total]
    return [Unit(pod.total, pod.bad) for pod in sorted(arm, key=lambda pod: pod.name)]
