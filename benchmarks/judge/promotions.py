"""Promotions by the product's own code: never of what is worse by the margin, soon of what is not, and when planned."""

from itertools import product

import numpy as np

from pipeline.judge.counts import Window
from pipeline.judge.samples import Unit
from pipeline.judge.series import PROMOTE, ROLL_BACK, Row, Series
from pipeline.judge.waits import plan
from pipeline.settings import Judge

from .traces import LIFE, Cell, draw

TICK, BEFORE = 5, 60  # seconds; stable alone is seen for a minute before
MARGINS = (0.005, 0.01)
CELLS = [Cell(rps, share, p, p) for rps, share, p in product((200, 1000, 5000), (0.01, 0.05, 0.25), (0.001, 0.005))]
_NONE = Unit(0, 0)


def cells() -> list[tuple[Cell, float]]:
    """Every cell with every margin."""
    return list(product(CELLS, MARGINS))


def promotion(task: tuple[tuple[Cell, float], int, int]) -> dict[str, object]:
    """Lives as good as stable, a tenth as many as those that are worse by exactly the margin."""
    (cell, margin), seed, lives = task
    judge, chance = Judge(margin), np.random.default_rng([seed, 3])
    worse = Cell(cell.rps, cell.share, cell.stable, cell.stable + margin)
    bad = [_life(judge, cell, ticks) for ticks in _lives(worse, lives, chance)]
    good = [_life(judge, cell, ticks) for ticks in _lives(cell, max(50, lives // 5), chance)]
    times = np.array([time if verdict == PROMOTE else np.inf for verdict, time in good])
    n_c, n_b = round(1e6 * cell.share), round(1e6 * (1 - cell.share))
    planned = plan(Window(1e6 / cell.rps, n_c, 0, n_b, round(n_b * cell.stable)), judge)
    return {
        "name": cell.name,
        "margin": margin,
        "runs": lives,
        "promoted_at_margin": sum(verdict == PROMOTE for verdict, _ in bad) / lives,
        "rolled_back_at_margin": sum(verdict == ROLL_BACK for verdict, _ in bad) / lives,
        "rolled_back_good": sum(verdict == ROLL_BACK for verdict, _ in good) / len(good),
        "median": float(np.median(np.minimum(times, LIFE))),
        "p95": float(np.quantile(np.minimum(times, LIFE), 0.95)),
        "planned": planned.promote,
    }


def _lives(cell: Cell, lives: int, chance: np.random.Generator):
    for begin in range(0, lives, 100):
        trace = draw(cell, min(100, lives - begin), chance).every(TICK)
        for life in range(len(trace.n_c)):
            yield zip(trace.n_c[life], trace.k_c[life], trace.n_b[life], trace.k_b[life], strict=True)


def _life(judge: Judge, cell: Cell, ticks) -> tuple[str | None, float]:
    """The verdict and its second, counted from the canary's first request."""
    usual = Unit(BEFORE * cell.rps, round(BEFORE * cell.rps * cell.stable))
    series = Series.begin(judge, pods=False).after(0.0, BEFORE, [Row(0, _NONE, usual)])
    for number, (n_c, k_c, n_b, k_b) in enumerate(ticks, start=1):
        series = series.after(TICK * number, TICK, [Row(0, Unit(int(n_c), int(k_c)), Unit(int(n_b), int(k_b)))])
        if series.verdict:
            return series.verdict, series.decided or 0.0
    return None, np.inf
