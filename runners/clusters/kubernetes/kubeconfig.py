"""A kubeconfig on the operator's machine: what of it may be used there, once, to let Sluice in. None of it is stored.

A kubeconfig is a program as much as a file: it may run commands, send files of this machine to a server, and look away
from a certificate. So every key is known, and whatever does more than name a server is refused by its name.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # read as plain values
from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_kube_config_from_dict

from pipeline.errors import NeedsHuman

LARGEST = 1_000_000  # bytes
PLAIN = {"server", "certificate-authority-data", "token", "client-certificate-data", "client-key-data"}
IGNORED = {"extensions", "disable-compression"}
TRUSTED = {  # what they do; used when the operator says that the file is their own
    "exec": "runs a program",
    "tokenFile": "sends a file of this machine to the server",
    "client-certificate": "reads a file of this machine",
    "client-key": "reads a file of this machine",
    "certificate-authority": "reads a file of this machine",
}
NEVER = {  # why not, and what instead
    "insecure-skip-tls-verify": "Sluice checks every certificate; give certificate-authority-data instead",
    "proxy-url": "Sluice calls the API server itself; name an address it can reach",
    "tls-server-name": "Sluice checks the name it calls; name the server as its certificate does",
    "auth-provider": "Kubernetes has dropped it; use a kubeconfig with exec or a token",
    "username": "Kubernetes has dropped passwords; use a token or a client certificate",
    "password": "Kubernetes has dropped passwords; use a token or a client certificate",
    "as": "use the context of somebody who may do it themselves",
    "as-uid": "use the context of somebody who may do it themselves",
    "as-groups": "use the context of somebody who may do it themselves",
    "as-user-extra": "use the context of somebody who may do it themselves",
}
FILES = {"tokenFile", "client-certificate", "client-key", "certificate-authority"}


@dataclass(frozen=True, slots=True)
class Opened:
    """How the operator gets in. `authority`: PEM, as it will be stored."""

    context: str
    server: str
    authority: str
    login: Configuration


def open_up(file: Path, context: str = "", *, trusted: bool = False) -> Opened:
    """The context of that name, or the current one. `trusted`: its programs may be run and its files read, here."""
    whole = _read(file)
    name = context or str(whole.get("current-context") or "")
    there = _named(whole, "contexts", "context", name, file)
    cluster = _named(whole, "clusters", "cluster", str(there.get("cluster", "")), file)
    user = _named(whole, "users", "user", str(there.get("user", "")), file)
    if found := [*complaints("cluster", cluster, trusted=trusted), *complaints("user", user, trusted=trusted)]:
        raise NeedsHuman(f"{file}, context {name}: {'; '.join(found)}")
    cluster, user = _absolute(cluster, file.parent), _absolute(user, file.parent)
    return Opened(name, _server(cluster, file), _authority(cluster, file), _login(cluster, user, file))


def complaints(part: str, found: Mapping[str, Any], *, trusted: bool) -> Iterator[str]:
    """Every key that cannot be used, with what it does and what to do instead."""
    for key, value in found.items():
        if key in NEVER and value:
            yield f"{part}.{key} is refused: {NEVER[key]}"
        elif key in TRUSTED and not trusted:
            yield f"{part}.{key} is refused: it {TRUSTED[key]}; if the file is your own, say --trusted"
        elif key not in PLAIN | IGNORED | TRUSTED.keys() | NEVER.keys():
            yield f"{part}.{key} is refused: it is no key that Sluice knows"


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            found = yaml.safe_load(opened.read(LARGEST))
    except OSError as error:
        raise NeedsHuman(f"{file} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise NeedsHuman(f"{file} is no YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(found, dict) or found.get("kind", "Config") != "Config":
        raise NeedsHuman(f"{file} is no kubeconfig: it has to hold kind: Config")
    return found


def _named(whole: Mapping[str, Any], many: str, one: str, name: str, file: Path) -> dict[str, Any]:
    """The entry of that name in one of the three lists."""
    entries = [entry for entry in whole.get(many) or () if isinstance(entry, dict)]
    for entry in entries:
        if entry.get("name") == name and isinstance(entry.get(one), dict):
            return {str(key): value for key, value in entry[one].items() if value is not None}
    known = ", ".join(str(entry.get("name")) for entry in entries) or "none"
    hint = "; choose one with --context" if many == "contexts" else ""
    raise NeedsHuman(f"{file} has no {one} {name!r}; its {many} are: {known}{hint}")


def _absolute(found: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Paths are meant from where the file is."""
    return {key: str(folder / str(value)) if key in FILES else value for key, value in found.items()}


def _server(cluster: Mapping[str, Any], file: Path) -> str:
    server = str(cluster.get("server", "")).rstrip("/")
    if not server.startswith("https://"):
        raise NeedsHuman(f"{file}: cluster.server must begin with https://, it is {server[:200]!r}")
    return server


def _authority(cluster: Mapping[str, Any], file: Path) -> str:
    """PEM."""
    try:
        if data := cluster.get("certificate-authority-data"):
            return base64.b64decode(str(data), validate=True).decode("ascii")
        if path := cluster.get("certificate-authority"):
            return Path(path).read_text("ascii")
    except (OSError, ValueError, binascii.Error) as error:
        raise NeedsHuman(f"{file}: the certificate of the cluster's authority cannot be read: {error}") from error
    raise NeedsHuman(f"{file}: the cluster has no certificate-authority-data, so its server cannot be believed")


def _login(cluster: Mapping[str, Any], user: Mapping[str, Any], file: Path) -> Configuration:
    """By the official client, from the one context alone."""
    named = {"name": "chosen"}
    alone = {
        "current-context": "chosen",
        "contexts": [{**named, "context": {"cluster": "chosen", "user": "chosen"}}],
        "clusters": [{**named, "cluster": dict(cluster)}],
        "users": [{**named, "user": dict(user)}],
    }
    login = Configuration()
    try:
        load_kube_config_from_dict(alone, client_configuration=login, persist_config=False)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError, ValueError, KeyError) as error:
        raise NeedsHuman(f"{file} does not let anybody in: {error}") from error
    if not login.api_key and not login.cert_file:  # the client only logs that a program failed
        raise NeedsHuman(f"{file} does not let anybody in: its user has no token and no client certificate")
    login.proxy, login.retries = None, False
    return login
