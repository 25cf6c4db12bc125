"""What may be asked of git: addresses, branches, hashes and paths that are safe to hand over. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from pipeline.errors import NeedsHuman

HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
REF = re.compile(r"(?!.*(?:\.\.|//|/\.|\.lock(?:/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}(?<![./])")
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
HOST = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
NAMED = re.compile(r"(?:.*\.)?[a-z][a-z0-9-]*", re.IGNORECASE)  # the last label begins with a letter: no number
PATH = re.compile(r"/(?:[A-Za-z0-9._~/+@:,=-]|%[2-6][0-9A-Fa-f]|%7[0-9A-Ea-e])+")
SCP = re.compile(r"[^/:]+@[^/:]+:(?!//).*")


@dataclass(frozen=True, slots=True)
class Address:
    """A repository that may be fetched. `protocol` is the only one git may speak for it."""

    url: str
    protocol: str


def address(url: str, *, allow_local: bool, hosts: frozenset[str]) -> Address:
    """The address, or NeedsHuman with the reason and what to write instead. Never repeats a password."""
    if re.search(r"[\x00-\x20\x7f]", url) or not url.isascii() or url.startswith("-") or len(url) > 500:
        raise NeedsHuman(
            "git.url_invalid: the repository address has spaces, control or non-ASCII characters, begins with a dash, "
            "or is longer than 500 characters; write https://host/path or ssh://git@host/path"
        )
    if url.startswith("/"):
        return _local(url, allow_local)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NeedsHuman("git.url_invalid: the repository address has a wrong host or port") from None
    if parts.scheme not in ("https", "ssh") or not url.startswith(f"{parts.scheme}://"):
        raise NeedsHuman(_scheme(url))
    _login(parts)
    _host(parts.hostname or "", hosts)
    if not PATH.fullmatch(parts.path) or parts.query or parts.fragment or "?" in url or "#" in url or port == 0:
        raise NeedsHuman("git.url_invalid: the path of the repository address has characters that do not belong there")
    return Address(url, parts.scheme)


def _local(path: str, allow_local: bool) -> Address:
    if not allow_local:
        raise NeedsHuman(
            "git.url_scheme: the repository is a path on this machine; use https or ssh, "
            "or set `allow-local: true` for this app in platform.yaml"
        )
    if ".." in path.split("/"):
        raise NeedsHuman("git.url_invalid: the path of the repository contains '..'; write the whole path")
    return Address(path, "file")


def _scheme(url: str) -> str:
    if SCP.fullmatch(url):
        return "git.url_scheme: write the address as ssh://git@host/path, not as git@host:path"
    if url.startswith("file:"):
        return "git.url_scheme: file: is not accepted; write the plain path and `allow-local: true` in platform.yaml"
    word = re.split(r"::|:", url, maxsplit=1)[0][:20] if ":" in url else "this"
    return f"git.url_scheme: {word!r} is not accepted as an address; use https://host/path or ssh://git@host/path"


def _login(parts: SplitResult) -> None:
    if parts.password is not None or (parts.scheme == "https" and parts.username is not None):
        raise NeedsHuman(
            "git.url_password: the repository address holds a user name or password; "
            "take it out and use ssh with a deploy key as the credential"
        )
    if parts.username is not None and not USER.fullmatch(parts.username):
        raise NeedsHuman("git.url_invalid: the user name in the repository address has characters it must not have")


def _host(host: str, hosts: frozenset[str]) -> None:
    if not HOST.fullmatch(host) or len(host) > 253:
        raise NeedsHuman("git.url_invalid: the host in the repository address is no host name")
    if host in hosts:
        return
    if hosts:
        raise NeedsHuman(f"git.host_not_allowed: {host} is not in the list of git hosts; add it in the platform")
    if not NAMED.fullmatch(host) or ":" in host or host == "localhost" or host.endswith(".localhost"):
        raise NeedsHuman(f"git.host_not_allowed: {host} is a number or this machine; use the host's name")


def branch(ref: str) -> str:
    """The name of a branch, as given; NeedsHuman when git could take it for something else."""
    if not REF.fullmatch(ref):
        raise NeedsHuman(f"git.ref_invalid: {ref[:80]!r} is no branch name; use letters, digits, dot, dash, slash")
    return ref


def full_hash(commit: str) -> str:
    """A full commit hash, as given."""
    if not HASH.fullmatch(commit):
        raise NeedsHuman(f"git.hash_invalid: {commit[:80]!r} is no full commit hash; 40 or 64 digits 0-9a-f are needed")
    return commit


def inside(path: str) -> str:
    """A path inside a repository, as given: relative, plain, and not into `.git`."""
    parts = path.split("/")
    if not path or "\0" in path or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise NeedsHuman(f"git.path: {path[:200]!r} is no path inside a repository")
    if any(part.lower() == ".git" for part in parts):
        raise NeedsHuman(f"git.path: {path[:200]!r} leads into .git; take it out of the repository")
    return path
