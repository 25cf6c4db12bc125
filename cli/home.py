"""The folder in which one installation keeps everything: database, keys, logs, bundles, local clusters."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .exits import Stop


@dataclass(frozen=True, slots=True)
class Home:
    """Where things are. `path` is created with rights for its owner alone."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Home":
        home = cls(path.expanduser().resolve())
        for folder in (home.path, home.logs, home.secrets, home.path / "redis"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home.path / ".gitignore").write_text("*\n")  # it may stand in the repository of an app
        return home

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def running(self) -> Path:
        """What `sluice up` wrote about its processes and addresses."""
        return self.path / "up.json"

    def told(self) -> dict[str, Any]:
        """What stands in `running`; nothing if there is none."""
        return _read(self.running)

    def secret(self, name: str) -> str:
        """The secret of that name, made at first use, readable by its owner alone."""
        path = self.secrets / name
        if not path.exists():
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "w") as file:
                file.write(secrets.token_urlsafe(32))
        return path.read_text().strip()

    def doors(self) -> frozenset[int]:
        """Ports that the local clusters of this home serve, or served last."""
        told = _read(self.path / "clusters" / "daemon.json")
        return frozenset({told.get("front", 0), *told.get("clusters", {}).values()} - {0})

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the one supervisor of this home. The lock ends with us, however we end."""
        lock = os.open(self.path / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _locked(lock):
                pid = self.told().get("pid", "unknown")
                raise Stop(f"Sluice runs in {self.path} already, as process {pid}; `sluice down` stops it.")
            yield
        finally:
            os.close(lock)

    def is_up(self) -> bool:
        """A supervisor holds the lock now."""
        if not (self.path / "up.lock").exists():
            return False
        lock = os.open(self.path / "up.lock", os.O_RDWR)
        try:
            return not _locked(lock)
        finally:
            os.close(lock)


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports: dashboard, front door, one per cluster, Redis."""

    web: int
    front: int
    clusters: Mapping[str, int]
    redis: int

    @classmethod
    def from_base(cls, base: int, clusters: tuple[str, ...], doors: int = 0) -> "Ports":
        """Dashboard at `base`, Redis beside it; the shop's doors from `doors` on, or ten ports higher."""
        first = doors or base + 10
        return cls(base, first, {name: first + 1 + place for place, name in enumerate(clusters)}, base + 1)

    def named(self) -> dict[int, str]:
        """What each port is for."""
        doors = {port: f"cluster {name}" for name, port in self.clusters.items()}
        return {self.web: "dashboard", self.redis: "Redis", self.front: "front door", **doors}

    def all(self) -> tuple[int, ...]:
        return (self.web, self.front, self.redis, *self.clusters.values())


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
