"""Recorded counts of any system, judged tick by tick: no release, no cluster, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import log

from pipeline.settings import Judge

from . import waits
from .counts import NOTHING, Window
from .forecast import Forecast
from .harm import Harm
from .mixture import Mixture
from .not_worse import NotWorse
from .samples import Unit
from .track import CALM
from .units import ErrorUnits
from .units_not_worse import UnitsNotWorse
from .windows import ENOUGH, GAP

ROLL_BACK, PROMOTE, UNDECIDED = "roll back", "promote", "undecided"


@dataclass(frozen=True, slots=True)
class Row:
    """The counts of one tick that ends at `t` seconds, of one pod or of all."""

    t: float
    canary: Unit
    stable: Unit
    pod: str = ""


@dataclass(frozen=True, slots=True)
class Requests:
    """Both kinds of evidence, each request by itself. Ticks with few requests are put together first."""

    harm: Harm
    not_worse: NotWorse
    forecast: Forecast = Forecast()
    held: Window = NOTHING

    def after(self, tick: Window, _rows: Sequence[Row], *, counts: bool) -> "Requests":
        """The evidence once `tick` is seen as well; it `counts` unless the canary is not there yet or warms up."""
        window = self.held + tick
        if counts and window.n_c + window.n_b < ENOUGH and window.seconds < GAP:
            return replace(self, held=window)
        forecast = self.forecast.after(window)
        if not counts:
            return replace(self, forecast=forecast)
        not_worse = self.not_worse.after(window, self.forecast.rate)
        return Requests(self.harm.after(window), not_worse, forecast)

    @property
    def mixture(self) -> Mixture:
        """The evidence for harm."""
        return self.harm.mixture


@dataclass(frozen=True, slots=True)
class Pods:
    """Both kinds of evidence, pod by pod, in windows of `length` seconds from the canary's first request on."""

    length: float
    harm: ErrorUnits
    not_worse: UnitsNotWorse
    ticks: tuple[Sequence[Row], ...] = ()  # of the window that is open
    seconds: float = 0.0
    counted: bool = False  # the window that is open counts

    def after(self, tick: Window, rows: Sequence[Row], *, counts: bool) -> "Pods":
        """The evidence once the rows of one tick are seen as well; it moves when a window is full."""
        begun = self if self.counted == counts else replace(self.closed(), counted=counts)
        more = replace(begun, ticks=(*begun.ticks, rows), seconds=begun.seconds + tick.seconds)
        return more.closed() if more.seconds >= self.length * (1 - 1e-9) else more

    def closed(self) -> "Pods":
        """The open window, judged as it is; one that does not count only shows what is usual."""
        pods = _by_pod(self.ticks)
        canary = [row.canary for row in pods if row.canary.requests and self.counted]
        stable = [row.stable for row in pods if row.stable.requests]
        harm = self.harm.after(canary, stable, self.seconds if self.counted else 0.0)
        return Pods(self.length, harm, self.not_worse.after(canary, stable), counted=self.counted)

    @property
    def mixture(self) -> Mixture:
        """The evidence for harm."""
        return self.harm.mixture


def _by_pod(ticks: Sequence[Sequence[Row]]) -> list[Row]:
    pods: dict[str, list[Row]] = {}
    for row in chain.from_iterable(ticks):
        pods.setdefault(row.pod, []).append(row)
    return [_summed(rows) for _, rows in sorted(pods.items())]


def _summed(rows: Sequence[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    n_c = k_c = n_b = k_b = 0
    for row in rows:  # once: a tick has a row for each pod, and a window has several ticks
        canary, stable = row.canary, row.stable
        n_c, k_c, n_b, k_b = n_c + canary.requests, k_c + canary.bad, n_b + stable.requests, k_b + stable.bad
    return Row(rows[-1].t, Unit(n_c, k_c), Unit(n_b, k_b), rows[-1].pod)


@dataclass(frozen=True, slots=True)
class Series:
    """One canary's life so far. `verdict` None: none has fallen yet; the first one stays, while evidence goes on."""

    judge: Judge
    evidence: Requests | Pods
    t: float | None = None  # end of the latest tick
    opened: float | None = None  # start of the canary's first tick with requests
    sums: Window = NOTHING  # all that was judged
    verdict: str | None = None
    decided: float | None = None  # end of the tick at which the verdict fell

    @classmethod
    def begin(cls, judge: Judge, *, pods: bool) -> "Series":
        """Nothing seen yet. `pods`: judge pod by pod."""
        margin = 0.0 if judge.margin is None else judge.margin
        if pods:
            return cls(judge, Pods(judge.window, ErrorUnits.begin(judge.alpha), UnitsNotWorse(margin)))
        return cls(judge, Requests(Harm.begin(tolerance=judge.tolerance), NotWorse(margin)))

    def after(self, t: float, seconds: float, rows: Sequence[Row]) -> "Series":
        """The series once the tick that ends at `t` and took `seconds` is seen as well."""
        whole = _summed(rows)
        tick = Window(seconds, whole.canary.requests, whole.canary.bad, whole.stable.requests, whole.stable.bad)
        opened = t - seconds if self.opened is None and tick.n_c else self.opened
        counts = opened is not None and t - seconds - opened >= self.judge.warm_up - 1e-9
        evidence = self.evidence.after(tick, rows, counts=counts)
        sums = self.sums + tick if counts else self.sums
        now = Series(self.judge, evidence, t, opened, sums, self.verdict, self.decided)
        return now if self.verdict else now._decided()

    def _decided(self) -> "Series":
        mixture, margin = self.evidence.mixture, self.judge.margin
        if mixture.peak >= -log(self.judge.alpha):
            return replace(self, verdict=ROLL_BACK, decided=self.t)
        if margin is not None and mixture.value < CALM and self.evidence.not_worse.value >= 1 / self.judge.beta:
            return replace(self, verdict=PROMOTE, decided=self.t)
        return self

    @property
    def harm(self) -> float:
        """Evidence for harm now."""
        return self.evidence.mixture.value

    @property
    def not_worse(self) -> float:
        """Evidence that the canary is not worse by the margin now."""
        return self.evidence.not_worse.value

    def planned(self) -> waits.Planned | None:
        """How long a canary like stable waits for its promotion, and one twice as bad for its rollback.

        At the traffic, share and rate of stable seen so far. None where requests are not what is counted, or none of
        one arm were seen.
        """
        if isinstance(self.evidence, Pods) or not self.sums.n_c or not self.sums.n_b:
            return None
        return waits.plan(self.sums, self.judge)
