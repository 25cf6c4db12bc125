"""The table of docs/reference/benchmarks.md from benchmarks/results/kubernetes.json, and what is over its limit.

python -m benchmarks.kubernetes.report
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._page import put

ROOT = Path(__file__).parents[2]
RESULTS, PAGE = ROOT / "benchmarks" / "results" / "kubernetes.json", ROOT / "docs" / "reference" / "benchmarks.md"
Parts = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Row:
    """One published figure. `at_most` and `at_least` hold for the median, unless `each` run is held to them."""

    part: str
    figure: str
    means: str
    at_most: float = inf
    at_least: float = -inf
    each: bool = False

    def values(self, parts: Parts) -> list[float]:
        return [run[self.figure] for run in parts.get(self.part, ())]

    def kept(self, values: Sequence[float]) -> bool:
        held = values if self.each else [median(values)]
        return all(self.at_least <= value <= self.at_most for value in held)

    @property
    def limit(self) -> str:
        if self.at_least > -inf:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" + (", each" if self.each else "") if self.at_most < inf else "–"


ROWS = (
    Row(
        "half",
        "first failing → last bad answer, s",
        "fails half of its requests: first failing → last bad answer, s",
        8,
    ),
    Row("half", "failed requests", "the same: failed requests", 60),
    Row("some", "first failing → last bad answer, s", "fails 5 %: first failing → last bad answer, s", 15),
    Row("some", "failed requests", "the same: failed requests"),
    Row("good", "first new answer → everybody, s", "good: first new answer → everybody has it, s", 70),
    Row("good", "failed requests", "the same: failed requests", 0, each=True),
    Row("good", "API calls", "the same: calls to the API server", 100),
    Row("good", "most API calls of a rung", "the same: calls of its dearest rung", 25),
    Row("idle", "API calls in 30 s", "calls in 30 s without a release", 5),
    Row("undo", "decision → 0 %, s", "decision → last answer of the bad version, s"),
    Row("undo", "kubectl rollout undo, s", "beside it: kubectl rollout undo until all are ready, s"),
    Row("undo", "times faster", "how many times faster", at_least=5),
    Row("ten", "release, s", "release of 10 replicas without a canary, s"),
    Row("ten", "rolling update, s", "beside it: rolling update of 10 replicas by kubectl, s"),
    Row("ten", "ratio", "ratio", 1.2),
    Row("row", "failed requests", "two releases and one rollback in a row: failed requests", 0, each=True),
    Row("guard", "killed → last answer of it, s", "all of Sluice killed → last answer of the canary, s", 90, each=True),
)


def table(parts: Parts) -> str:
    lines = ["| | Runs | Median | Least – most | Limit |", "| --- | --- | --- | --- | --- |"]
    for row in ROWS:
        if values := row.values(parts):
            told = (row.means, str(len(values)), _short(median(values)), _span(values), row.limit)
            lines.append("| " + " | ".join(told) + " |")
    return "\n".join(lines)


def over(results: dict[str, Any]) -> Iterator[str]:
    """What was measured and is not as promised."""
    for row in ROWS:
        values = row.values(results["parts"])
        if values and not row.kept(values):
            yield f"over its limit of {row.limit}: {row.means}: {_short(median(values))} ({_span(values)})"


def write() -> None:
    """The page, with the table anew."""
    put(PAGE, "kubernetes", table(json.loads(RESULTS.read_text())["parts"]))


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.0f}"


def _span(values: Sequence[float]) -> str:
    return f"{_short(min(values))} – {_short(max(values))}"


if __name__ == "__main__":
    write()
