"""Which path a canary is judged by: each request by itself, or pod by pod in windows; and why."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from pipeline.facts import PodCount, Reading
from pipeline.settings import Judge

from .counts import Window
from .samples import Unit
from .windows import Piece, Watching, joined

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


@dataclass(frozen=True, slots=True)
class Apart:
    """Were pods of both arms told apart before, or when, the canary had its first request? `told` None: it is open."""

    told: bool | None = None
    began: tuple[str, int] | None = None  # the canary's counter when it was last read: its source and its requests

    @classmethod
    def begin(cls, judge: Judge) -> "Apart":
        """Nothing was read yet; there is nothing to wait for where requests are counted anyhow."""
        return cls(False if judge.alone or judge.unit == REQUEST else None)

    def after(self, one: Reading) -> "Apart":
        """The same once `one`, a reading of failed requests, is seen as well."""
        if self.told is not None:
            return self
        if {pod.canary for pod in one.pods} == {True, False}:
            return Apart(True)
        if one.canary is None:
            return self
        began, now = self.began, (one.canary.source, one.canary.total)
        return Apart(False) if began is not None and began[0] == now[0] and began[1] < now[1] else Apart(None, now)

    @property
    def open(self) -> bool:
        """The canary had no request yet, so it may be either."""
        return self.told is None

    def path(self, judge: Judge) -> Path:
        """What is counted, as far as it is known."""
        if judge.alone:
            return Path(REQUEST, judge.window, "no older version runs beside it: it is held against its promise")
        if judge.unit == REQUEST:
            return Path(REQUEST, judge.window, judge.chosen or "the definition says so")
        if not self.told:
            return Path(REQUEST, judge.window, "its pods are not told apart where requests are counted")
        declared = "the definition says so" if judge.unit == POD_WINDOW else NO_HISTORY
        return Path(POD_WINDOW, judge.window, judge.chosen or declared)


def path(judge: Judge, readings: Iterable[Reading]) -> Path:
    """
    The path of one cluster, by its readings of failed requests, oldest first.

    It follows from what was read until the canary got its first requests, and stays: a path that changed with what it
    saw would be a second chance to be wrong.
    """
    return reduce(Apart.after, readings, Apart.begin(judge)).path(judge)


@dataclass(frozen=True, slots=True)
class ByPods:
    """
    Windows of `length` seconds in which pods are the units, and whether each counts.

    How long one is follows from the clock, the share and the warm-up, never from what went bad. A moment in which the
    share changes belongs to none, and a window ends before it.
    """

    length: float
    watching: Watching = Watching()
    held: tuple[Piece, bool] | None = None

    def after(self, part: Piece) -> tuple["ByPods", tuple[tuple[Piece, bool], ...]]:
        """What is open once `part` is seen as well, and what is full by then."""
        watching, held = self.watching.after(part), self.held
        counts = watching.counts(part)
        done: tuple[tuple[Piece, bool], ...] = ()
        if held and not (held[0].end == part.start and held[1] is counts and part.before == held[0].percent):
            done, held = ((_seen(held[0]), held[1]),), None
        if part.before != part.percent:
            return ByPods(self.length, watching, held), done
        whole = joined(held[0], part) if held else part
        if whole.window.seconds >= self.length:
            return ByPods(self.length, watching), (*done, (_seen(whole), counts))
        return ByPods(self.length, watching, (whole, counts)), done


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
