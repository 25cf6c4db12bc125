"""Every published figure of real clusters; `make clusters` first.

python -m benchmarks.kubernetes --runs 10                     # everything, about an hour and a half
python -m benchmarks.kubernetes --runs 10 --only good,idle    # some parts; what was measured of the others stays
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import beside, releases, report, rows
from .bench import RATE, Figures

PARTS: Mapping[str, Callable[[int], Iterator[Figures]]] = {
    "good": releases.good,
    "idle": releases.idle,
    "half": releases.half,
    "some": releases.some,
    "undo": beside.undo,
    "ten": beside.ten,
    "row": rows.row,
    "guard": rows.guard,
}


def main() -> int:
    """Measure, write after each run, and say what is over its limit; 1 if something is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    asked = parser.parse_args()
    chosen = asked.only.split(",")
    if unknown := sorted(set(chosen) - set(PARTS)):
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    for part in chosen:
        for runs in _grown(PARTS[part](asked.runs)):
            _write(part, runs)
            print(f"{part} {len(runs)}: " + "; ".join(f"{name} {value:.4g}" for name, value in runs[-1].items()))
            sys.stdout.flush()
    report.write()
    over = list(report.over(json.loads(report.RESULTS.read_text())))
    print("\n".join(over) or "everything is within its limits")
    return 1 if over else 0


def _grown(figures: Iterator[Figures]) -> Iterator[list[Figures]]:
    """All runs so far, after each."""
    runs: list[Figures] = []
    for one in figures:
        runs.append(one)
        yield runs


def _write(part: str, runs: list[Figures]) -> None:
    """An interrupted part keeps what it has measured."""
    known: dict[str, Any] = json.loads(report.RESULTS.read_text()) if report.RESULTS.exists() else {}
    rounded = [{name: round(value, 3) for name, value in run.items()} for run in runs]
    known = {"rate": RATE, "parts": {**known.get("parts", {}), part: rounded}}
    report.RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
