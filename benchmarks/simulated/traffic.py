"""Simulated lives of a canary: Poisson arrivals, each request fails by itself, both arms may degrade together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, floor, lgamma, log, sqrt
from random import Random

from pipeline.judge.counts import Window

LIFE = 1800.0  # seconds
Story = Callable[[float], tuple[float, float]]  # seconds → factor of the traffic, factor of the error rates


@dataclass(frozen=True, slots=True)
class Cell:
    """Requests per second, share of the canary, error rate of stable and canary, seconds between readings."""

    rps: int
    share: float
    stable: float
    canary: float
    tick: float = 5.0
    what: str = ""


def flash_sale(seconds: float) -> tuple[float, float]:
    return (6.0, 10.0) if 600 <= seconds < 900 else (1.0, 1.0)


def outage(seconds: float) -> tuple[float, float]:
    return (1.0, 200.0) if 600 <= seconds < 630 else (1.0, 1.0)


def steady(_: float) -> tuple[float, float]:
    return 1.0, 1.0


def poisson(chance: Random, rate: float) -> int:
    """One draw: by products while small, by Hörmann's transformed rejection (PTRS, 1993) otherwise."""
    if rate < 12:
        limit, product, count = exp(-rate), chance.random(), 0
        while product > limit:
            product *= chance.random()
            count += 1
        return count
    root = sqrt(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    scale, quick = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = chance.random() - 0.5, chance.random()
        us = 0.5 - abs(u)
        count = floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= quick:
            return count
        if count < 0 or (us < 0.013 and v > us):
            continue
        if log(v * scale / (a / us**2 + b)) <= count * log(rate) - rate - lgamma(count + 1):
            return count


def life(chance: Random, cell: Cell, story: Story = steady) -> Iterator[Window]:
    """The windows of one canary's life."""
    for number in range(round(LIFE / cell.tick)):
        load, harm = story(number * cell.tick)
        requests = cell.rps * load * cell.tick
        bad, good = [], []
        for share, rate in ((cell.share, cell.canary), (1 - cell.share, cell.stable)):
            rate = min(1.0, rate * harm)
            bad.append(poisson(chance, requests * share * rate))
            good.append(poisson(chance, requests * share * (1 - rate)))
        yield Window(cell.tick, bad[0] + good[0], bad[0], bad[1] + good[1], bad[1])
