"""Which evidence fits which metric, by its name, and how its counts are said.

`errors`: failed requests. `latency 0.25`: requests that took longer than 0.25 s, one metric for each edge of a
histogram. Any other name is a counter that must not fall, per request.
"""

from collections.abc import Sequence

from pipeline.settings import Judge

from .counts import Window
from .harm import FALLS, Harm
from .slowness import Slowness

ERRORS, LATENCY = "errors", "latency"
EDGES = 12  # the most that a histogram may have here

Process = Harm | Slowness


def limit_name(edge: float) -> str:
    """
    >>> limit_name(0.25)
    'latency 0.25'
    """
    return f"{LATENCY} {edge:g}"


def kind(metric: str) -> str:
    """What belongs together: the edges of a histogram are one kind, every other metric is its own."""
    return metric.partition(" ")[0]


def process(metric: str, judges: Sequence[Judge], horizon: float) -> Process:
    """The evidence for harm of `metric`, nothing seen yet."""
    if metric == ERRORS:
        return Harm.begin(horizon, tolerance=max(judge.tolerance for judge in judges))
    if kind(metric) == LATENCY:
        return Slowness.begin(max(judge.latency or 0.0 for judge in judges), horizon)
    return Harm.begin(horizon, FALLS)


def margin_of(metric: str, judge: Judge) -> float | None:
    """By how much the canary must be shown not to be worse, per request. None: only harm is looked for."""
    if judge.margin is None or metric == ERRORS:
        return judge.margin
    if kind(metric) == LATENCY:
        return judge.latency
    return next((margin for name, _, margin in judge.falls if name == metric), None)


def compared(metric: str, window: Window) -> Window:
    """The window as "not worse" sees it: for what must not fall, stable stands where the canary does elsewhere."""
    if metric == ERRORS or kind(metric) == LATENCY:
        return window
    return Window(window.seconds, window.n_b, window.k_b, window.n_c, window.k_c)


def weights(metrics: Sequence[str]) -> list[float]:
    """Equal for each kind; an edge has its fixed part of that, as edges come in when a request first goes over them.

    What is left over stays with evidence of 1, so that all together is a mean.

    >>> weights(["errors", "latency 0.1"])
    [0.5, 0.041666666666666664]
    """
    part = 1 / len({kind(metric) for metric in metrics})
    return [part / EDGES if kind(metric) == LATENCY else part for metric in metrics]


def told(metric: str, sums: Window) -> str:
    """The counts of both arms, as a sentence begins."""
    if metric == ERRORS:
        return f"the canary failed {sums.k_c:,} of {sums.n_c:,} requests, stable {sums.k_b:,} of {sums.n_b:,}"
    if kind(metric) == LATENCY:
        took = f"took longer than {metric.partition(' ')[2]} s"
        return f"{sums.k_c:,} of the canary's {sums.n_c:,} requests {took}, of stable's {sums.k_b:,} of {sums.n_b:,}"
    per = f"{metric} of {sums.n_c:,} requests"
    return f"the canary had {sums.k_c:,} {per}, stable {sums.k_b:,} of {sums.n_b:,}"
