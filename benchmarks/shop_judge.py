"""The judge on the running shop: real processes, gateway and buyers; good releases, and bad ones of three kinds.

    python -m benchmarks.shop_judge [PART …] [--runs 10] [--good 40] [--rate 200] [--minutes 8] [--anew]

`sluice up` with the sample shop in one local cluster, and the shop's own load generator in front of it. Each run is a
whole release: built, started as a canary, judged on failed requests, latency and orders, promoted or taken back. `good`
is the version that is live, once more. The others have a fault: `errors` fails one request in twenty, `latency` takes
200 ms more for one in ten, `orders` loses half of the orders without a failure. The clock of a decision runs from the
canary's first answer to a buyer to the moment at which going back was decided, so reading the counters is in it. Each
run is kept at once, and a further call goes on where `--minutes` ended one. The table goes into docs/judge.md.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._page import put
from tests.e2e.judged_shop import FAULTS, JudgedShop, buyers, judged_shop

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "benchmarks" / "results" / "shop_judge.json", ROOT / "docs" / "judge.md"
SHARES = {"good": 25, "errors": 5, "latency": 5, "orders": 25}  # percent
TOLD = {
    "good": "as good as stable",
    "errors": "1 request in 20 fails",
    "latency": "1 request in 10 takes 200 ms more",
    "orders": "half of the orders are lost",
}
GOOD = "live"
AT_ONCE = 40  # releases on one installation, before it is made anew: the shop's database grows


def main() -> None:
    asked = _arguments()
    runs = {} if asked.anew or not RESULTS.exists() else json.loads(RESULTS.read_text())["runs"]
    ends = time.monotonic() + 60 * asked.minutes
    while (left := list(_left(runs, asked))) and time.monotonic() < ends:
        with tempfile.TemporaryDirectory() as folder, judged_shop(Path(folder)) as shop:
            for part in left[:AT_ONCE]:
                if time.monotonic() < ends:
                    runs.setdefault(part, []).append(_run(shop, part, asked.rate))
                    RESULTS.write_text(
                        json.dumps({"rows": _rows(runs), "rate": asked.rate, "runs": runs}, indent=1) + "\n"
                    )
    print(table := _table(_rows(runs)))
    put(PAGE, "shop", table)


def _left(runs: dict[str, list[Any]], asked: argparse.Namespace) -> Iterator[str]:
    """The runs that are still to be made, by their part."""
    for part in asked.part or SHARES:
        wanted = asked.good if part == "good" else asked.runs
        yield from [part] * (wanted - len(runs.get(part, [])))


def _run(shop: JudgedShop, part: str, rate: float) -> dict[str, Any]:
    shop.share = SHARES[part]
    began = time.monotonic()
    with buyers(shop, rate) as crowd:
        decided = shop.judged("none" if part == "good" else part, crowd)
    print(f"{part:8} {decided.state:12} {decided.seconds:7.2f} s  {decided.why}", flush=True)
    return {**asdict(decided), "release_seconds": round(time.monotonic() - began, 1)}


def _rows(runs: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """What is published of each part."""
    return {part: _row(part, runs[part]) for part in SHARES if runs.get(part)}


def _row(part: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    back = [run for run in runs if run["state"] != GOOD]
    row: dict[str, Any] = {"share": SHARES[part], "releases": len(runs), "taken_back": len(back)}
    if part != "good" and back:
        took = sorted(run["seconds"] for run in back)
        row |= {
            "median_s": round(median(took), 2),
            "longest_s": took[-1],
            "median_failed": median(run["failed"] for run in back),
        }
    return row


def _table(rows: dict[str, dict[str, Any]]) -> str:
    lines = [
        "| The canary | share | releases | taken back | median, s | longest, s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for part, row in rows.items():
        times = f"{row.get('median_s', '–')} | {row.get('longest_s', '–')}"
        lines.append(f"| {TOLD[part]} | {row['share']} % | {row['releases']} | {row['taken_back']} | {times} |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[[], *SHARES], help=f"of {', '.join(SHARES)}; default: all")
    parser.add_argument("--runs", type=int, default=10, help="releases with each fault")
    parser.add_argument("--good", type=int, default=40, help="good releases")
    parser.add_argument("--rate", type=float, default=200.0, help="requests per second")
    parser.add_argument("--minutes", type=float, default=60.0, help="no run begins after so long")
    parser.add_argument("--anew", action="store_true", help="forget the runs that are kept")
    return parser.parse_args()


assert set(SHARES) - {"good"} < set(FAULTS)

if __name__ == "__main__":
    main()
