"""Which unit a history chooses, and how often good canaries are then taken back: simulated pods, some with bursts.

    python -m benchmarks.judge_unit [--histories 20] [--minutes 8]

Each history is recorded anew: stable's pods of one release, read every 5 s, that fail one request in a thousand and, in
the cells with bursts, once in a while a fifth of a pod's requests. `choose` of the product replays it. Then good
canaries of as many pods as the cell says live for 30 minutes on fresh traffic of the same kind, judged by the unit that
was chosen: so often they are taken back. The table goes into docs/judge.md.
"""

import argparse
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._page import put
from pipeline.facts import Count, PodCount, Reading
from pipeline.judge.apart import POD_WINDOW
from pipeline.judge.choosing import Choice, choose
from pipeline.judge.samples import Unit
from pipeline.judge.series import ROLL_BACK, Row, Series
from pipeline.settings import Judge

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "benchmarks" / "results" / "judge_unit.json", ROOT / "docs" / "judge.md"
TICK, LIFE, ALPHA, SEED = 5, 1800, 0.01, 20261125
FRESH = 50  # good canaries for each history
BEGIN = datetime(2026, 11, 25, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cell:
    """So many pods, of which the canary has some; requests a second in all; hours of history; bursts."""

    pods: int
    canary: int
    rps: int
    hours: float
    every: float = 0.0  # seconds between two bursts of a pod, 0 = none
    longest: int = 30  # seconds

    @property
    def name(self) -> str:
        bursts = f"bursts of up to {self.longest} s, each pod every {self.every / 60:.0f} min" if self.every else "none"
        return f"{self.canary} of {self.pods} pods, {self.rps:,} rps, {self.hours:g} h | {bursts}"


CELLS = (
    Cell(8, 2, 200, 0.5),
    Cell(20, 5, 1000, 0.5),
    Cell(8, 2, 200, 0.5, every=1800),
    Cell(20, 5, 1000, 0.5, every=1800),
    Cell(8, 2, 200, 3, every=1800),
    Cell(8, 2, 200, 3, every=4 * 3600),
    Cell(8, 2, 200, 3, every=1800, longest=120),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=20, help="histories for each cell")
    parser.add_argument("--minutes", type=float, default=60.0, help="no history begins after so long")
    asked = parser.parse_args()
    ends, rows = time.monotonic() + 60 * asked.minutes, []
    for number, cell in enumerate(CELLS):
        rows.append(_cell(cell, number, asked.histories, ends))
        print(json.dumps(rows[-1]), flush=True)
        RESULTS.write_text(json.dumps({"seed": SEED, "alpha": ALPHA, "fresh": FRESH, "cells": rows}, indent=1) + "\n")
    put(PAGE, "unit", _table(rows))
    return 0


def _cell(cell: Cell, number: int, histories: int, ends: float) -> dict[str, Any]:
    chosen: Counter[str] = Counter()
    took, back, lives = [], 0, 0
    for history in range(histories):
        if time.monotonic() > ends:
            break
        chance = np.random.default_rng([SEED, number, history])
        readings = _readings(cell, chance)
        begun = time.monotonic()
        found = choose([readings], ALPHA, BEGIN)
        took.append(time.monotonic() - begun)
        chosen[_named(found)] += 1
        back += sum(_taken_back(cell, chance, found) for _ in range(FRESH))
        lives += FRESH
    return {
        **asdict(cell),
        "name": cell.name,
        "chosen": dict(sorted(chosen.items())),
        "fresh": lives,
        "taken_back": back,
        "median_seconds": round(float(np.median(took)), 2) if took else 0.0,
    }


def _named(found: Choice) -> str:
    unit = "request" if found.unit != POD_WINDOW else f"pod {found.window:.0f} s"
    return unit if found.kept else "none kept it"


def _drawn(cell: Cell, chance: np.random.Generator, seconds: int) -> tuple[np.ndarray, np.ndarray]:
    """Requests and bad ones by tick and pod."""
    rates = np.full((seconds, cell.pods), 0.001)
    for pod in range(cell.pods if cell.every else 0):
        for begin in chance.uniform(0, seconds, chance.poisson(seconds / cell.every)):
            rates[int(begin) : int(begin + chance.uniform(cell.longest / 3, cell.longest)), pod] = 0.2
    requests = chance.poisson(cell.rps / cell.pods, (seconds, cell.pods))
    bad = chance.binomial(requests, rates)
    whole = (seconds // TICK, TICK, cell.pods)
    return requests.reshape(whole).sum(axis=1), bad.reshape(whole).sum(axis=1)


def _readings(cell: Cell, chance: np.random.Generator) -> list[Reading]:
    requests, bad = (counts.cumsum(axis=0) for counts in _drawn(cell, chance, int(3600 * cell.hours) + TICK))
    found = []
    for tick, (totals, failed) in enumerate(zip(requests.tolist(), bad.tolist(), strict=True)):
        pods = tuple(PodCount(f"s{pod}", False, n, k) for pod, (n, k) in enumerate(zip(totals, failed, strict=True)))
        at = BEGIN + timedelta(seconds=TICK * tick)
        found.append(Reading(at, "az1", 0, Count("c"), Count("s", sum(totals), sum(failed)), pods=pods))
    return found


def _taken_back(cell: Cell, chance: np.random.Generator, found: Choice) -> bool:
    """A good canary of fresh pods; stable's were seen for five minutes before, as in a release."""
    series = Series.begin(Judge(None, alpha=ALPHA, window=found.window), pods=found.unit == POD_WINDOW)
    before = 300 // TICK
    requests, bad = _drawn(cell, chance, LIFE + 300)
    for tick, (totals, failed) in enumerate(zip(requests.tolist(), bad.tolist(), strict=True)):
        units = [Unit(n, k) for n, k in zip(totals, failed, strict=True)]
        rows = [
            Row(0.0, unit, Unit(0, 0), f"c{pod}") if pod < cell.canary else Row(0.0, Unit(0, 0), unit, f"s{pod}")
            for pod, unit in enumerate(units)
            if pod >= cell.canary or tick >= before
        ]
        series = series.after(float(TICK * (tick + 1)), float(TICK), rows)
        if series.verdict == ROLL_BACK:
            return True
    return False


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| Pods, requests, history | Failures in clumps | chosen, of histories | good canaries taken back then |",
        "| --- | --- | --- | --- |",
    ]
    for row in (row for row in rows if row["fresh"]):
        chosen = ", ".join(f"{unit}: {number}" for unit, number in row["chosen"].items())
        share = f"{100 * row['taken_back'] / row['fresh']:.1f} % of {row['fresh']:,}"
        lines.append(f"| {row['name']} | {chosen} | {share} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
