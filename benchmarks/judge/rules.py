"""The rules that are compared. Each gives, for every life of a trace, the second of its rollback; infinite: never.

Argo Rollouts, Flagger and Kayenta are written anew from their documentation and code; scrape lag and the time until
traffic moves are left out for all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.judge.counts import Window
from pipeline.judge.harm import RATIOS, Harm
from pipeline.judge.mixture import EPOCH, HEAD, HORIZON

from . import kayenta
from .traces import Cell, Trace

ALPHA = 0.01
Rule = Callable[[Trace, Cell], np.ndarray]


def first(hit: np.ndarray, seconds: int) -> np.ndarray:
    """The end of the first tick in which `hit` is true."""
    return np.where(hit.any(axis=1), (hit.argmax(axis=1) + 1.0) * seconds, np.inf)


@dataclass(frozen=True, slots=True)
class Ours:
    """The product's `Harm`, for all lives of a trace at once; `checked` compares with the product itself."""

    tick: int = 5
    warm_up: int = 0

    def __call__(self, trace: Trace, _: Cell) -> np.ndarray:
        return first(self.logs(trace) >= -np.log(ALPHA), self.tick)

    def logs(self, trace: Trace) -> np.ndarray:
        """ln of the evidence after each tick."""
        trace = trace.every(self.tick)
        epochs, released = round(HORIZON / EPOCH), 0
        masses = np.full((len(RATIOS), len(trace.n_c)), np.log(HEAD / len(RATIOS)))
        found, log_value = [], np.zeros(len(trace.n_c))
        for number in range(trace.n_c.shape[1]):
            judged = number * self.tick - self.warm_up
            if judged >= 0:
                due = min(int(judged / EPOCH), epochs)
                if due > released:
                    fresh = np.log((1 - HEAD) * (due - released) / epochs / len(RATIOS))
                    masses, released = np.logaddexp(masses, fresh), due
                masses = masses + _gains(trace, number)
                with np.errstate(divide="ignore"):
                    cash = np.log((1 - HEAD) * (1 - released / epochs))
                log_value = np.logaddexp(np.logaddexp.reduce(masses, axis=0), cash)
            found.append(log_value)
        return np.stack(found, axis=1)

    def checked(self, trace: Trace, lives: int) -> None:
        """The product's own code gives the same evidence to nine digits, life by life; AssertionError otherwise."""
        logs, ticks = self.logs(trace), trace.every(self.tick)
        for life in range(lives):
            harm = Harm.begin()
            arms = (ticks.n_c[life], ticks.k_c[life], ticks.n_b[life], ticks.k_b[life])
            for number, columns in enumerate(zip(*arms, strict=True)):
                if number * self.tick >= self.warm_up:
                    harm = harm.after(Window(float(self.tick), *(int(count) for count in columns)))
                assert abs(harm.log_value - logs[life, number]) < 1e-9 * max(1.0, abs(harm.log_value))


def _gains(trace: Trace, number: int) -> np.ndarray:
    n_c, k_c = trace.n_c[:, number].astype(float), trace.k_c[:, number]
    n_b, events = trace.n_b[:, number], trace.k_c[:, number] + trace.k_b[:, number]
    both = (n_c > 0) & (n_b > 0)
    base = np.log(np.maximum(n_c + n_b, 1))
    gains = [k_c * np.log(ratio) + events * (base - np.log(np.maximum(n_c * ratio + n_b, 1))) for ratio in RATIOS]
    return np.where(both, gains, 0.0)


@dataclass(frozen=True, slots=True)
class Kayenta:
    """Judged every `every` seconds on all points of `step` seconds so far; Fail ends the canary."""

    step: int = 60
    every: int = 300

    def __call__(self, trace: Trace, _: Cell) -> np.ndarray:
        points = trace.every(self.step)
        canary, baseline = (bad / np.maximum(n, 1) for bad, n in ((points.k_c, points.n_c), (points.k_g, points.n_g)))
        looks = range(self.every // self.step, canary.shape[1] + 1, self.every // self.step)
        hits = [kayenta.high(canary[:, :look], baseline[:, :look]) for look in looks]
        return first(np.stack(hits, axis=1), self.every)


@dataclass(frozen=True, slots=True)
class Argo:
    """`success rate >= least` every `interval`; more than `limit` failed measurements, in sum, abort."""

    least: float
    interval: int = 60
    limit: int = 3

    def __call__(self, trace: Trace, _: Cell) -> np.ndarray:
        failed = _below(trace.every(self.interval), self.least)
        return first(failed.cumsum(axis=1) > self.limit, self.interval)


@dataclass(frozen=True, slots=True)
class Flagger:
    """`success rate >= least` every `interval`; at `threshold` failed checks in sum it goes back at the next one."""

    least: float = 0.99
    interval: int = 60
    threshold: int = 5

    def __call__(self, trace: Trace, _: Cell) -> np.ndarray:
        failed = _below(trace.every(self.interval), self.least)
        return first(failed.cumsum(axis=1) >= self.threshold, self.interval) + self.interval


def _below(trace: Trace, least: float) -> np.ndarray:
    """No request is no measurement: it fails nothing here, to the advantage of both."""
    return (trace.n_c > 0) & (1 - trace.k_c / np.maximum(trace.n_c, 1) < least)


def z_test(trace: Trace, _: Cell) -> np.ndarray:
    """Two proportions on all counts so far, every 10 s, one-sided at 1 %: what people build themselves."""
    ticks = trace.every(10)
    n_c, k_c, n_b, k_b = (getattr(ticks, name).cumsum(axis=1) for name in ("n_c", "k_c", "n_b", "k_b"))
    pooled = (k_c + k_b) / np.maximum(n_c + n_b, 1)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / np.maximum(n_c, 1) + 1 / np.maximum(n_b, 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (k_c / np.maximum(n_c, 1) - k_b / np.maximum(n_b, 1)) / spread
    return first(np.nan_to_num(z) > kayenta.QUANTILE, 10)


def oracle(trace: Trace, cell: Cell) -> np.ndarray:
    """Wald's test of one arm that knows both rates, every second: no rule without that knowledge is faster."""
    p0, p1 = cell.stable, cell.canary
    if p1 <= p0:
        return np.full(len(trace.n_c), np.inf)
    steps = trace.k_c * np.log(p1 / p0) + (trace.n_c - trace.k_c) * np.log((1 - p1) / (1 - p0))
    return first(steps.cumsum(axis=1) >= -np.log(ALPHA), 1)


RULES: Mapping[str, Rule] = {
    "ours, 5 s": Ours(5),
    "ours, 1 s": Ours(1),
    "Kayenta, every 5 min": Kayenta(),
    "Kayenta, at 30 min": Kayenta(every=1800),
    "Kayenta tuned, 10 s every 1 min": Kayenta(10, 60),
    "Argo ≥ 95 %, 1 min": Argo(0.95),
    "Argo ≥ 99 %, 1 min": Argo(0.99),
    "Argo tuned, ≥ 99 %, 10 s": Argo(0.99, 10),
    "Flagger ≥ 99 %, 1 min": Flagger(),
    "Flagger tuned, ≥ 99 %, 10 s": Flagger(interval=10),
    "repeated z-test, 10 s": z_test,
    "oracle, 1 s": oracle,
}
FEWER = {"Kayenta tuned, 10 s every 1 min": 20}  # its pairs are many: every twentieth life is enough
