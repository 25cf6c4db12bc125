"""The judge against simulated traffic: false rollbacks, regressions found, promotions, planned waits, and its speed.

python -m benchmarks.judge                 # about five minutes; --runs 100 for a first look

Lives last 30 minutes. Scrape lag and the time until a gateway has new weights are left out.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from math import floor, inf
from pathlib import Path
from random import Random
from statistics import mean, median

from benchmarks.simulated.traffic import LIFE, Cell, flash_sale, life, outage, steady
from pipeline.facts import Count, Reading
from pipeline.judge.compare import judge_cluster
from pipeline.judge.counts import Window
from pipeline.judge.forecast import Forecast
from pipeline.judge.harm import Harm
from pipeline.judge.not_worse import NotWorse, boundary
from pipeline.judge.waits import promote_nats, roll_back_nats, to_promote, to_roll_back
from pipeline.settings import Judge

RESULTS = Path(__file__).parent / "results" / "judge.json"
ALPHA, BETA = 0.01, 0.05


def rollback(windows: Iterator[Window], rate: float) -> tuple[float, float]:
    """Seconds until harm is found and failures beyond the stable rate until then; infinite seconds if never."""
    harm, failed = Harm.begin(LIFE), 0.0
    for window in windows:
        harm = harm.after(window)
        failed += window.k_c - rate * window.n_c
        if harm.most >= 1 / ALPHA:
            return harm.mixture.seconds, failed
    return inf, failed


def promotion(windows: Iterator[Window], margin: float, rate: float, rps: float) -> float:
    """Seconds until "not worse by the margin" is shown; the forecast saw one minute of stable before."""
    process, forecast, seconds = NotWorse(margin), Forecast(60 * rps * rate, 60 * rps), 0.0
    for window in windows:
        process, forecast = process.after(window, forecast.rate), forecast.after(window)
        seconds += window.seconds
        if process.value >= 1 / BETA:
            return seconds
    return inf


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, floor(share * len(values)))]


AA = [
    (Cell(50, 0.10, 0.005, 0.005, 1.0, "as in the demo"), steady),
    (Cell(50, 0.10, 0.02, 0.02, 1.0), steady),
    (Cell(200, 0.05, 0.001, 0.001), steady),
    (Cell(200, 0.05, 0.005, 0.005), steady),
    (Cell(200, 0.25, 0.005, 0.005), steady),
    (Cell(1000, 0.05, 0.001, 0.001), steady),
    (Cell(1000, 0.05, 0.005, 0.005), steady),
    (Cell(200, 0.05, 0.001, 0.001, what="flash sale, both degrade"), flash_sale),
    (Cell(200, 0.05, 0.001, 0.001, what="30 s outage of both"), outage),
]
WORSE = [
    Cell(50, 0.10, 0.001, 0.0385, 1.0, "as in the demo: 1 in 4 checkouts"),
    Cell(50, 0.10, 0.005, 0.015, 1.0, "+1 pp"),
    Cell(50, 0.10, 0.005, 0.055, 1.0, "+5 pp"),
    Cell(200, 0.05, 0.001, 0.005, what="x5"),
    Cell(200, 0.05, 0.001, 0.011, what="+1 pp"),
    Cell(200, 0.05, 0.001, 0.051, what="+5 pp"),
    Cell(1000, 0.05, 0.001, 0.002, what="x2"),
    Cell(1000, 0.05, 0.001, 0.005, what="x5"),
    Cell(1000, 0.05, 0.001, 0.011, what="+1 pp"),
    Cell(1000, 0.05, 0.001, 0.051, what="+5 pp"),
    Cell(1000, 0.05, 0.005, 0.010, what="x2"),
]
MARGINS = [
    (Cell(50, 0.10, 0.005, 0.005, 1.0), 0.02),
    (Cell(200, 0.05, 0.001, 0.001), 0.005),
    (Cell(200, 0.05, 0.001, 0.001), 0.01),
    (Cell(1000, 0.05, 0.001, 0.001), 0.005),
    (Cell(1000, 0.05, 0.005, 0.005), 0.005),
]


def false_rollbacks(seed: int, runs: int) -> list[dict[str, object]]:
    print(f"\nFalse rollbacks in 30 minutes, A/A, limit {ALPHA:.0%}, {runs} lives a cell")
    rows = []
    for number, (cell, story) in enumerate(AA):
        chance = Random(f"{seed} aa {number}")
        found = sum(rollback(life(chance, cell, story), cell.stable)[0] < inf for _ in range(runs)) / runs
        print(f"  {_named(cell)}  {found:6.2%}  {cell.what}")
        rows.append({**asdict(cell), "runs": runs, "rolled_back": found})
    return rows


def regressions(seed: int, runs: int) -> list[dict[str, object]]:
    print(f"\nRegressions, {runs} lives a cell: seconds to rollback (median, 95 %), planned, found, excess failures")
    rows = []
    for number, cell in enumerate(WORSE):
        chance = Random(f"{seed} worse {number}")
        ends = [rollback(life(chance, cell), cell.stable) for _ in range(runs)]
        times = [seconds for seconds, _ in ends]
        planned = to_roll_back(roll_back_nats(ALPHA), cell.rps, cell.share, cell.canary, cell.stable)
        found, excess = sum(time < inf for time in times) / runs, mean(failed for _, failed in ends)
        late = percentile(times, 0.95)
        spans = f"{median(times):6.0f} {late:6.0f}  {planned:6.1f}"
        print(f"  {_named(cell)}  {spans}  {found:6.1%}  {excess:6.1f}  {cell.what}")
        row = {**asdict(cell), "runs": runs, "median_s": _known(median(times)), "p95_s": _known(late)}
        rows.append({**row, "planned_s": planned, "found": found, "excess_failures": excess})
    return rows


def promotions(seed: int, runs: int) -> list[dict[str, object]]:
    print("\nPromotions: seconds if as good as stable (median, 95 %), planned; promoted if worse by exactly the margin")
    rows = []
    for number, (cell, margin) in enumerate(MARGINS):
        chance = Random(f"{seed} margin {number}")
        good = [promotion(life(chance, cell), margin, cell.stable, cell.rps) for _ in range(runs // 10)]
        worse = Cell(cell.rps, cell.share, cell.stable, cell.stable + margin, cell.tick)
        wrong = sum(promotion(life(chance, worse), margin, cell.stable, cell.rps) < inf for _ in range(runs)) / runs
        nearest = boundary(cell.stable, cell.stable, margin, cell.share / (1 - cell.share))
        planned = to_promote(promote_nats(BETA), cell.rps, cell.share, cell.stable, nearest, margin)
        late = percentile(good, 0.95)
        print(
            f"  {_named(cell)}  +{margin * 100:.1f} pp  {median(good):6.0f} {late:6.0f}  {planned:6.1f}  {wrong:6.2%}"
        )
        row = {**asdict(cell), "margin": margin, "runs": runs, "median_s": _known(median(good))}
        rows.append({**row, "p95_s": _known(late), "planned_s": planned, "promoted_at_margin": wrong})
    return rows


def speed(seed: int) -> dict[str, float]:
    """Milliseconds to fold 2,000 readings, as each tick does."""
    chance, cell = Random(f"{seed} speed"), Cell(50, 0.10, 0.005, 0.005, 1.0)
    begin, counts, readings = datetime(2026, 1, 1, tzinfo=UTC), [0, 0, 0, 0], []
    for number, window in zip(range(2000), _endless(chance, cell), strict=False):
        counts = [a + b for a, b in zip(counts, (window.n_c, window.k_c, window.n_b, window.k_b), strict=True)]
        at = begin + timedelta(seconds=number)
        readings.append(Reading(at, "az1", 10, Count("b", counts[0], counts[1]), Count("a", counts[2], counts[3])))
    found = {}
    for margins in ((0.02,), (0.02, 0.01, 0.005, 0.0025)):
        judges, times = [Judge(margin) for margin in margins], []
        for _ in range(21):
            start = time.perf_counter()
            judge_cluster(readings, judges, readings[-1].at)
            times.append((time.perf_counter() - start) * 1000)
        found[f"{len(margins)} margins"] = median(times)
        print(
            f"\nFold of 2,000 readings, {len(margins)} margins: median {median(times):.1f} ms, best {min(times):.1f} ms"
        )
    return found


def _endless(chance: Random, cell: Cell) -> Iterator[Window]:
    while True:
        yield from life(chance, cell)


def _named(cell: Cell) -> str:
    return f"{cell.rps:>5} rps {cell.share:4.0%}  {cell.stable:6.2%} -> {cell.canary:6.2%}"


def _known(seconds: float) -> float | None:
    return seconds if seconds < inf else None


def main() -> int:
    """Print the tables and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, help="lives for each cell of the error rates")
    parser.add_argument("--seed", type=int, default=20261124)
    asked = parser.parse_args()
    start = time.monotonic()
    result = {
        "seed": asked.seed,
        "machine": {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.machine()},
        "alpha": ALPHA,
        "beta": BETA,
        "false_rollbacks": false_rollbacks(asked.seed, asked.runs),
        "regressions": regressions(asked.seed, max(50, asked.runs // 5)),
        "promotions": promotions(asked.seed, 2 * asked.runs),
        "fold_ms": speed(asked.seed),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{time.monotonic() - start:.0f} s, written to {RESULTS.parent.name}/{RESULTS.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
