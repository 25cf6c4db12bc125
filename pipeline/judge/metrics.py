"""Which evidence fits which metric, by its name, and how its counts are said.

`errors`: failed requests. `pods`: the same pod by pod, where that is the path; what pods do not count is then left for
`errors`. `latency 0.25`: requests that took longer than 0.25 s, one metric for each edge of a histogram. Any other name
is a counter that must not fall, per request.
"""

from collections.abc import Sequence

from pipeline.settings import Judge

from .alone import HarmOrPromise, WithinPromise
from .apart import units
from .counts import Window
from .harm import FALLS, Harm
from .not_worse import NotWorse
from .samples import Unit
from .slowness import Slowness
from .unanswered import Unanswered
from .units import ErrorUnits
from .units_not_worse import UnitsNotWorse
from .windows import Piece

ERRORS, LATENCY, PODS = "errors", "latency", "pods"
OWN = frozenset({ERRORS, LATENCY, PODS})  # names that no counter of an app may have
EDGES = 12  # the most that a histogram may have here

Process = Harm | HarmOrPromise | Slowness | Unanswered | ErrorUnits
Shown = NotWorse | UnitsNotWorse | WithinPromise


def limit_name(edge: float) -> str:
    """
    >>> limit_name(0.25)
    'latency 0.25'
    """
    return f"{LATENCY} {edge:g}"


def kind(metric: str) -> str:
    """What belongs together: the edges of a histogram are one kind, every other metric is its own."""
    return metric.partition(" ")[0]


def followed_as(metric: str, *, by_pods: bool) -> tuple[str, ...]:
    """Under which names the readings of `metric` are followed: where pods are counted, failed requests under two."""
    return (ERRORS, PODS) if by_pods and metric == ERRORS else (metric,)


def process(metric: str, judges: Sequence[Judge], horizon: float, *, by_pods: bool = False) -> Process:
    """The evidence for harm of `metric`, nothing seen yet."""
    alpha, window = judges[0].alpha, judges[0].window
    if metric == PODS:
        return ErrorUnits.begin(alpha, horizon)
    if metric == ERRORS and by_pods:
        return Unanswered.begin(window, alpha, horizon)
    if metric == ERRORS:
        tolerance, promise = max(judge.tolerance for judge in judges), judges[0].promise
        if promise is not None:
            return HarmOrPromise.begin(promise, horizon, tolerance)
        return Harm.begin(horizon, tolerance=tolerance)
    if kind(metric) == LATENCY:
        return Slowness.begin(max(judge.latency or 0.0 for judge in judges), horizon)
    return Harm.begin(horizon, FALLS)


def harm_after(process: Process, part: Piece) -> Process:
    """The evidence for harm once `part` is seen as well."""
    match process:
        case ErrorUnits():
            return process.after(*_units(part), part.window.seconds)
        case Unanswered():
            return process.after(part)
        case Harm() | HarmOrPromise() | Slowness():
            return process.after(part.window)


def shown_after(process: Shown, part: Piece, metric: str, rate: float) -> Shown:
    """The evidence that it is not worse once `part` is seen as well; `rate` was forecast before it."""
    match process:
        case UnitsNotWorse():
            return process.after(*_units(part))
        case WithinPromise():
            return process if part.window.n_b else process.after(part.window)
        case NotWorse():
            return process.after(compared(metric, part.window), rate)


def shown(metric: str, judges: Sequence[Judge], *, by_pods: bool) -> tuple[Shown, ...]:
    """The evidence that it is not worse, one for each margin that is asked of `metric`, nothing seen yet."""
    margins = sorted({margin for judge in judges if (margin := margin_of(metric, judge)) is not None})
    if metric == PODS:
        return tuple(UnitsNotWorse(margin) for margin in margins)
    found: list[Shown] = [NotWorse(margin) for margin in margins]
    if metric == ERRORS and not by_pods and (promise := judges[0].promise) is not None:
        found += [WithinPromise(promise, margin) for margin in margins]
    return tuple(found)


def _units(part: Piece) -> tuple[list[Unit], list[Unit]]:
    return units(part.pods, canary=True), units(part.pods, canary=False)


def margin_of(metric: str, judge: Judge) -> float | None:
    """By how much the canary must be shown not to be worse, per request. None: only harm is looked for."""
    if judge.margin is None or metric in (ERRORS, PODS):
        return judge.margin
    if kind(metric) == LATENCY:
        return judge.latency
    return next((margin for name, _, margin in judge.falls if name == metric), None)


def compared(metric: str, window: Window) -> Window:
    """The window as "not worse" sees it: for what must not fall, stable stands where the canary does elsewhere."""
    if kind(metric) in OWN:
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


def told(metric: str, sums: Window, promise: float | None = None) -> str:
    """The counts of both arms, as a sentence begins. `promise`: what may fail where stable has nothing to compare."""
    if metric == ERRORS and promise is not None and not sums.n_b:
        return f"it failed {sums.k_c:,} of {sums.n_c:,} requests, {100 * promise:.2g} % are allowed"
    if metric == ERRORS:
        return f"the canary failed {sums.k_c:,} of {sums.n_c:,} requests, stable {sums.k_b:,} of {sums.n_b:,}"
    if metric == PODS:
        return f"the canary's pods failed {sums.k_c:,} of {sums.n_c:,} requests, stable's {sums.k_b:,} of {sums.n_b:,}"
    if kind(metric) == LATENCY:
        took = f"took longer than {metric.partition(' ')[2]} s"
        return f"{sums.k_c:,} of the canary's {sums.n_c:,} requests {took}, of stable's {sums.k_b:,} of {sums.n_b:,}"
    per = f"{metric} of {sums.n_c:,} requests"
    return f"the canary had {sums.k_c:,} {per}, stable {sums.k_b:,} of {sums.n_b:,}"
