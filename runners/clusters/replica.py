"""One replica: a process that is started, probed, restarted when it crashes, and ended without losing a request."""

import os
import signal
import subprocess
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path

from .desired import Slot
from .observed import ReplicaSeen
from .probe import probe
from .processes import MARK, Known, bound, kill_marked, spawn, tail

MISSES = 3  # probes in a row that may fail before a ready replica gets no more requests
KEEN, EAGER, CALM = 0.1, 0.3, 1.0  # seconds between probes: in the first second, while starting, when ready
GRACE = 10.0  # seconds from SIGTERM to SIGKILL
STEADY = 10.0  # seconds after which a crash counts as the first again
SLOWEST = 30.0  # seconds between two starts, at most


@dataclass(frozen=True, slots=True)
class Place:
    """Where the replicas of one cluster live."""

    home: Path
    cluster: str
    bundles: Path

    @property
    def folder(self) -> Path:
        return self.home / "clusters" / self.cluster

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def log(self, replica: str) -> Path:
        return self.logs / f"{replica.replace('/', '-')}.log"

    def mark(self, replica: str) -> str:
        return f"{self.home}#{self.cluster}#{replica}"

    def tree(self, digest: str) -> Path:
        return self.bundles / digest.rpartition(":")[2] / "tree"


@dataclass(frozen=True, slots=True)
class Record:
    """What the next daemon must know to take a replica over."""

    id: str  # service/slot/generation/number
    service: str
    slot: str
    generation: int
    drain: float = 2.0
    port: int = 0
    pid: int = 0
    started: str = ""
    restarts: int = 0
    ready: bool = False
    leaving: bool = False


def environment(place: Place, record: Record, content: Slot) -> Mapping[str, str]:
    """Everything a replica is told; nothing is inherited but the search path."""
    path = os.environ.get("PATH", os.defpath)
    venv = place.tree(content.digest).parent / "venv" / "bin"
    ours = {
        "PATH": f"{venv}:{path}" if venv.is_dir() else path,
        "LANG": "C.UTF-8",
        "PORT": str(record.port),
        "SLUICE_VERSION": content.version,
        "CLUSTER": place.cluster,
        "DATA_DIR": str(place.folder / "data"),
        MARK: place.mark(record.id),
    }
    return {**content.env, **ours}


class Replica:
    """A replica in the hands of the daemon. `content` is None for one that was taken over only to be ended."""

    def __init__(self, place: Place, record: Record, content: Slot | None) -> None:
        self.place = place
        self.record = record
        self.content = content
        self.trouble = ""
        self._child: subprocess.Popen[bytes] | None = None
        self._asked: Future[str] | None = None
        self._next_probe = 0.0
        self._next_start = 0.0
        self._misses = 0
        self._crashes = 0
        self._begun = 0.0
        self._was_ready = record.ready
        self._out_since: float | None = None
        self._told_at: float | None = None

    @property
    def known(self) -> Known:
        return Known(self.record.pid, self.record.started)

    @property
    def ready(self) -> bool:
        """It answers its probe and may get requests."""
        return self.record.ready

    def _set_ready(self, ready: bool) -> None:
        if ready != self.record.ready:
            self.record = replace(self.record, ready=ready)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.record.port}"

    @property
    def alive(self) -> bool:
        """Its process runs."""
        return self._child.poll() is None if self._child is not None else self.known.alive

    @property
    def seen(self) -> ReplicaSeen:
        one = self.record
        return ReplicaSeen(one.id, one.pid, one.port, self.ready, one.restarts, self.trouble)

    # -- start, restart ---------------------------------------------------------------------------------------

    def start(self, port: int, now: float) -> None:
        """Start its process on `port`; a bundle that is not there (yet) is a trouble, not an error."""
        content = self.content
        if content is None:
            return
        tree = self.place.tree(content.digest)
        if not tree.is_dir():
            self.trouble = f"the bundle of {content.digest} is not on this machine (no {tree}); build it again"
            self._next_start = now + CALM
            return
        (self.place.folder / "data").mkdir(parents=True, exist_ok=True)
        self.record = replace(self.record, port=port)
        argv = ("/bin/sh", "-c", content.word("run", "exit 64"))
        env = environment(self.place, self.record, content)
        self._child, known = spawn(argv, tree, env, self.place.log(self.record.id))
        self.record = replace(self.record, pid=known.pid, started=known.started)
        self._begun, self._next_probe, self._misses, self._was_ready = now, now + KEEN, 0, False

    def may_start(self, now: float) -> bool:
        """It has no process and the pause after its last crash is over."""
        return self.record.pid == 0 and not self.record.leaving and now >= self._next_start

    def bury(self, now: float) -> None:
        """Notice that its process ended: say what it said last, and plan the next start."""
        code = self._child.returncode if self._child is not None else None
        kill_marked(self.place.mark(self.record.id))  # a shell may leave its children behind
        if now - self._begun > STEADY:
            self._crashes = 0
        self._crashes += 1
        said = tail(self.place.log(self.record.id))
        how = "crashed" if self._was_ready else "crashes at start"
        ended = "" if code is None else f" (signal {-code})" if code < 0 else f" (exit code {code})"
        self.trouble = f"{how}{ended}, last lines: {said}" if said else f"{how}{ended} without a word"
        self._next_start = now + min(SLOWEST, 0.25 * 2**self._crashes)
        self._child, self._asked = None, None
        self.record = replace(self.record, pid=0, started="", ready=False, restarts=self.record.restarts + 1)

    # -- readiness --------------------------------------------------------------------------------------------

    def look(self, pool: Executor, now: float) -> None:
        """Take the answer of the last probe, send the next one when it is time."""
        if self._asked is not None:
            if not self._asked.done():
                return
            self._heard(self._asked.result())
            self._asked = None
            self._next_probe = now + (CALM if self.ready else KEEN if now - self._begun < CALM else EAGER)
        if now >= self._next_probe and self.content is not None:
            self._asked = pool.submit(probe, self.record.port, self.content.word("ready", "/"))

    def _heard(self, answer: str) -> None:
        self._misses = self._misses + 1 if answer else 0
        if not answer:
            self._set_ready(True)
            self._was_ready, self.trouble = True, ""
        elif not self.ready or self._misses >= MISSES:
            self._set_ready(False)
            self.trouble = f"not ready: {answer}"

    # -- the end ----------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """From now on it gets no requests; `depart` ends it when that is sure."""
        if not self.record.leaving:
            self.record = replace(self.record, leaving=True, ready=False)

    def depart(self, now: float, *, out: bool) -> None:
        """Out of the gateway for sure, then the longest request, then SIGTERM, then SIGKILL."""
        if self._told_at is not None:
            if now - self._told_at > GRACE:
                self.known.signal(signal.SIGKILL)
            return
        if not out:
            return
        self._out_since = now if self._out_since is None else self._out_since
        if now - self._out_since >= self.record.drain or self._never_served:
            self.known.signal(signal.SIGTERM)
            self._told_at = now

    @property
    def _never_served(self) -> bool:
        return self._child is not None and not self._was_ready

    def trim(self) -> None:
        """Keep its log small."""
        bound(self.place.log(self.record.id))
