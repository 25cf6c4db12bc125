"""Simulated lives of a canary, second by second: Poisson arrivals, each request fails by itself. Many lives at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

LIFE = 1800  # seconds
Counts = np.ndarray  # whole numbers, one row for each life, one column for each second
Story = Callable[["Cell", np.ndarray], "Course"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Requests per second, share of the canary, error rates of stable and canary, and what else happens."""

    rps: int
    share: float
    stable: float
    canary: float
    what: str = ""

    @property
    def name(self) -> str:
        return f"{self.rps:,} rps, {self.share:.0%}, {self.stable:.2%} → {self.canary:.2%}" + (
            f", {self.what}" if self.what else ""
        )


@dataclass(frozen=True, slots=True)
class Course:
    """How a cell goes on over its seconds: traffic, share of the canary, error rates of canary and stable."""

    rps: np.ndarray
    share: np.ndarray
    canary: np.ndarray
    stable: np.ndarray


@dataclass(frozen=True, slots=True)
class Trace:
    """Requests and bad ones of canary, stable, and of a third group of stable as large as the canary (Kayenta's)."""

    n_c: Counts
    k_c: Counts
    n_b: Counts
    k_b: Counts
    n_g: Counts
    k_g: Counts

    def every(self, seconds: int) -> "Trace":
        """The same in ticks of so many seconds."""
        return Trace(*(_ticks(getattr(self, name), seconds) for name in self.__slots__))


def _ticks(counts: Counts, seconds: int) -> Counts:
    return counts.reshape(len(counts), -1, seconds).sum(axis=2)


def steady(cell: Cell, t: np.ndarray) -> Course:
    flat = np.ones(len(t))
    return Course(cell.rps * flat, cell.share * flat, cell.canary * flat, cell.stable * flat)


def flash_sale(cell: Cell, t: np.ndarray) -> Course:
    """Six times the load for five minutes, ten times the errors in both arms."""
    on = (t >= 600) & (t < 900)
    course = steady(cell, t)
    rates = [np.where(on, 10 * rate, rate) for rate in (course.canary, course.stable)]
    return Course(np.where(on, 6.0, 1.0) * course.rps, course.share, *rates)


def outage(cell: Cell, t: np.ndarray) -> Course:
    """A dependency of both arms is away for 30 s: a fifth of all requests fails."""
    on = (t >= 600) & (t < 630)
    course = steady(cell, t)
    return replace(course, canary=np.where(on, 0.2, course.canary), stable=np.where(on, 0.2, course.stable))


def cold_start(cell: Cell, t: np.ndarray) -> Course:
    """The canary fails ten times as often in its first minute, and then like stable."""
    course = steady(cell, t)
    return replace(course, canary=np.where(t < 60, 10 * course.canary, course.canary))


def late(cell: Cell, t: np.ndarray) -> Course:
    """The canary is like stable for ten minutes."""
    course = steady(cell, t)
    return replace(course, canary=np.where(t < 600, course.stable, course.canary))


def changing(cell: Cell, t: np.ndarray) -> Course:
    """The share doubles every five minutes, up to 50 %, while the traffic goes up and down."""
    course = steady(cell, t)
    share = np.minimum(0.5, cell.share * 2.0 ** (t // 300))
    return replace(course, share=share, rps=cell.rps * (1 + 0.5 * np.sin(t / 200)))


def draw(cell: Cell, lives: int, chance: np.random.Generator, story: Story = steady) -> Trace:
    """`lives` lives of `LIFE` seconds."""
    course = story(cell, np.arange(LIFE))
    arms: list[Counts] = []
    groups = ((course.share, course.canary), (1 - course.share, course.stable), (course.share, course.stable))
    for share, rate in groups:
        requests, rates = course.rps * share, np.minimum(rate, 1.0)
        bad = chance.poisson(requests * rates, (lives, LIFE))
        arms += [bad + chance.poisson(requests * (1 - rates), (lives, LIFE)), bad]
    return Trace(*arms)
