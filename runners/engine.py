"""The Docker engine as builds and tests use it: found like any client finds it, and what we make there is marked."""

import os
import shutil
from collections.abc import Mapping, Set
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import docker
from docker.client import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.containers import Container
from docker.types import LogConfig

__all__ = [
    "Away",
    "Container",
    "DockerClient",
    "DockerException",
    "ImageNotFound",
    "connect",
    "free",
    "passed_on",
    "prune",
]

OWNER = "dev.sluice.owner"  # label: the installation that made it
STEM = "dev.sluice.job"  # label: the job it is for, without its attempt
MEMORY = 2 * 1024**3  # bytes a build or a test may use
PROCESSES = 1024
QUIET = 86_400  # seconds a build or test may say nothing: the deadline of its job comes first
SILENT = LogConfig(type="none")  # what a container says goes to whoever is attached, and is not kept twice


class Away(Exception):
    """There is no engine that answers; the text says why and what to do."""


def connect(timeout: int = 60) -> DockerClient:
    """The engine that DOCKER_HOST names, or the one of this machine. `timeout`: seconds that an answer may take."""
    client = None
    try:
        client = docker.from_env(timeout=timeout)
        client.ping()
    except (DockerException, OSError) as error:
        if client is not None:
            client.close()
        where = os.environ.get("DOCKER_HOST") or "this machine"
        raise Away(f"the Docker engine of {where} does not answer: {error}; start it, or set DOCKER_HOST") from error
    return client


def passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What a job has to know to find the engine and the registries its user has logged in to."""
    kept = {name: value for name, value in environ.items() if name.startswith("DOCKER_")}
    home = Path(environ.get("HOME", "/nonexistent")) / ".docker"
    if home.is_dir():  # a job has a home of its own
        kept.setdefault("DOCKER_CONFIG", str(home))
    return kept


def free(client: DockerClient) -> tuple[int, str]:
    """Bytes that are free where the engine keeps its images, and where that is. An engine elsewhere is not asked."""
    folder = str(client.info()["DockerRootDir"])
    local = client.api.base_url.startswith("http+docker://") and Path(folder).is_dir()
    return (shutil.disk_usage(folder).free, folder) if local else (1 << 62, folder)


def prune(client: DockerClient, owner: str, repository: str, keep: Set[str], before: datetime) -> int:
    """Remove what this owner made before and nobody keeps, and nothing else of this engine; how much went."""
    mine: dict[str, str | list[str] | bool] = {"label": f"{OWNER}={owner}"}
    old = [
        one
        for one in client.containers.list(all=True, filters=mine, ignore_removed=True)
        if _made(one.attrs["Created"]) < before
    ]
    for container in old:
        container.remove(force=True, v=True)
    gone = len(old)
    kept = {f"{repository}@{digest}" for digest in keep}
    for image in client.images.list(repository, filters=mine):
        if _made(image.attrs["Created"]) < before and not kept & set(image.attrs["RepoDigests"]):
            with suppress(APIError):  # a container still runs on it
                client.images.remove(str(image.id), force=True)
                gone += 1
    return gone


def _made(text: str) -> datetime:
    """When the engine says it was made: in UTC, with more digits of a second than Python reads."""
    return datetime.fromisoformat(f"{text[:19]}+00:00")
