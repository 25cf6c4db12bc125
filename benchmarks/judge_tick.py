"""One tick of the judge: 20 metrics, 50 pods. Milliseconds, also of those that end a window of the pods, and memory.

python -m benchmarks.judge_tick
"""

import json
import platform
import sys
import time
import tracemalloc
from pathlib import Path
from random import Random
from statistics import median

from pipeline.judge.counts import Window
from pipeline.judge.samples import Unit
from pipeline.judge.series import Row, Series
from pipeline.judge.units import GaugeUnits
from pipeline.settings import Judge

RESULTS = Path(__file__).parent / "results" / "judge_tick.json"
METRICS, PODS, CANARY, TICK, WINDOW = 20, 50, 5, 5.0, 30.0
TICKS = 720  # an hour
COUNTS, BY_POD = 10, 5  # metrics counted by requests, by pods; the other five are gauges of pods


class State:
    """Everything that is kept between two ticks, for all metrics."""

    def __init__(self) -> None:
        judge = Judge(0.005)
        self.counted = [Series.begin(judge, pods=False) for _ in range(COUNTS)]
        self.by_pod = [Series.begin(judge, pods=True) for _ in range(BY_POD)]
        self.gauges = [GaugeUnits.begin() for _ in range(METRICS - COUNTS - BY_POD)]
        self.t = 0.0

    def tick(self, rows: list[Row], whole: Window, gauges: list[float]) -> None:
        """One scrape of everything. Gauges are looked at once in a window of 30 s."""
        self.t += TICK
        one = [Row(self.t, Unit(whole.n_c, whole.k_c), Unit(whole.n_b, whole.k_b))]
        self.counted = [series.after(self.t, TICK, one) for series in self.counted]
        self.by_pod = [series.after(self.t, TICK, rows) for series in self.by_pod]
        if self.t % WINDOW == 0:
            self.gauges = [gauge.after(gauges[:CANARY], gauges[CANARY:], WINDOW) for gauge in self.gauges]


def drawn(chance: Random) -> tuple[list[Row], Window, list[float]]:
    """What one scrape shows: 50 pods with about 200 requests each."""
    rows = []
    for pod in range(PODS):
        requests = chance.randint(150, 250)
        unit = Unit(requests, sum(chance.random() < 0.002 for _ in range(20)))
        arms = (unit, Unit(0, 0)) if pod < CANARY else (Unit(0, 0), unit)
        rows.append(Row(0.0, *arms, pod=f"p{pod}"))
    arms_of = [[getattr(row, arm) for row in rows] for arm in ("canary", "stable")]
    sums = [sum(getattr(unit, name) for unit in arm) for arm in arms_of for name in ("requests", "bad")]
    return rows, Window(TICK, *sums), [chance.gauss(200, 20) for _ in range(PODS)]


def main() -> int:
    """Print and write the times of an hour of ticks, and the memory after ten minutes, one hour and two."""
    chance, state, times = Random(20261124), State(), []
    scrapes = [drawn(chance) for _ in range(TICKS)]  # no two alike, so that nothing is known from before
    for scrape in scrapes:
        start = time.perf_counter()
        state.tick(*scrape)
        times.append((time.perf_counter() - start) * 1000)
    closing = times[round(WINDOW / TICK) - 1 :: round(WINDOW / TICK)]  # the ticks that end a window of the pods
    memory, state = {}, State()
    tracemalloc.start()
    for number in range(1, 2 * TICKS + 1):
        state.tick(*scrapes[number % TICKS])
        if number in (120, 720, 1440):
            memory[f"{number * TICK / 60:.0f} min"] = round(tracemalloc.get_traced_memory()[0] / 1024)
    tracemalloc.stop()
    ordered = sorted(times)
    found = {
        "metrics": METRICS,
        "pods": PODS,
        "mean_ms": round(sum(times) / len(times), 3),
        "median_ms": round(median(times), 3),
        "p95_ms": round(ordered[int(0.95 * len(times))], 3),
        "median_of_window_ends_ms": round(median(closing), 3),
        "slowest_ms": round(ordered[-1], 3),
        "state_kib": memory,
        "python": platform.python_version(),
    }
    print(json.dumps(found, indent=1))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
