"""Run it all, in two processes: fixed seeds, so a second run gives the same figures."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from . import latency, pods, promotions, ramps, requests
from .rules import ALPHA

RESULTS = Path(__file__).parents[1] / "results" / "judge.json"
Part = tuple[str, Callable[[Any], dict[str, object]], Sequence[object], int]


def parts(lives: int) -> list[Part]:
    """Name, what is run, on which cells, and how many lives each."""
    fewer = max(20, lives // 5)
    return [
        ("false_rollbacks", requests.false_rollbacks, requests.good(), lives),
        ("regressions", requests.regressions, requests.worse(), fewer),
        ("promotions", promotions.promotion, promotions.cells(), lives),
        ("pods_good", pods.pods, pods.good(), lives),
        ("pods_worse", pods.pods, pods.worse(), fewer // 2),
        ("latency_good", latency.latency, latency.CASES[:2], lives // 4),
        ("latency", latency.latency, latency.CASES[2:], fewer),
        ("ramps", ramps.ramp, ramps.CASES, fewer),
    ]


def main() -> int:
    """Print how far it is, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lives", type=int, default=2000, help="lives for each cell of the error rates")
    parser.add_argument("--only", default="", help="names of parts, with commas; the others stay as they were")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20261124)
    asked = parser.parse_args()
    known = json.loads(RESULTS.read_text()) if asked.only and RESULTS.exists() else {}
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.machine()}
    result: dict[str, object] = {**known, "seed": asked.seed, "lives": asked.lives, "alpha": ALPHA, "machine": machine}
    with Pool(asked.processes) as pool:
        for name, run, cells, lives in parts(asked.lives):
            if asked.only and name not in asked.only.split(","):
                continue
            start = time.monotonic()
            tasks = [(cell, asked.seed, lives) for cell in cells]
            result[name] = list(pool.imap(run, tasks, chunksize=1))
            print(f"{name}: {len(tasks)} cells, {lives:,} lives each, {time.monotonic() - start:.0f} s", flush=True)
            RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(
        f"Written to {RESULTS.parent.name}/{RESULTS.name}; `python -m benchmarks.judge.report` puts it into the page."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
