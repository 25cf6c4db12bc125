"""Tables and plots of docs/judge.md, from benchmarks/results/judge.json.

python -m benchmarks.judge.report
"""

import json
import sys
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta

from benchmarks._page import put

from .claims import claims, geometric
from .plots import bars
from .promotions import TICK
from .traces import LIFE

ROOT = Path(__file__).parents[2]
RESULTS, PAGE = ROOT / "benchmarks" / "results" / "judge.json", ROOT / "docs" / "judge.md"
OURS = "ours, 5 s"
Cells = Sequence[dict[str, Any]]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float) -> str:
    return f"{100 * share:.2f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def false_rollbacks(cells: Cells) -> str:
    calm = [cell for cell in cells if not cell["what"]]
    kinds = ("flash sale", "shared outage", "changing shares", "cold start")
    rows = []
    for rule in cells[0]["rules"]:
        shares = [cell["rules"][rule]["share"] for cell in calm]
        clearly = sum(_lower(cell["rules"][rule]) > 0.01 for cell in calm)
        others = [_worst([cell for cell in cells if cell["what"] == kind], rule) for kind in kinds]
        rows.append([rule, percent(float(np.median(shares))), percent(max(shares)), str(clearly), *others])
    heads = [
        "Rule",
        f"{len(calm)} steady cells: median",
        "worst",
        "clearly above 1 %",
        *(f"{kind}, worst" for kind in kinds),
    ]
    return table(heads, rows)


def _worst(cells: Cells, rule: str) -> str:
    shares = [cell["rules"][rule]["share"] for cell in cells if rule in cell["rules"]]
    return percent(max(shares)) if shares else "–"


def _lower(found: dict[str, Any]) -> float:
    """The lower end of the one-sided 99 % interval."""
    taken, runs = found["taken"], found["runs"]
    return float(beta.ppf(0.01, taken, runs - taken + 1)) if taken else 0.0


def bound(cells: Cells) -> str:
    """The cell of ours that is nearest to the limit."""
    worst = max(
        ((cell, name) for cell in cells for name in (OURS, "ours, 1 s")),
        key=lambda pair: pair[0]["rules"][pair[1]]["below_99"],
    )
    found = worst[0]["rules"][worst[1]]
    share, limit = percent(found["share"]), percent(found["below_99"])
    where = f"The worst of all {len(cells)} cells for ours is {worst[0]['name']} ({worst[1]})"
    return f"{where}: {share} of {found['runs']:,} lives, with 99 % confidence below {limit}."


def regressions(cells: Cells) -> str:
    cells = steady(cells)
    ours = [cell["rules"][OURS] for cell in cells]
    rows = []
    for rule in cells[0]["rules"]:
        found = [cell["rules"][rule] for cell in cells]
        time, excess = (
            geometric([max(one[key], 0.1) / max(our[key], 0.1) for one, our in zip(found, ours, strict=True)])
            for key in ("median", "excess")
        )
        often = sum(one["found"] >= 0.95 for one in found)
        share = percent(float(np.mean([one["found"] for one in found])))
        rows.append([rule, share, str(often), f"{time:.1f} ×", f"{excess:.1f} ×"])
    return table(["Rule", "found in 30 min", "cells with ≥ 95 % found", "time to rollback", "failed in excess"], rows)


def steady(cells: Cells) -> Cells:
    return [cell for cell in cells if "after" not in cell["what"]]


def singles(cells: Cells) -> str:
    rules = [OURS, "Kayenta, every 5 min", "Argo ≥ 99 %, 1 min", "Flagger ≥ 99 %, 1 min", "oracle, 1 s"]
    shown = [
        cell
        for cell in cells
        if (cell["rps"], cell["share"]) in ((200, 0.05), (1000, 0.05), (5000, 0.10)) and cell["what"] != "×1.5"
    ]
    return table(
        ["Cell", *rules],
        ([cell["name"], *(_span(cell["rules"][rule]) for rule in rules)] for cell in shown if cell["stable"] == 0.001),
    )


def _span(found: dict[str, Any]) -> str:
    often = "" if found["found"] >= 0.995 else f" ({percent(found['found'])})"
    return f"{found['median']:.0f} / {found['p95']:.0f}{often}; {found['excess']:.0f}"


def promotions(cells: Cells) -> str:
    heads = ["Requests, share, both fail", "Margin", "median / 95 %, s", "planned, s", "promoted at the margin"]
    rows = [
        [
            cell["name"].split(" → ")[0],
            f"{100 * cell['margin']:g} points",
            f"{cell['median']:.0f} / {cell['p95']:.0f}",
            f"{cell['planned']:.0f}",
            percent(cell["promoted_at_margin"]),
        ]
        for cell in cells
    ]
    wrong = [cell["promoted_at_margin"] for cell in cells]
    at = f"{percent(float(np.mean(wrong)))} on average, {percent(max(wrong))} at most"
    told = f"Promoted at exactly the margin: {at}, of {cells[0]['runs']:,} lives a cell"
    return f"{table(heads, rows)}\n\n{told}. {_kept(cells)}"


