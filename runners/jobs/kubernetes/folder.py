"""What this home knows of a job in a cluster: its log, how far that was copied, and how it ended.

`<folder>/<name>/` holds `log`, `copied` (how far), `began`, `stop`, `result` and `lock`. Who holds the lock writes; who
does not get it leaves the work to whoever has it.
"""

import contextlib
import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

from runners.jobs.supervise import LOG_LIMIT, read_json, write_json
from runners.ports import JobSeen, JobState

from .podlog import Position

FULL = "\n» The log ends here, its limit is reached. The job goes on.\n".encode()


@dataclass(frozen=True, slots=True)
class Copied:
    """`size`: bytes of the log that are accounted for. `said`: what was last said in it about waiting."""

    position: Position = Position()
    size: int = 0
    said: str = ""


def owner(folder: Path) -> str:
    """The name of this installation in clusters, which it gave itself when it was first asked."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".owner").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if known := file.read():
            return known
        named = uuid.uuid4().hex
        file.write(named)
        return named


class Folder:
    """One job."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def known(self) -> bool:
        return (self.path / "log").exists()

    def open(self, title: str) -> None:
        """Known from now on, with a first line in its log."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.held() as mine:
            if mine and not self.known():
                self.write(Copied(), b"".join(f"» {line}\n".encode(errors="replace") for line in title.splitlines()))

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """False while somebody else holds it."""
        file = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(file)

    def mark(self, what: str) -> None:
        (self.path / what).touch(mode=0o600)

    def marked(self, what: str) -> bool:
        return (self.path / what).exists()

    def older(self, what: str, age: timedelta) -> bool:
        """It was marked so long ago."""
        return time.time() - (self.path / what).stat().st_mtime > age.total_seconds()

    def result(self) -> JobSeen | None:
        """How it ended, None as long as nobody knows."""
        found = read_json(str(self.path / "result"))
        return JobSeen(**{**found, "state": JobState(found["state"])}) if found else None

    def end(self, seen: JobSeen) -> None:
        """It ended so, and all of its log is here."""
        write_json(str(self.path / "result"), asdict(seen))

    def copied(self) -> Copied:
        """How far its log was copied. What was written beyond that, and not accounted for, will be written again."""
        found = read_json(str(self.path / "copied"))
        return Copied(Position(**found["position"]), found["size"], found["said"]) if found else Copied()

    def write(self, copied: Copied, new: bytes) -> Copied:
        """Put `new` at the end of the log, then note that it is there."""
        room = max(0, LOG_LIMIT - copied.size)
        if len(new) > room:
            new = new[:room] + FULL if room else b""
        return self._put(copied, new)

    def say(self, copied: Copied, line: str) -> Copied:
        """A line of our own, also after the limit."""
        return self._put(copied, f"» {line}\n".encode())

    def read(self, offset: int, limit: int) -> bytes:
        """Of what is accounted for."""
        with (self.path / "log").open("rb") as log:
            log.seek(max(0, offset))
            return log.read(max(0, min(limit, self.copied().size - max(0, offset))))

    def _put(self, copied: Copied, new: bytes) -> Copied:
        with (self.path / "log").open("ab") as log:
            log.truncate(copied.size)
            log.write(new)
        after = replace(copied, size=copied.size + len(new))
        write_json(str(self.path / "copied"), asdict(after))
        return after
