"""False rollbacks and regressions on the request path: every rule on the same traces."""

from dataclasses import asdict
from itertools import product

import numpy as np
from scipy.stats import beta

from pipeline.judge.waits import roll_back_nats, to_roll_back

from .rules import ALPHA, FEWER, RULES, Ours
from .traces import LIFE, Cell, Story, Trace, changing, cold_start, draw, flash_sale, late, outage, steady

RPS, SHARES, RATES = (200, 1000, 5000), (0.01, 0.05, 0.10, 0.25), (0.001, 0.005)
WORSE = {"×1.5": (1.5, 0.0), "×2": (2.0, 0.0), "×5": (5.0, 0.0), "+1 pp": (1.0, 0.01), "+5 pp": (1.0, 0.05)}
CHECKED = 2  # lives of each cell in which the product's own code is run beside the fast one

Task = tuple[Cell, Story]


def good() -> list[Task]:
    """Cells in which the canary is as good as stable: 24 steady ones, and what happens to a shop."""
    cells: list[Task] = [(Cell(rps, share, p, p), steady) for rps, share, p in product(RPS, SHARES, RATES)]
    for story, what in ((flash_sale, "flash sale"), (outage, "shared outage"), (changing, "changing shares")):
        for rps, p in product((200, 1000), RATES):
            cells.append((Cell(rps, 0.05, p, p, what), story))
    cells += [(Cell(rps, 0.05, p, p, "cold start"), cold_start) for rps, p in product((200, 1000), RATES)]
    cells += [(Cell(1000, 0.50, 0.30, 0.30, "half fails"), steady), (Cell(50, 0.95, 0.005, 0.005, "soak"), steady)]
    return cells


def worse() -> list[Task]:
    """The 120 regressions, and four that begin late."""
    cells: list[Task] = []
    for rps, share, p, (what, (ratio, more)) in product(RPS, SHARES, RATES, WORSE.items()):
        cells.append((Cell(rps, share, p, ratio * p + more, what), steady))
    cells += [(Cell(rps, 0.05, p, p + 0.01, "+1 pp after 10 min"), late) for rps, p in product((200, 1000), RATES)]
    return cells


def false_rollbacks(task: tuple[Task, int, int]) -> dict[str, object]:
    """Shares of good lives that each rule took back in 30 minutes."""
    (cell, story), seed, lives = task
    trace = draw(cell, lives, np.random.default_rng([seed, 1]), story)
    rules = {"ours, 5 s": Ours(5, 90), "ours, 1 s": Ours(1, 90)} if story is cold_start else RULES
    Ours(5).checked(trace, CHECKED)
    found = {}
    for name, rule in rules.items():
        some = _some(trace, FEWER.get(name, 1))
        taken, runs = int((rule(some, cell) < np.inf).sum()), len(some.n_c)
        found[name] = {"runs": runs, "taken": taken, "share": taken / runs, "below_99": upper(taken, runs)}
    return {**asdict(cell), "name": cell.name, "rules": found}


def regressions(task: tuple[Task, int, int]) -> dict[str, object]:
    """How fast each rule finds the canary, how often, and how many requests failed in excess until then."""
    (cell, story), seed, lives = task
    trace = draw(cell, lives, np.random.default_rng([seed, 2]), story)
    Ours(5).checked(trace, CHECKED)
    found = {}
    for name, rule in RULES.items():
        some = _some(trace, FEWER.get(name, 1))
        times = rule(some, cell)
        found[name] = {
            "runs": len(times),
            "found": float((times < np.inf).mean()),
            "found_10_min": float((times <= 600).mean()),
            "median": float(np.median(np.minimum(times, LIFE))),
            "p95": float(np.quantile(np.minimum(times, LIFE), 0.95)),
            "excess": excess(some, cell, times),
        }
    planned = to_roll_back(roll_back_nats(ALPHA), cell.rps, cell.share, cell.canary, cell.stable)
    return {**asdict(cell), "name": cell.name, "planned": planned, "rules": found}


def excess(trace: Trace, cell: Cell, times: np.ndarray) -> float:
    """Bad requests of the canary beyond stable's rate until the rollback, on average."""
    until = np.arange(1, LIFE + 1)[None, :] <= np.minimum(times, LIFE)[:, None]
    return float((np.where(until, trace.k_c - cell.stable * trace.n_c, 0.0)).sum(axis=1).mean())


def upper(taken: int, runs: int) -> float:
    """The upper end of the one-sided 99 % interval (Clopper & Pearson)."""
    return float(beta.ppf(0.99, taken + 1, runs - taken)) if taken < runs else 1.0


def _some(trace: Trace, each: int) -> Trace:
    return trace if each == 1 else Trace(*(getattr(trace, name)[::each] for name in trace.__slots__))
