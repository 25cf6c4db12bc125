"""The daemon of the local clusters of one home: `python -m runners.clusters.daemon`; it outlives Sluice."""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from pipeline.errors import NeedsHuman, PipelineError, TryLater
from runners import traefik

from . import crew, layout
from .keeper import Keeper, keep
from .layout import Running
from .processes import Known, birth, end, tail
from .replica import Place

RESERVED = ("front", "traefik")  # entry points of our own
START = 30.0  # seconds until daemon and gateway answer
POLL = 0.05
LOG = "daemon.log"


def start_detached(
    home: Path,
    *,
    clusters: Mapping[str, int],
    front: int,
    bundles: Path,
    capacity: Mapping[str, int] | None = None,
    guard_ttl: float = 60.0,
) -> None:
    """
    Have the daemon of `home` running with its gateway, apart from whoever asks. `clusters`: name → port.

    One that runs already with the same clusters and ports is left alone.
    """
    words = ["--home", str(home), "--front", str(front), "--bundles", str(bundles), "--guard-ttl", str(guard_ttl)]
    words += ["--clusters", _pairs(clusters), "--capacity", _pairs(capacity or {}), "--detach"]
    done = subprocess.run(  # noqa: S603  this very module
        [sys.executable, "-m", "runners.clusters.daemon", *words],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NeedsHuman(done.stderr.strip())


def alive(home: Path) -> bool:
    """The daemon of `home` runs."""
    now = layout.running(home).read()
    return Known(now.pid, now.started).alive


def stop(home: Path) -> None:
    """End daemon, gateway and replicas of `home`, in this order; nothing of them stays."""
    now = layout.running(home).read()
    end([Known(now.pid, now.started)], 5.0)
    traefik.stop(layout.folder(home))
    for cluster in now.clusters:
        crew.disband(Place(Path(home).resolve(), cluster, Path(now.bundles)))


def main(argv: list[str] | None = None) -> int:
    """Run until a signal comes. Replicas and gateway stay; the next daemon takes them over."""
    parser = _parser()
    asked = parser.parse_args(argv)
    home = Path(asked.home).resolve()
    if asked.stop:
        stop(home)
        return 0
    if not ((asked.clusters or asked.outside) and asked.front and asked.bundles):
        parser.error("--clusters or --outside, --front and --bundles are needed to start")
    try:
        if _is_mine(home, asked):
            _serve(home, asked)
        return 0
    except PipelineError as error:
        print(f"the clusters daemon of {home} does not run: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _is_mine(home: Path, asked: argparse.Namespace) -> bool:
    """This process is the one to serve the home: it has the lock for life, and nobody waits for its end."""
    lock = _lock(home)
    if lock is None:
        _runs_already(home, asked)
        print(f"the clusters daemon of {home} runs already")  # noqa: T201  a command talks to its terminal
        return False
    if asked.detach and os.fork():
        os.close(lock)
        _wait_for(home)
        return False
    if asked.detach:
        _leave_terminal(home)
    return True


def _serve(home: Path, asked: argparse.Namespace) -> NoReturn:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    running = Running(
        pid=os.getpid(), started=birth(os.getpid()), clusters=asked.clusters, front=asked.front,
        capacity=asked.capacity, outside=asked.outside, bundles=str(Path(asked.bundles).resolve()),
        guard_ttl=asked.guard_ttl,
    )  # fmt: skip
    keeper = Keeper(home, running)
    keeper.begin()
    keep(home, running, keeper)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m runners.clusters.daemon", description=__doc__)
    parser.add_argument("--home", required=True)
    parser.add_argument("--clusters", default={}, type=_ports, help="az1:18081,az2:18082")
    parser.add_argument("--outside", default={}, type=_addresses, help="dr=http://10.0.0.3:80,…")
    parser.add_argument("--front", type=int, help="port of the front door")
    parser.add_argument("--bundles", help="where bundles are: DIR/<digest hex>/tree")
    parser.add_argument("--capacity", default={}, type=_ports, help="az1:20,az2:20; 20 unless said")
    parser.add_argument("--guard-ttl", default=60.0, type=float, help="seconds of silence before the guard goes back")
    parser.add_argument("--detach", action="store_true", help="go on in the background, once it answers")
    parser.add_argument("--stop", action="store_true", help="end the daemon of the home, its gateway and its replicas")
    return parser


def _ports(text: str) -> dict[str, int]:
    pairs = dict(word.split(":") for word in text.split(",") if word)
    if reserved := [name for name in RESERVED if name in pairs]:
        raise argparse.ArgumentTypeError(f"a cluster cannot be called {reserved[0]}")
    return {name: int(number) for name, number in pairs.items()}


def _addresses(text: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in text.split(",") if word)


def _pairs(numbers: Mapping[str, int]) -> str:
    return ",".join(f"{name}:{number}" for name, number in numbers.items())


def _lock(home: Path) -> int | None:
    folder = layout.folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _runs_already(home: Path, asked: argparse.Namespace) -> None:
    now = _wait_for(home)
    if (dict(now.clusters), dict(now.outside), now.front) != (asked.clusters, asked.outside, asked.front):
        served = _pairs(now.clusters) or ", ".join(now.outside)
        raise NeedsHuman(f"it serves {served} and front {now.front} already; stop it first: `sluice down`")


def _leave_terminal(home: Path) -> None:
    """A session of its own, and its output in a log: nobody waits for it and nothing ends it by accident."""
    os.setsid()
    with (layout.folder(home) / LOG).open("ab") as log, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


def _wait_for(home: Path) -> Running:
    """The daemon of `home`, once it and its gateway answer."""
    give_up = time.monotonic() + START
    while time.monotonic() < give_up:
        now = layout.running(home).read()
        if now.admin and Known(now.pid, now.started).alive:
            return now
        if (lock := _lock(home)) is not None:  # nobody holds it any more: it ended
            os.close(lock)
            break
        time.sleep(POLL)
    raise TryLater(f"it did not start: {tail(layout.folder(home) / LOG, lines=1)}")


if __name__ == "__main__":
    sys.exit(main())
