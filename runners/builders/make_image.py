"""The program of a build job: context and Dockerfile in, image in the registry out; its output is the build log."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from runners import engine
from runners.engine import DockerClient, DockerException
from runners.jobs.supervise import write_json

from . import tree
from .alone import alone
from .buildlog import say, section
from .outcome import no_room
from .results import leave, read
from .tree import Unbuildable


@dataclass(frozen=True, slots=True)
class Recipe:
    """The `image:` part of a definition. Both paths are inside the tree."""

    context: str
    dockerfile: str
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """What `ImageBuilder` asks for."""

    name: str
    app: str
    commit: str
    tree: str
    folder: str
    repository: str
    owner: str
    floor: int
    recipe: Recipe

    @property
    def context(self) -> Path:
        """On disk."""
        return Path(self.tree) / self.recipe.context


def build(request: Request) -> str:
    """The digest of the image in the registry; the same content is built once."""
    _inside(request)
    record = Path(request.folder) / "contents" / f"{content(request)}.json"
    try:
        with section("Docker engine") as here:
            client = engine.connect(engine.QUIET)
            here.notes.append(f"version {client.version()['Version']}")
            if why := no_room(*_room(client, request)):
                raise Unbuildable(why)
        with alone(record.with_suffix(".lock")):
            return _once(client, request, record)
    except (engine.Away, DockerException) as trouble:
        raise Unbuildable(str(trouble)) from trouble


def _once(client: DockerClient, request: Request, record: Path) -> str:
    """What `record` says was built of this content, if the registry still has it; else built now."""
    known = read(record).get("digest", "")
    if known and _in_registry(client, f"{request.repository}@{known}"):
        say("    the same content was built before")
        return known
    tag = f"content-{record.stem[:32]}"
    _make(client, request, tag)
    digest = _push(client, request, tag)
    write_json(str(record), {"digest": digest, "app": request.app, "commit": request.commit})
    return digest


def content(request: Request) -> str:
    """A name for what goes in: the repository, the recipe, and everything in the context."""
    asked = {"repository": request.repository, "recipe": asdict(request.recipe)}
    found = tree.digest(request.context, "", json.dumps(asked, sort_keys=True))
    return sha256(f"sluice-image-1 {found}".encode()).hexdigest()


def _inside(request: Request) -> None:
    """Context and Dockerfile are in the tree, also after every link was followed."""
    top = Path(request.tree).resolve()
    file = request.context / request.recipe.dockerfile
    for what, path, there in (("context", request.context, Path.is_dir), ("dockerfile", file, Path.is_file)):
        if not there(path) or not path.resolve().is_relative_to(top):
            name = path.relative_to(request.tree)
            raise Unbuildable(f"`build: image: {what}:` names {name}, which is not there in the repository")


def _room(client: DockerClient, request: Request) -> tuple[int, int, str]:
    free, where = engine.free(client)
    return free, request.floor, where


def _in_registry(client: DockerClient, reference: str) -> bool:
    try:
        client.images.get_registry_data(reference)
    except DockerException:
        return False
    return True


def _make(client: DockerClient, request: Request, tag: str) -> None:
    with section(f"Build {request.recipe.dockerfile}"):
        steps = client.api.build(
            path=str(request.context),
            dockerfile=request.recipe.dockerfile,
            tag=f"{request.repository}:{tag}",
            buildargs=dict(request.recipe.args),
            labels={engine.OWNER: request.owner, "dev.sluice.app": request.app, "dev.sluice.commit": request.commit},
            container_limits={"memory": engine.MEMORY, "memswap": engine.MEMORY},
            rm=True,
            forcerm=True,
            decode=True,
        )
        for step in _heard(steps):
            for line in str(step.get("stream", "")).splitlines():
                say(line)


def _push(client: DockerClient, request: Request, tag: str) -> str:
    with section(f"Push {request.repository}") as here:
        for step in _heard(client.api.push(request.repository, tag=tag, stream=True, decode=True)):
            if digest := (step.get("aux") or {}).get("Digest"):
                here.notes.append(f"{step['aux'].get('Size', 0)} bytes of manifest")
                return str(digest)
    raise Unbuildable(f"the registry did not say under which digest it keeps {request.repository}")


def _heard(steps: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the engine reports, until it reports a failure."""
    for step in steps:
        if failure := step.get("errorDetail"):
            said = str(failure.get("message") or step.get("error"))
            say(said)
            code = failure.get("code")
            raise Unbuildable(f"the build command ended with exit code {code}" if code else said)
        yield step


def main(text: str) -> int:
    """Write the result where `ImageBuilder.look` reads it; 0 when there is a digest."""
    told = json.loads(text)
    request = Request(**{**told, "recipe": Recipe(**told["recipe"])})
    return leave(Path(request.folder) / "results", request.name, lambda: build(request))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
