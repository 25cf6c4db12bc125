"""Processes of this machine, as the kernel tells of them: which are ours although nobody watches them any more."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

POLL = 0.05


def parts_of(home: Path, groups: Collection[int]) -> list[int]:
    """Parts of the Sluice of this home in these process groups: numbers alone may be somebody else's by now."""
    return [pid for pid in _all() if _group(pid) in groups and _told(pid).get("SLUICE_HOME") == str(home)]


def jobs_of(home: Path) -> list[int]:
    """Supervisors of builds and tests of this home: each ends its job when it is asked to end."""
    folder = home / "jobs"
    return [pid for pid in _all() if _cwd(pid).parent == folder and "supervise.py" in _command(pid)]


def all_of(home: Path) -> list[int]:
    """Everything that was started for this home and still runs, but for ourselves and who started us."""
    ours = os.getsid(0)
    return [pid for pid in _all() if _belongs(pid, str(home)) and _session(pid) not in (0, ours)]


def _belongs(pid: int, home: str) -> bool:
    told = _told(pid)
    inside = told.get("HOME", "").startswith(f"{home}/") or told.get("SLUICE_PROCESS", "").startswith(f"{home}#")
    return inside or told.get("SLUICE_HOME") == home


def end(find: Callable[[], list[int]], seconds: float) -> None:
    """Ask the processes that `find` finds to end; after `seconds` they have to."""
    give_up = time.monotonic() + seconds
    asked: set[int] = set()
    while found := find():
        number = signal.SIGTERM if time.monotonic() < give_up else signal.SIGKILL
        for pid in found:
            if number == signal.SIGKILL or pid not in asked:
                send(pid, number)
        asked |= set(found)
        time.sleep(POLL)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to one process, if it still is there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _all() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _group(pid: int) -> int:
    """Its process group; 0 if it is gone or only waits to be buried."""
    return _stat(pid)[0]


def _session(pid: int) -> int:
    """Its session, in the same way."""
    return _stat(pid)[1]


def _stat(pid: int) -> tuple[int, int]:
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    return (0, 0) if told[0] in "ZX" else (int(told[2]), int(told[3]))


def _told(pid: int) -> dict[str, str]:
    """The environment it was started with; nothing for processes of others."""
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return {}
    return {name: value for name, equals, value in (word.partition("=") for word in words) if equals}


def _cwd(pid: int) -> Path:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return Path()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
