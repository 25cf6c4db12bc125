"""Whole rollouts: shares of 1, 5, 25 and 50 %, then 95 % with a soak of 5 minutes, then 100 %; and the others' ramps.

A step of ours takes 30 s at least and its margin must be shown (2, 1, 0.5, 0.3, 0.15 points; evidence is carried over),
with evidence for harm below 5. Start of pods and scrape lag are left out for all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.judge.counts import Window
from pipeline.judge.forecast import Forecast
from pipeline.judge.harm import Harm
from pipeline.judge.not_worse import NotWorse
from pipeline.judge.track import CALM

from .rules import ALPHA

TICK, HORIZON, STEP, SOAK = 5, 3600, 30, 300
LADDER = ((0.01, 0.02), (0.05, 0.01), (0.25, 0.005), (0.50, 0.003))
LAST = 0.0015
BETA = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """Requests per second, error rates, and from which second on the canary has its own."""

    name: str
    rps: int
    canary: float
    begins: int = 0
    stable: float = 0.001


@dataclass(frozen=True, slots=True)
class End:
    """How it ended: `live` or `back` (or neither in an hour), when, and how many requests failed in excess."""

    how: str
    seconds: float
    excess: float


CASES = (
    Case("good, 1,000 rps", 1000, 0.001),
    Case("good, 200 rps", 200, 0.001),
    Case("×2, 1,000 rps", 1000, 0.002),
    Case("×5, 1,000 rps", 1000, 0.005),
    Case("+1 pp, 1,000 rps", 1000, 0.011),
    Case("+5 pp, 1,000 rps", 1000, 0.051),
    Case("+1 pp after 5 min, 1,000 rps", 1000, 0.011, 300),
    Case("×2, 5,000 rps", 5000, 0.002),
)
Life = Callable[["Source"], End]


class Source:
    """Ticks of one life, drawn as they are asked for: the share follows the rule that is judged."""

    def __init__(self, case: Case, chance: np.random.Generator) -> None:
        self.case, self.chance, self.seconds, self.excess = case, chance, 0, 0.0

    def tick(self, share: float, seconds: int = TICK) -> Window:
        case = self.case
        rate = case.canary if self.seconds >= case.begins else case.stable
        counts = []
        for part, p in ((share, rate), (1 - share, case.stable)):
            requests = int(self.chance.poisson(case.rps * part * seconds))
            counts += [requests, int(self.chance.binomial(requests, p))]
        self.seconds += seconds
        self.excess += counts[1] - case.stable * counts[0]
        return Window(float(seconds), *counts)

    def end(self, how: str) -> End:
        """A live canary that is worse goes on to fail for the rest of the hour."""
        if how == "live":
            self.excess += (self.case.canary - self.case.stable) * self.case.rps * (HORIZON - self.seconds)
        return End(how, self.seconds, self.excess)


def ours(source: Source) -> End:
    """The product's evidence, with the soak."""
    harm, forecast = Harm.begin(), Forecast(60 * source.case.rps * source.case.stable, 60 * source.case.rps)
    margins = [margin for _, margin in LADDER] + [LAST]
    shown = {margin: NotWorse(margin) for margin in margins}
    for share, margin in (*LADDER, (0.95, LAST)):
        since = source.seconds
        while source.seconds < HORIZON:
            window = source.tick(share)
            harm = harm.after(window)
            shown = {name: process.after(window, forecast.rate) for name, process in shown.items()}
            forecast = forecast.after(window)
            if harm.most >= 1 / ALPHA:
                return source.end("back")
            long_enough = source.seconds - since >= (SOAK if share == 0.95 else STEP)
            if long_enough and harm.value < CALM and shown[margin].value >= 1 / BETA:
                break
        else:
            return source.end("undecided")
    return source.end("live")


def flagger(source: Source) -> End:
    """5 points more each minute up to 50 %, ≥ 99 %, threshold 5."""
    return _thresholds(source, [(0.05 * step, 60) for step in range(1, 11)], 0.99, 5, late=60)


def argo(source: Source) -> End:
    """20, 40, 60, 80 % for 2 minutes each, ≥ 99 % each minute, limit 3."""
    return _thresholds(source, [(share, 120) for share in (0.2, 0.4, 0.6, 0.8)], 0.99, 4)


def _thresholds(source: Source, steps: list[tuple[float, int]], least: float, allowed: int, late: int = 0) -> End:
    failed = 0
    for share, seconds in steps:
        for _ in range(seconds // 60):
            window = source.tick(share, 60)
            failed += bool(window.n_c) and 1 - window.k_c / max(window.n_c, 1) < least
            if failed >= allowed:
                if late:
                    source.tick(share, late)  # it acts at the next check
                return source.end("back")
    return source.end("live")


RAMPS: dict[str, Life] = {"ours, 5 min soak": ours, "Flagger, 5 %/min": flagger, "Argo, 2 min steps": argo}


def ramp(task: tuple[Case, int, int]) -> dict[str, object]:
    """All ramps in one case."""
    case, seed, lives = task
    found: dict[str, object] = {}
    for number, (name, rule) in enumerate(RAMPS.items()):
        chance = np.random.default_rng([seed, 6, number])
        ends = [rule(Source(case, chance)) for _ in range(lives)]
        back, live = ([end.seconds for end in ends if end.how == how] for how in ("back", "live"))
        found[name] = {
            "runs": lives,
            "live": len(live) / lives,
            "back": len(back) / lives,
            "median_live": float(np.median(live)) if live else None,
            "median_back": float(np.median(back)) if back else None,
            "excess": float(np.mean([end.excess for end in ends])),
        }
    return {"name": case.name, "rules": found}
