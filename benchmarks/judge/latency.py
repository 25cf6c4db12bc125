"""Latency by the edges of a histogram: lognormal, median 50 ms, 99 % within 321 ms; limits of the others 500 ms."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from pipeline.judge.counts import Window
from pipeline.judge.exceedance import Exceedance

from .requests import upper
from .rules import ALPHA
from .traces import LIFE

TICK, RPS, SHARE = 5, 1000, 0.05
EDGES = np.array([0.05, 0.1, 0.15, 0.25, 0.5, 1.0])  # seconds, near the 50, 80, 90, 98, 99.8 and 99.99 % of stable
MEDIAN, SPREAD = 0.05, 0.8


@dataclass(frozen=True, slots=True)
class Slower:
    """A part of the canary's requests takes `times` as long and `more` seconds longer; `sale`: both arms, for 5 min."""

    name: str
    part: float = 0.0
    times: float = 1.0
    more: float = 0.0
    sale: bool = False


CASES = (
    Slower("as good as stable"),
    Slower("as good as stable, flash sale, both twice as slow", sale=True),
    Slower("all × 1.1", 1.0, 1.1),
    Slower("all × 1.25", 1.0, 1.25),
    Slower("all × 2", 1.0, 2.0),
    Slower("2 % of requests + 500 ms", 0.02, 1.0, 0.5),
    Slower("10 % of requests + 200 ms", 0.1, 1.0, 0.2),
    Slower("10 % of requests × 3", 0.1, 3.0),
)


def over(case: Slower, factor: float) -> np.ndarray:
    """The chance of a request to take longer than each edge, while everything takes `factor` times as long."""
    slow = case.part * _longer((EDGES - case.more) / case.times / factor)
    return slow + (1 - case.part) * _longer(EDGES / factor)


def _longer(seconds: np.ndarray) -> np.ndarray:
    return norm.sf(np.log(np.maximum(seconds, 1e-9) / MEDIAN) / SPREAD)


def latency(task: tuple[Slower, int, int]) -> dict[str, object]:
    """Seconds to rollback by the mean of the evidence at all edges."""
    case, seed, lives = task
    chance = np.random.default_rng([seed, 5])
    times = [_life(case, chance) for _ in range(lives)]
    found = int(np.isfinite(times).sum())
    told = np.minimum(times, LIFE)
    share = {"runs": lives, "found": found / lives, "below_99": upper(found, lives)}
    return {"name": case.name, **share, "median": float(np.median(told)), "p95": float(np.quantile(told, 0.95))}


def _life(case: Slower, chance: np.random.Generator) -> float:
    edges = [Exceedance.begin()] * len(EDGES)
    for number in range(1, LIFE // TICK + 1):
        factor = 2.0 if case.sale and 600 <= number * TICK < 900 else 1.0
        canary = _counts(over(case, factor), RPS * SHARE * TICK, chance)
        stable = _counts(over(CASES[0], factor), RPS * (1 - SHARE) * TICK, chance)
        windows = [Window(TICK, canary[0], x, stable[0], y) for x, y in zip(canary[1], stable[1], strict=True)]
        edges = [edge.after(window) for edge, window in zip(edges, windows, strict=True)]
        if sum(edge.value for edge in edges) / len(edges) >= 1 / ALPHA:
            return number * TICK
    return np.inf


def _counts(longer: np.ndarray, requests: float, chance: np.random.Generator) -> tuple[int, list[int]]:
    buckets = chance.poisson(requests * -np.diff([1.0, *longer, 0.0]))
    return int(buckets.sum()), np.cumsum(buckets[::-1])[::-1][1:].tolist()
