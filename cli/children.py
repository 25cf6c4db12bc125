"""Processes that belong together: started in order, started again when they die, ended together."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
STEADY = 10.0  # seconds a process must live for its next start to come at once


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of process. `ready` says whether it answers; it is asked until it does."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    ready: Callable[[], bool] = field(default=lambda: True)


@dataclass(slots=True)
class Child:
    """A running process of a role."""

    role: Role
    process: "subprocess.Popen[bytes]"
    began: float
    failures: int = 0


def start(role: Role, failures: int = 0) -> Child:
    """Start it in a process group of its own; it ends when we end, however that happens."""
    with role.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  our own commands
            role.argv,
            env=dict(role.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=partial(_end_with, os.getpid()),  # in a process without other threads
            start_new_session=True,
        )
    return Child(role, process, time.monotonic(), failures)


def await_ready(child: Child, seconds: float) -> bool:
    """True once it answers; False if it died or the time is over."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and child.process.poll() is None:
        if child.role.ready():
            return True
        time.sleep(0.05)
    return False


def revive(child: Child) -> Child:
    """The child, or a new one in its place if it died: at once, or after a growing pause if it dies young."""
    if child.process.poll() is None:
        return child
    lived = time.monotonic() - child.began
    failures = 0 if lived > STEADY else child.failures + 1
    if lived < min(STEADY, 0.5 * 2 ** min(failures, 5)) and failures > 1:
        return child
    return start(child.role, failures)


def end(children: list[Child], seconds: float = 10.0) -> None:
    """Ask each process group to end; after `seconds` it has to. The first one serves the others, so it goes last."""
    _end_together(children[1:], seconds)
    _end_together(children[:1], seconds)


def _end_together(children: list[Child], seconds: float) -> None:
    for child in reversed(children):
        _signal(child, signal.SIGTERM)
    give_up = time.monotonic() + seconds
    for child in reversed(children):
        try:
            child.process.wait(max(0.0, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(child, signal.SIGKILL)
            child.process.wait()


def last_lines(log: Path, lines: int = 12) -> str:
    """The end of a log, for a person who asks why."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process.poll() is None:
        os.killpg(child.process.pid, number)


def _end_with(parent: int) -> None:
    """Ask the kernel to end us with our parent, who may be gone by the time we ask."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
