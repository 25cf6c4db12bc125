"""Everything the face is told from outside, read in one place and refused in one sentence when it is unsafe."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.definition.platform import Platform
from pipeline.definition.reading import read_platform
from pipeline.errors import PipelineError

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class UnsafeSettings(PipelineError):
    """The face does not start with these settings; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What `create_app` needs. `from_environment` makes it; tests make their own."""

    home: Path
    database_url: str
    platform: Platform
    secret: bytes  # signs what must come back to us unchanged
    redis_url: str | None = None  # None: no bell, no shared limits; the sweeper finds the work
    base_url: str = "http://127.0.0.1:8080"

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """The Host headers that are ours. On a loopback address all its names are."""
        address = urlsplit(self.base_url)
        if not is_loopback(address.hostname or ""):
            return frozenset({address.netloc})
        port = f":{address.port}" if address.port else ""
        return frozenset({f"{name}{port}" for name in ("127.0.0.1", "localhost", "[::1]")} | {address.netloc})

    def read_secret(self, name: str) -> bytes:
        """The secret that `platform.yaml` names, read anew each time so that it can be changed without a restart."""
        if not NAME.fullmatch(name):
            raise UnsafeSettings(f"{name!r} is no name of a secret; write small letters, digits and -")
        path = self.home / "secrets" / name
        if not path.is_file():
            raise UnsafeSettings(f"there is no secret {name!r}; put it into secrets/{name} in the home of Sluice")
        refuse_readable(path)
        return path.read_bytes().strip()


def from_environment(environ: Mapping[str, str] = os.environ) -> WebSettings:
    """The settings of this process."""
    home = Path(environ.get("SLUICE_HOME") or Path.home() / ".sluice").absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    platform = Path(environ.get("SLUICE_PLATFORM") or home / "platform.yaml")
    if not platform.is_file():
        raise UnsafeSettings(f"there is no {platform}; `sluice init` writes one, or set SLUICE_PLATFORM")
    base_url = checked_address(environ.get("SLUICE_BASE_URL") or "http://127.0.0.1:8080")
    redis_url = environ.get("REDIS_URL") or None
    if redis_url is not None:
        refuse_open_redis(redis_url)
    return WebSettings(
        home=home,
        database_url=environ.get("DATABASE_URL") or f"sqlite:///{home / 'sluice.db'}",
        platform=read_platform(platform.read_text()),
        secret=own_secret(home / "secret"),
        redis_url=redis_url,
        base_url=base_url,
    )


def own_secret(path: Path) -> bytes:
    """The secret of this installation, made at the first start. Several processes may start at once."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        refuse_readable(path)
    else:
        with os.fdopen(opened, "w") as file:
            file.write(secrets.token_hex(32))
    secret = path.read_bytes().strip()
    if len(secret) < 32:
        raise UnsafeSettings(f"{path} holds fewer than 32 characters; delete it and Sluice makes a new one")
    return secret


def refuse_readable(path: Path) -> None:
    """Refuse a secret that others on this machine can read or change."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise UnsafeSettings(f"{path} has mode {mode:04o}, so others can read it; run `chmod 600 {path}`")


def checked_address(url: str) -> str:
    """The address people use, without a path; plain HTTP on a loopback address only."""
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname or address.username:
        raise UnsafeSettings(f"SLUICE_BASE_URL is {url!r}; write it like https://sluice.example.com")
    if address.path not in {"", "/"} or address.query or address.fragment:
        raise UnsafeSettings(f"SLUICE_BASE_URL is {url!r}; it must end after the host, Sluice needs a host of its own")
    if address.scheme == "http" and not is_loopback(address.hostname):
        raise UnsafeSettings(f"SLUICE_BASE_URL is {url!r}; passwords need https, plain http is for 127.0.0.1 only")
    return f"{address.scheme}://{address.netloc}"


def refuse_open_redis(url: str) -> None:
    """Refuse a Redis that everybody in the network could write to."""
    address = urlsplit(url)
    if address.scheme == "unix" or is_loopback(address.hostname or "") or address.password:
        return
    raise UnsafeSettings(
        f"REDIS_URL names {address.hostname} without a password; set one, others could ring for Sluice"
    )


def is_loopback(host: str) -> bool:
    """`host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
