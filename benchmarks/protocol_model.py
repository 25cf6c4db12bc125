"""Every state of the protocol model, also with three workers: `python -m benchmarks.protocol_model`."""

import resource
import time

from tests.faults.protocol_model import MECHANISMS, Off
from tests.faults.protocol_search import explore

MOST = 2_000_000  # states; then a search is cut off and says so


def main() -> None:
    """One line per search: states, seconds, and the promise that breaks with the shortest way to it."""
    for workers, without in ((2, ""), *((2, mechanism) for mechanism in MECHANISMS), (3, "")):
        began = time.perf_counter()
        off: Off = frozenset({without} - {""})
        states, why, way = explore(off, workers, MOST)
        what = f"without {without}" if without else "whole protocol"
        what += ", cut off" if states >= MOST else ""
        took = time.perf_counter() - began
        print(f"{workers} workers  {what:32} {states:>10,} states {took:7.1f} s  {why or 'nothing breaks'}")
        if way:
            print(f"    {len(way)} steps: {', '.join(way)}")
    print(f"largest size in memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main()
