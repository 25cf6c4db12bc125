"""Processes that outlive whoever started them, known by more than a number that the system may give away again."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

MARK = "SLUICE_PROCESS"  # environment variable that says whose a process is
PORTS = range(20_000, 30_000)  # below the ports that the system gives to outgoing connections


@dataclass(frozen=True, slots=True)
class Known:
    """A process: its number and when it started, so that a number given away again is noticed."""

    pid: int = 0
    started: str = ""

    @property
    def alive(self) -> bool:
        """It runs, and it is still the same one."""
        return self.pid > 0 and bool(self.started) and birth(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and its group, if it is still the same process."""
        if self.alive:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)


def birth(pid: int) -> str:
    """When a process started: boot and clock tick; "" if it is gone or only waits to be buried."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except (OSError, ValueError):
        return ""
    return "" if told[0] in "ZX" else f"{boot}-{told[19]}"


def spawn(argv: Iterable[str], cwd: Path, env: Mapping[str, str], log: Path) -> tuple[subprocess.Popen[bytes], Known]:
    """Start a process in a session of its own, with its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(  # noqa: S603  the command is the app's own, and is meant to run
            list(argv), cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    return child, Known(child.pid, birth(child.pid))


def marked(word: str) -> list[int]:
    """Every live process of this user that was started with exactly this MARK."""
    return [pid for pid, mark in _marks().items() if mark == word]


def kill_marked(word: str) -> None:
    """Kill every process with this MARK, without asking."""
    for pid in marked(word):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def strays(prefix: str, known: Iterable[str]) -> list[str]:
    """The MARKs with `prefix` of live processes that are not among `known`."""
    mine = set(known)
    return sorted({mark for mark in _marks().values() if mark.startswith(prefix)} - mine)


def _marks() -> dict[int, str]:
    found: dict[int, str] = {}
    sign = f"{MARK}=".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for word in words:
            if word.startswith(sign):
                found[int(entry.name)] = word[len(sign) :].decode(errors="replace")
    return found


def end(known: Iterable[Known], patience: float) -> None:
    """Ask processes to end, wait, and kill the groups of those that stay."""
    waiting = [one for one in known if one.alive]
    for one in waiting:
        one.signal(signal.SIGTERM)
    give_up = time.monotonic() + patience
    while waiting and time.monotonic() < give_up:
        time.sleep(0.02)
        waiting = [one for one in waiting if one.alive]
    for one in waiting:
        one.signal(signal.SIGKILL)


def free_port(taken: Iterable[int] = ()) -> int:
    """A loopback port that nobody listens on and that is not among `taken`."""
    spoken_for = set(taken)
    dice = SystemRandom()
    while True:
        port = dice.choice(PORTS)
        if port not in spoken_for and is_free(port):
            return port


def is_free(port: int) -> bool:
    """Nobody listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def tail(log: Path, lines: int = 3, size: int = 2000) -> str:
    """The last lines of a log, on one line."""
    try:
        with log.open("rb") as out:
            out.seek(max(0, log.stat().st_size - size))
            text = out.read().decode(errors="replace")
    except OSError:
        return ""
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(said[-lines:])[-600:]


def bound(log: Path, limit: int = 1 << 20) -> None:
    """Keep a log that processes append to below `limit`: its older part moves to a second file."""
    with suppress(OSError):
        if log.stat().st_size > limit:
            log.with_suffix(".old").write_bytes(log.read_bytes())
            os.truncate(log, 0)
