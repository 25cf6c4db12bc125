"""Traffic for the judge's tests: windows with chance in them, and the readings that give such windows."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from pipeline.facts import Count, Reading
from pipeline.judge.counts import Window

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def drawn(chance: Random, number: int, rate: float) -> int:
    """How many of `number` requests go bad."""
    return sum(chance.random() < rate for _ in range(number))


def life(chance: Random, ticks: int, sizes: tuple[int, int], rates: tuple[float, float]) -> Iterator[Window]:
    """`ticks` windows of 5 s with these requests and error rates (canary, stable)."""
    (n_c, n_b), (p_c, p_b) = sizes, rates
    for _ in range(ticks):
        yield Window(5.0, n_c, drawn(chance, n_c, p_c), n_b, drawn(chance, n_b, p_b))


def readings(windows: Iterable[Window], percent: int = 10, cluster: str = "az1", begin: float = 0) -> list[Reading]:
    """The cumulative readings between which these windows lie."""
    time, n_c, k_c, n_b, k_b = begin, 0, 0, 0, 0
    found = [reading(time, (0, 0), (0, 0), percent, cluster=cluster)]
    for window in windows:
        time += window.seconds
        n_c, k_c, n_b, k_b = n_c + window.n_c, k_c + window.k_c, n_b + window.n_b, k_b + window.k_b
        found.append(reading(time, (n_c, k_c), (n_b, k_b), percent, cluster=cluster))
    return found


def reading(
    time: float,
    canary: tuple[int, int] | None,
    stable: tuple[int, int] | None = (0, 0),
    percent: int = 10,
    *,
    cluster: str = "az1",
    source: str = "b1",
    healthy: bool = True,
    metric: str = "errors",
) -> Reading:
    """One reading `time` seconds after noon."""
    return Reading(
        at(time),
        cluster,
        percent,
        Count(source, *canary) if canary else None,
        Count("a1", *stable) if stable else None,
        healthy,
        metric,
    )


def steady(*shares: int, bad: float = 0.0, seconds: int = 40, metric: str = "errors") -> list[Reading]:
    """A canary at these shares for `seconds` each, 100 requests a second, read every second; `bad` of its fail."""
    found, time, canary, stable = [], 0.0, 0, 0
    for share in shares:
        for _ in range(seconds):
            canary, stable = canary + share, stable + 100 - share
            found.append(reading(time, (canary, round(canary * bad)), (stable, 0), share, metric=metric))
            time += 1
    return found
