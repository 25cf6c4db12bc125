"""Where the local clusters of a home keep their files, and how the daemon was started."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import TryLater

from .desired import Desired
from .document import Document
from .observed import Observed


@dataclass(frozen=True, slots=True)
class Running:
    """`daemon.json`: the daemon that serves this home, or served it last."""

    pid: int = 0
    started: str = ""  # boot and start tick: a pid alone may be somebody else's by now
    clusters: Mapping[str, int] = field(default_factory=dict)  # name → port on the loopback
    front: int = 0
    capacity: Mapping[str, int] = field(default_factory=dict)
    bundles: str = ""
    guard_ttl: float = 60.0
    outside: Mapping[str, str] = field(default_factory=dict)  # cluster elsewhere → address of its gateway
    admin: str = ""  # the gateway's own address
    metrics: str = ""


@dataclass(frozen=True, slots=True)
class Shares:
    """`front.json`: percent of the front door's traffic per cluster; empty: equal shares."""

    shares: Mapping[str, int] = field(default_factory=dict)


def folder(home: Path) -> Path:
    """Everything of the local clusters of `home`."""
    return Path(home) / "clusters"


def desired(home: Path, cluster: str) -> Document[Desired]:
    """Written by the adapter and the guard."""
    return Document(folder(home) / cluster / "desired.json", Desired())


def observed(home: Path, cluster: str) -> Document[Observed]:
    """Written by the daemon."""
    return Document(folder(home) / cluster / "observed.json", Observed(), durable=False)


def shares(home: Path) -> Document[Shares]:
    """Written by the front door's adapter."""
    return Document(folder(home) / "front.json", Shares())


def running(home: Path) -> Document[Running]:
    """Written by the daemon."""
    return Document(folder(home) / "daemon.json", Running(), durable=False)


def not_running(home: Path) -> TryLater:
    """What to say when nobody keeps the clusters."""
    return TryLater(f"the clusters daemon of {home} is not running; start it with `sluice up`")
