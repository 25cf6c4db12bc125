"""Local clusters under load: exactness of splits, time until a route is in force, failed requests, and the guard.

python -m benchmarks.local_clusters            # 100 requests per second, about 40 s
"""

import argparse
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from pipeline.facts import ClusterSeen
from runners.clusters.daemon import start_detached, stop
from runners.clusters.local import LocalCluster
from runners.ports import Fence, Workload
from tests.load import Load
from tests.tiny_app import bundle

SERVICE = "shop"
OLD, NEW = Fence(1, 1), Fence(2, 1)
GUARD_TTL = 3.0
ROW = "{:>9}  {:>9}  {:>8}  {:>9}  {:>12}  {:>12}  {:>12}  {:>7}"


def main() -> int:
    """Print one table; 1 if a request failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=5.0, help="at each share")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        port, front = _ports(2)
        began = time.monotonic()
        start_detached(home, clusters={"az1": port}, front=front, bundles=home / "bundles", guard_ttl=GUARD_TTL)
        print(f"daemon and gateway answer after {time.monotonic() - began:.2f} s")
        try:
            return _story(LocalCluster("az1", home), home, port, asked.rate, asked.seconds)
        finally:
            stop(home)


def _story(cluster: LocalCluster, home: Path, port: int, rate: float, seconds: float) -> int:
    _deploy(cluster, home, OLD, "a", "v1")
    cluster.route(OLD, SERVICE, "a", 100)
    _until(cluster, lambda now: now.weights["a"] == 100)
    cluster.promote(OLD, SERVICE, "a")
    head = ("route", "requests", "measured", "off by", "first answer", "last of old", "seen by look", "failed")
    print(ROW.format(*head), ROW.format(*("-" * len(word) for word in head)), sep="\n")
    with Load(port, rate) as load:
        _deploy(cluster, home, NEW, "b", "v2")
        for percent in (10, 50, 100):
            _shift(cluster, load, percent, seconds)
        failed = load.failed
        cluster.promote(NEW, SERVICE, "b")
        cluster.scale(NEW, SERVICE, "a", 0)
        _until(cluster, lambda now: now.slot("a").ready == 0)
        Event().wait(4.0)
        print(f"promote and scale-down: {load.failed - failed} failed; {len(load.answers)} requests in all")
        guard = _guard(cluster, home, load)
    print(guard)
    print(f"failed requests: {load.failed}")
    return 1 if load.failed else 0


def _shift(cluster: LocalCluster, load: Load, percent: int, seconds: float) -> None:
    """Route, measure, print a row."""
    began = time.monotonic()
    before = load.failed
    cluster.beat(NEW, SERVICE)
    cluster.route(NEW, SERVICE, "b", percent)
    _until(cluster, lambda now: now.weights["b"] == percent)
    seen = time.monotonic()
    _beat_for(cluster, NEW, seconds)
    said = load.said(since=seen)
    answers = [one for one in list(load.answers) if one.at >= began]
    first = min((one.at for one in answers if one.said == "v2"), default=began) - began  # news only after 0 %
    last = max((one.at for one in answers if one.said == "v1"), default=began) - began
    share = 100 * said["v2"] / max(1, said.total())
    row = (
        f"{percent} %", said.total(), f"{share:.2f} %", f"{said['v2'] - said.total() * percent / 100:+.1f}",
        f"{first * 1000:.0f} ms" if percent == 10 else "-", f"{last * 1000:.0f} ms" if percent == 100 else "-",
        f"{(seen - began) * 1000:.0f} ms", load.failed - before,
    )  # fmt: skip
    print(ROW.format(*row))


def _guard(cluster: LocalCluster, home: Path, load: Load) -> str:
    """A canary at 50 %, and then silence."""
    silent = Fence(3, 1)
    _deploy(cluster, home, silent, "a", "v3")
    cluster.route(silent, SERVICE, "a", 50)
    _until(cluster, lambda now: now.weights["a"] == 50)
    last = time.monotonic()
    cluster.beat(silent, SERVICE)
    now = _until(cluster, lambda now: now.weights["a"] == 0)
    gone = time.monotonic() - last
    Event().wait(1.0)
    late = max(one.at for one in list(load.answers) if one.said == "v3") - last
    return (
        f"guard (patience {GUARD_TTL:g} s): silent canary at 0 % after {gone:.2f} s, its last request sent "
        f"after {late:.2f} s, mark on release {now.marked}"
    )


def _deploy(cluster: LocalCluster, home: Path, fence: Fence, slot: str, version: str) -> None:
    run = f"exec {sys.executable} -I -S app.py"
    workload = Workload(bundle(home / "bundles", version), version, {"run": run, "ready": "/readyz", "drain": 0.5})
    cluster.beat(fence, SERVICE)
    cluster.deploy(fence, SERVICE, slot, workload, 2)
    _until(cluster, lambda now: now.slot(slot).ready == 2, fence)


def _until(cluster: LocalCluster, seen: Callable[[ClusterSeen], bool], beat: Fence | None = None) -> ClusterSeen:
    give_up, pause = time.monotonic() + 30, Event()
    while not seen(now := cluster.look(SERVICE)):
        if time.monotonic() > give_up:
            raise SystemExit(f"waited 30 s in vain: {now}")
        if beat is not None:
            cluster.beat(beat, SERVICE)
        pause.wait(0.01)
    return now


def _beat_for(cluster: LocalCluster, fence: Fence, seconds: float) -> None:
    end, pause = time.monotonic() + seconds, Event()
    while time.monotonic() < end:
        cluster.beat(fence, SERVICE)
        pause.wait(0.5)


def _ports(number: int) -> list[int]:
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return ports


if __name__ == "__main__":
    sys.exit(main())