def _kept(cells: Cells) -> str:
    """How well the waits were planned. A life is looked at every tick, so a plan cannot end within one."""
    waits = [(cell["median"], TICK * ceil(cell["planned"] / TICK)) for cell in cells if cell["median"] < LIFE]
    close = sum(abs(median - plan) <= 0.2 * plan for median, plan in waits)
    beside = sum(abs(median - plan) <= max(0.2 * plan, TICK) for median, plan in waits) - close
    ratio = geometric([median / plan for median, plan in waits])
    rest = f"{beside} more are one tick beside it" if beside else "no other is a tick beside it"
    return (
        f"The plan ends with the tick it falls into: {close} of {len(waits)} medians are within 20 % of it, {rest}; "
        f"the median is {ratio:.2f} times the plan (geometric mean)."
    )


def pods(good: Cells, worse: Cells) -> str:
    rules = list(good[0]["rules"])
    taken = ([cell["name"], *(percent(cell["rules"][rule]["found"]) for rule in rules)] for cell in good)
    found = ([cell["name"], *(_time(cell["rules"][rule]) for rule in rules)] for cell in worse)
    bounds = [cell["rules"]["ours by pods"]["below_99"] for cell in good]
    ratios = {
        rule: geometric([cell["rules"][rule]["median"] / cell["rules"]["ours by pods"]["median"] for cell in worse])
        for rule in rules[2:]
    }
    faster = ", ".join(f"{ratio:.1f} times faster than {rule}" for rule, ratio in ratios.items())
    return "\n\n".join(
        [
            "Good canaries taken back in 30 minutes:",
            table(["Cell", *rules], taken),
            f"By pods, the upper end of the 99 % interval is at most {percent(max(bounds))}.",
            "Seconds to the rollback of worse ones, median and 95 %:",
            table(["Cell", *rules], found),
            f"By pods it is {faster} (geometric mean of the medians).",
        ]
    )


def _time(found: dict[str, Any]) -> str:
    often = "" if found["found"] >= 0.995 else f" ({percent(found['found'])})"
    return f"{found['median']:.0f} / {found['p95']:.0f}{often}"


def latency(good: Cells, worse: Cells) -> str:
    rows = [[cell["name"], percent(cell["found"]), "–"] for cell in good]
    rows += [[cell["name"], percent(cell["found"]), f"{cell['median']:.0f} / {cell['p95']:.0f}"] for cell in worse]
    return table(["The canary", "taken back in 30 min", "median / 95 %, s"], rows)


def ramps(cells: Cells) -> str:
    def told(found: dict[str, Any]) -> str:
        live = f"live {percent(found['live'])}" + (f", {found['median_live']:.0f} s" if found["live"] else "")
        back = f"back {percent(found['back'])}" + (f", {found['median_back']:.0f} s" if found["back"] else "")
        return f"{live}; {back}; {max(0.0, found['excess']):,.0f}"

    rules = list(cells[0]["rules"])
    return table(["Case", *rules], ([cell["name"], *(told(cell["rules"][rule]) for rule in rules)] for cell in cells))


def plots(result: dict[str, Any]) -> None:
    cells = steady(result["regressions"])
    times = {rule: geometric([cell["rules"][rule]["median"] for cell in cells]) for rule in cells[0]["rules"]}
    bars(ROOT / "docs" / "judge-time.svg", "Median time to rollback, 120 regressions, seconds (geometric mean)", times)
    good = [cell for cell in result["false_rollbacks"] if cell["what"] in ("", "flash sale", "shared outage")]
    worst = {rule: 100 * max(max(cell["rules"][rule]["share"], 0.0005) for cell in good) for rule in good[0]["rules"]}
    bars(ROOT / "docs" / "judge-false.svg", "Good canaries taken back in 30 minutes, worst cell, percent", worst, 1.0)


def main() -> int:
    """Write the page's parts anew."""
    result = json.loads(RESULTS.read_text())
    parts = {
        "false": false_rollbacks(result["false_rollbacks"]) + "\n\n" + bound(result["false_rollbacks"]),
        "worse": regressions(result["regressions"]) + "\n\n" + claims(steady(result["regressions"])),
        "single": singles(result["regressions"]),
        "promote": promotions(result["promotions"]),
        "pods": pods(result["pods_good"], result["pods_worse"]),
        "latency": latency(result["latency_good"], result["latency"]),
        "ramps": ramps(result["ramps"]),
    }
    for name, text in parts.items():
        put(PAGE, name, text)
    plots(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
