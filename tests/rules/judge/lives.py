"""Any life of a canary, for promises that hold for all of them: what was read of it, and how it is judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from pipeline.facts import Count, PodCount, Reading
from pipeline.settings import Judge

from .traffic import at

METRICS = ("errors", "latency 0.25", "orders")


@dataclass(frozen=True)
class Tick:
    """What happens until the next look, `seconds` later. `told`: arms whose pods are told apart; `gone`: not read."""

    seconds: float
    percent: int
    canary: tuple[int, int]  # requests of each of its two pods, and bad ones of the first
    stable: tuple[int, int]
    told: frozenset[bool]
    gone: frozenset[str]
    metrics: frozenset[str]
    restarted: bool = False
    healthy: bool = True


def lived(ticks: list[Tick]) -> list[Reading]:
    """The readings of such a life, oldest first."""
    return list(_lived(ticks))


def _lived(ticks: list[Tick]) -> Iterator[Reading]:
    time, starts = 0.0, 0
    sums = {"canary": (0, 0), "stable": (0, 0)}
    for tick in ticks:
        time, starts = time + tick.seconds, starts + tick.restarted
        for arm, (each, bad) in (("canary", tick.canary), ("stable", tick.stable)):
            total, failed = (0, 0) if tick.restarted and arm == "canary" else sums[arm]
            sums[arm] = (total + 2 * each, failed + min(bad, each))
        for metric in METRICS:
            if metric == "errors" or metric in tick.metrics:
                counts = (_count(arm, starts, sums[arm], tick) for arm in sums)
                pods = tuple(_pods(starts, sums, tick)) if metric == "errors" else ()
                yield Reading(at(time), "az1", tick.percent, *counts, tick.healthy, metric, pods)


def _count(arm: str, starts: int, sums: tuple[int, int], tick: Tick) -> Count | None:
    return None if arm in tick.gone else Count(f"{arm}{starts if arm == 'canary' else 0}", *sums)


def _pods(starts: int, sums: dict[str, tuple[int, int]], tick: Tick) -> Iterator[PodCount]:
    for arm, (total, bad) in sums.items():
        canary = arm == "canary"
        if canary in tick.told:
            yield PodCount(f"{arm}{starts}-0", canary, total // 2, bad)
            yield PodCount(f"{arm}{starts}-1", canary, total // 2, 0)


counts = st.tuples(st.integers(0, 60), st.just(0) | st.integers(0, 60))
ticks = st.builds(
    Tick,
    seconds=st.sampled_from([1.0, 1.003, 0.997, 5.0, 0.0, 20.0]),
    percent=st.sampled_from([10, 10, 10, 50, 95, 0]),
    canary=st.just((0, 0)) | counts,
    stable=counts,
    told=st.sampled_from([frozenset({True, False}), frozenset({False}), frozenset()]),
    gone=st.sampled_from([frozenset(), frozenset(), frozenset(), frozenset({"canary"}), frozenset({"stable"})]),
    metrics=st.sampled_from([frozenset(METRICS), frozenset({"orders"}), frozenset()]),
    restarted=st.sampled_from([False, False, False, True]),
    healthy=st.sampled_from([True, True, False]),
)
lives = st.lists(ticks, min_size=5, max_size=60).map(lived)


def judges(**settings: Any) -> tuple[Judge, ...]:
    """Those of a ladder: they differ in their margin alone."""
    falls = (("orders", "shop_orders_total", 0.01),)
    return tuple(Judge(margin, latency=0.02, falls=falls, **settings) for margin in (None, 0.02, 0.005))


settings = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(["auto", "request", "pod-window"]),
        "window": st.sampled_from([3.0, 10.0]),
        "warm_up": st.sampled_from([0.0, 4.0]),
        "promise": st.sampled_from([None, 0.01]),
        "alone": st.booleans(),
    }
).map(lambda chosen: judges(**chosen))
