"""From an accepted webhook to the first byte of the build log, readable through the API, beside polling every 3 s.

    python -m benchmarks.webhook_to_log [--pushes 200] [--polled 20]

A real installation (`sluice up`) with a warm mirror. Each push is a signed report of a new commit; the clock runs from
the 202 until the API gives the first byte of that release's build log. Beside it, in the same run, the same commits are
found by asking the repository every 3 s, as a system without webhooks does; there the clock runs from the push.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import httpx2

from tests.e2e.installation import Installation, installed

RESULTS = Path(__file__).parent / "results" / "webhook_to_log.json"
EVERY = 3.0  # seconds between two looks of the poller
LIMIT = 30.0  # seconds until a release without a log ends the run
LOOK = 0.02  # seconds between two readings of the log: the API answers one token 1200 times a minute


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder, installed(Path(folder)) as shop:
        shop.ends(shop.push("warm", passes=False))
        hooked = [_hooked(shop, number) for number in range(asked.pushes)]
        polled = [_polled(shop, number) for number in range(asked.polled)]
    rows = {"webhook": _row(hooked), "poll every 3 s": _row(polled)}
    print(f"{'':16}{'pushes':>8}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}")
    for name, row in rows.items():
        print(f"{name:16}{row['pushes']:>8}{row['p50_ms']:>9}{row['p95_ms']:>9}{row['max_ms']:>9}")
    print(f"polling takes {rows['poll every 3 s']['p50_ms'] / rows['webhook']['p50_ms']:.0f} times as long (medians)")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")


def _hooked(shop: Installation, number: int) -> float:
    """One push reported by webhook, in seconds."""
    commit = shop.commit(f"hooked-{number}", passes=False)
    following = _newest(shop) + 1

    def report() -> float:
        shop.report(commit)
        return time.perf_counter()

    return _until_log(shop, following, report)


def _polled(shop: Installation, number: int) -> float:
    """One push found by asking the repository every 3 s at a random phase, in seconds."""
    following = _newest(shop) + 1
    pushed = time.perf_counter()
    commit = shop.commit(f"polled-{number}", passes=False)
    look = pushed + EVERY * ((number * 0.618) % 1.0)

    def found() -> float:
        while True:
            time.sleep(max(0.0, look - time.perf_counter()))
            words = ["git", "ls-remote", str(shop.repository.path), "refs/heads/main"]
            if subprocess.run(words, capture_output=True, text=True, check=True).stdout.startswith(commit):
                shop.report(commit)
                return pushed

    return _until_log(shop, following, found)


def _until_log(shop: Installation, number: int, begin: Callable[[], float]) -> float:
    address = f"{shop.url}/api/releases/{number}/log"
    with httpx2.Client(headers={"Authorization": f"Bearer {shop.tokens['admin']}"}, timeout=20) as client:
        client.get(f"{shop.url}/api/version")
        began = begin()
        while time.perf_counter() < began + LIMIT:
            answer = client.get(address, params={"step": "build", "limit": 4})
            if answer.status_code == 200 and answer.json()["text"]:
                took = time.perf_counter() - began
                shop.ends(number)
                return took
            time.sleep(LOOK)
    raise SystemExit(f"R-{number} shows no build log after {LIMIT:.0f} s; the last answer: {answer.text[:400]}")


def _newest(shop: Installation) -> int:
    return int(shop.call("GET", "/api/releases?limit=1")["releases"][0]["id"])


def _row(took: list[float]) -> dict[str, int]:
    ranked = sorted(took)
    p95 = ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
    return {
        "pushes": len(ranked),
        "p50_ms": round(median(ranked) * 1000),
        "p95_ms": round(p95 * 1000),
        "max_ms": round(ranked[-1] * 1000),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pushes", type=int, default=200)
    parser.add_argument("--polled", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
