"""What the environment says about one running shop."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .version import VERSION


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a shop needs to know before it starts."""

    database_url: str
    cluster: str = "home"
    stock: int = 50  # of each limited phone, in this cluster
    version: str = VERSION
    ready_until: float | None = None  # epoch seconds


def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; a value that makes no sense stops the start with a sentence."""
    return Settings(
        database_url=env.get("DATABASE_URL") or _file_in(Path(env.get("DATA_DIR") or "data")),
        cluster=env.get("CLUSTER") or "home",
        stock=_whole_number(env.get("STOCK") or "50"),
        version=env.get("SLUICE_VERSION") or VERSION,
        ready_until=_moment(env.get("CANARY_NOT_AFTER") or ""),
    )


def _file_in(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder.resolve() / 'shop.db'}"


def _whole_number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"STOCK is {text!r}; write a whole number of phones, like 50")
    return int(text)


def _moment(text: str) -> float | None:
    if not text:
        return None
    if text.replace(".", "", 1).isdecimal():  # and so neither nan nor inf, which no time ever comes after
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"CANARY_NOT_AFTER is {text!r}; write a time like 2026-11-24T14:00:00Z, or epoch seconds"
        raise ValueError(message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
