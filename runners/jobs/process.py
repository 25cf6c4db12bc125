"""Jobs as detached processes of this machine: a folder each, a small supervisor each; they outlive Sluice.

`<folder>/<name>/` holds `spec.json` (for people), `log`, `lock`, `started`, `result`. The supervisor holds the lock as
long as it lives, so "is it alive" needs no process number. A start that was interrupted before `started` was written
has run nothing and may be done again; from then on the name is taken for ever.
"""

import contextlib
import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from signal import SIGTERM
from typing import Any

from pipeline.errors import NeedsHuman, TryLater
from runners.ports import JobSeen, JobSpec, JobState

from .leftovers import end_group
from .supervise import LOG_LIMIT, read_json, write_json

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
SUPERVISOR = Path(__file__).with_name("supervise.py")
VANISHED = "its supervisor vanished (killed, or the machine was restarted)"


class ProcessJobs:
    """The Jobs port on this machine."""

    def __init__(self, folder: Path, *, path: str | None = None, log_limit: int = LOG_LIMIT) -> None:
        self._root = folder
        self._path = path or os.environ.get("PATH", os.defpath)
        self._log_limit = log_limit

    def start(self, spec: JobSpec) -> None:
        """Start it, or adopt the one of that name. Returns with the first line of the log written."""
        folder = self._folder(spec.name)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _lock(folder, fcntl.LOCK_EX) as lock:
                if lock is not None and not _ran(folder):
                    self._begin(folder, spec, lock)
        except (OSError, subprocess.SubprocessError) as error:
            raise TryLater(f"job.start: job {spec.name} could not be started: {error}") from error

    def look(self, name: str) -> JobSeen:
        """A few file reads, and the lock."""
        folder = self._folder(name)
        if not folder.is_dir():
            return JobSeen(JobState.UNKNOWN)
        if result := read_json(str(folder / "result")):
            return _ended(result)
        with _lock(folder, fcntl.LOCK_SH) as lock:
            if lock is None:
                began = read_json(str(folder / "started")).get("at")
                return JobSeen(JobState.RUNNING, seconds=max(0.0, time.time() - began) if began else 0.0)
            return _unattended(folder)

    def log(self, name: str, offset: int, limit: int = 262_144) -> bytes:
        """Output from byte `offset`; nothing yet is empty."""
        try:
            with (self._folder(name) / "log").open("rb") as file:
                file.seek(max(0, offset))
                return file.read(max(0, limit))
        except FileNotFoundError:
            return b""

    def stop(self, name: str) -> None:
        """Ask its supervisor to end it: at once, or by force after 5 s."""
        folder = self._folder(name)
        if self.look(name).state is not JobState.RUNNING:
            return
        (folder / "stop").touch()
        if started := read_json(str(folder / "started")):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(started["supervisor"], SIGTERM)

    def prune(self, older_than: timedelta) -> int:
        """Remove the folders of jobs that ended so long ago; how many went."""
        gone = 0
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            if not NAME.fullmatch(folder.name) or self.look(folder.name).state in (JobState.UNKNOWN, JobState.RUNNING):
                continue
            if time.time() - (folder / "result").stat().st_mtime > older_than.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)
                gone += 1
        return gone

    def _folder(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise NeedsHuman(f"job.name: {name[:120]!r} is no job name; use a-z, 0-9, dot, dash and underscore")
        return self._root / name

    def _begin(self, folder: Path, spec: JobSpec, lock: int) -> None:
        home = folder / "home"
        home.mkdir(exist_ok=True)
        env = {"PATH": self._path, "HOME": str(home), "LANG": "C.UTF-8", **spec.env}
        order = {"argv": spec.argv, "cwd": str(spec.cwd), "timeout": spec.timeout}
        title = spec.title or shlex.join(spec.argv)
        # The values of the environment may be secrets: they go through the pipe, the file gets the names.
        write_json(str(folder / "spec.json"), {**order, "title": title, "env": sorted(env)})
        first = "".join(f"» {line}\n" for line in title.splitlines())
        (folder / "log").write_bytes(first.encode(errors="replace"))
        command = [sys.executable, "-I", "-S", str(SUPERVISOR), str(folder.absolute()), str(lock)]
        text = json.dumps({**order, "env": env, "log_limit": self._log_limit})
        subprocess.run(command, input=text.encode(), env={}, pass_fds=(lock,), check=True, timeout=10)  # noqa: S603


@contextlib.contextmanager
def _lock(folder: Path, kind: int) -> Iterator[int | None]:
    """The lock of a job, None while somebody else holds it. A child that inherits it keeps it."""
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file
    finally:
        os.close(file)


def _ran(folder: Path) -> bool:
    return (folder / "started").exists() or (folder / "result").exists()


def _ended(result: dict[str, Any]) -> JobSeen:
    state = JobState.DONE if result["exit_code"] == 0 else JobState.FAILED
    return JobSeen(state, result["exit_code"], result["why"], result["seconds"], lost=result["why"] == VANISHED)


def _unattended(folder: Path) -> JobSeen:
    """Nobody holds the lock: it ended this very moment, never began, or lost its supervisor."""
    if result := read_json(str(folder / "result")):
        return _ended(result)
    if not (started := read_json(str(folder / "started"))):
        return JobSeen(JobState.UNKNOWN)
    end_group(started["supervisor"], started["group"])
    seconds = max(0.0, (folder / "log").stat().st_mtime - started["at"])
    lost = {"exit_code": None, "why": VANISHED, "seconds": round(seconds, 3)}
    write_json(str(folder / "result"), lost)
    return _ended(lost)
