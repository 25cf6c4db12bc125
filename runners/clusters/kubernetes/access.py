"""How Sluice gets into a cluster: address, authority and token in a file of the home's secrets, and nothing else.

`secrets/cluster-NAME.json` is written by `sluice cluster add`. A kubeconfig never comes here: it could name programs,
files and proxies.
"""

import json
import os
import stat
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from pipeline.errors import NeedsHuman

KEYS = ("host", "authority", "token", "until", "since")
LARGEST = 100_000  # bytes
OTHERS = stat.S_IRWXO | stat.S_IWGRP  # rights nobody but the owner, and a group that reads, may have


@dataclass(frozen=True, slots=True)
class Access:
    """`host`: https://…; `authority`: PEM; the token is of `since` and ends at `until`: ISO 8601 in UTC, "" unknown."""

    host: str
    authority: str
    token: str = field(repr=False)
    until: str = ""
    since: str = ""

    def ages(self, now: datetime) -> bool:
        """The token is past half its life, or nobody knows its age although it ends."""
        if not self.until:
            return False
        end = datetime.fromisoformat(self.until)
        begin = datetime.fromisoformat(self.since) if self.since else now
        return not self.since or end - now <= (end - begin) / 2


def path(secrets: Path, name: str) -> Path:
    """The file of the cluster."""
    return secrets / f"cluster-{name}.json"


def read(secrets: Path, name: str) -> Access:
    """What `sluice cluster add` has stored for the cluster `name`; NeedsHuman says what is wrong with it."""
    file = path(secrets, name)
    try:
        with file.open("rb") as opened:
            rights = os.fstat(opened.fileno()).st_mode
            text = opened.read(LARGEST)
    except FileNotFoundError:
        raise NeedsHuman(f"Sluice has no access to {name}; run: sluice cluster add {name}") from None
    except OSError as error:
        raise NeedsHuman(f"{file} cannot be read: {os.strerror(error.errno or 0)}") from error
    if rights & OTHERS:
        raise NeedsHuman(
            f"others on this machine may read or change {file}, which holds a token; run: chmod 600 {file}"
        )
    return parse(text, str(file), name)


def parse(text: bytes, where: str, name: str) -> Access:
    """Every key known, every value of its form: what is stored for one cluster can do nothing but reach it."""
    again = f"write it anew: sluice cluster add {name}"
    try:
        found = json.loads(text)
    except ValueError:
        raise NeedsHuman(f"{where} is no JSON; {again}") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise NeedsHuman(f"{where} must hold one object of texts; {again}")
    if unknown := sorted(found.keys() - set(KEYS)):
        raise NeedsHuman(f"{where} may hold {', '.join(KEYS)} and not {', '.join(unknown)[:200]}; {again}")
    if missing := [key for key in KEYS[:3] if not found.get(key)]:
        raise NeedsHuman(f"{where} lacks {', '.join(missing)}; {again}")
    access = Access(**found)
    if why := wrong(access):
        raise NeedsHuman(f"{where}: {why}; {again}")
    return access


def wrong(access: Access) -> str:
    """What of it no client should be given, "" if nothing."""
    address = urlsplit(access.host)
    if not access.host.isascii() or not access.host.isprintable() or any(sign in access.host for sign in " @?#"):
        return "host must be an address with nothing but name, port and path"
    if address.scheme != "https" or not address.hostname:
        return "host must be https:// with a name or an address"
    if "-----BEGIN CERTIFICATE-----" not in access.authority or "PRIVATE KEY" in access.authority:
        return "authority must be the certificate of the cluster's authority, as PEM"
    if not access.token.isascii() or not access.token.isprintable() or " " in access.token:
        return "token must be one word"
    return _time("until", access.until) or _time("since", access.since)


def write(secrets: Path, name: str, access: Access) -> Path:
    """Store it, whole or not at all, for the owner of this process alone."""
    file = path(secrets, name)
    secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile("w", dir=secrets, delete=False) as fresh:  # made with mode 0600
        json.dump(asdict(access), fresh)
    Path(fresh.name).replace(file)
    return file


def _time(key: str, text: str) -> str:
    try:
        known = not text or datetime.fromisoformat(text).tzinfo == UTC
    except ValueError:
        known = False
    return "" if known else f"{key} must be a time in UTC, like 2026-11-30T12:00:00+00:00"
