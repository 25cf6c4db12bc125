"""Images: a Dockerfile and its context become an image in a registry, named by its digest. For Kubernetes clusters."""

import json
import os
import sys
from collections.abc import Mapping, Set
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import runners
from pipeline.errors import NeedsHuman, TryLater
from runners import engine
from runners.ports import BuildSeen, BuildSpec, Jobs, JobSpec, JobState

from .make_image import Recipe, Request
from .outcome import DIGEST, FLOOR, TIMEOUT, outcome


class ImageBuilder:
    """The Builder port for one app, whose images go to `repository` (registry, slash, name; no tag).

    `folder` keeps results, and what was built of which content; `owner` names this installation at the engine. `apart`:
    what is to run on an image runs where the jobs see fit, not at this engine.
    """

    def __init__(
        self,
        jobs: Jobs,
        folder: Path,
        repository: str,
        *,
        owner: str,
        apart: bool = False,
        env: Mapping[str, str] | None = None,
        floor: int = FLOOR,
        timeout: float = TIMEOUT,
    ) -> None:
        self._jobs, self._folder, self._repository, self._owner = jobs, folder.absolute(), repository, owner
        found = engine.passed_on(os.environ) if env is None else dict(env)
        self._env = {**found, "PYTHONPATH": str(Path(runners.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
        self._floor, self._timeout, self._apart = floor, timeout, apart

    def start(self, spec: BuildSpec) -> None:
        """Start the build, or adopt the one of that name."""
        if self._jobs.look(spec.name).state is not JobState.UNKNOWN:
            return
        request = Request(
            name=spec.name,
            app=spec.app,
            commit=spec.commit,
            tree=str(spec.tree.absolute()),
            folder=str(self._folder),
            repository=self._repository,
            owner=self._owner,
            floor=self._floor,
            recipe=recipe(spec.recipe),
        )
        argv = (sys.executable, "-P", "-m", "runners.builders.make_image", json.dumps(asdict(request)))
        self._folder.mkdir(parents=True, exist_ok=True)
        title = f"Build {spec.app} at {spec.commit[:12]}"
        self._jobs.start(JobSpec(spec.name, argv, self._folder, self._env, self._timeout, title))

    def look(self, name: str) -> BuildSeen:
        """What the job says, and the digest or the reason it left behind."""
        return outcome(self._jobs, self._folder / "results", name)

    def command(self, digest: str, tree: Path, name: str, run: str, timeout: float) -> JobSpec:
        """`run` in a throw-away container of the image, in a copy of the tree."""
        if not DIGEST.fullmatch(digest):
            raise NeedsHuman(f"builder.digest: {digest[:80]!r} is no digest; sha256: and 64 digits 0-9a-f are needed")
        image = f"{self._repository}@{digest}"
        if self._apart:
            return JobSpec(name, ("/bin/sh", "-c", run), tree, {}, timeout, title=run, image=image)
        argv = (sys.executable, "-P", "-m", "runners.jobs.contain", self._owner, name, image, run)
        return JobSpec(name, argv, tree, self._env, timeout, title=run)

    def prune(self, keep: Set[str], older_than: timedelta) -> int:
        """Images of ours at the engine that are older and not kept, containers and records as old; how many went. What
        the registry keeps is its own business: somebody may still run it."""
        before = datetime.now(UTC) - older_than
        gone = 0
        for file in (*self._folder.glob("results/*.json"), *self._folder.glob("contents/*.json")):
            if file.stat().st_mtime < before.timestamp():
                file.unlink(missing_ok=True)
                gone += 1
        try:
            with closing(engine.connect()) as client:
                return gone + engine.prune(client, self._owner, self._repository, keep, before)
        except (engine.Away, engine.DockerException) as trouble:
            raise TryLater(str(trouble)) from trouble


def recipe(build: Mapping[str, object]) -> Recipe:
    """`context`, `dockerfile` and `args` of the `image:` in a `build:` part."""
    inner = build.get("image") or {}
    if not isinstance(inner, Mapping) or not inner.keys() <= {"context", "dockerfile", "args"}:
        raise NeedsHuman("builder.recipe: an image is built from `context:`, `dockerfile:` and `args:`, nothing else")
    args = inner.get("args") or {}
    if not isinstance(args, Mapping):
        raise NeedsHuman("builder.recipe: `args:` holds names and values")
    found = {"context": inner.get("context", "."), "dockerfile": inner.get("dockerfile", "Dockerfile")}
    for key, value in found.items():
        if not isinstance(value, str) or PurePosixPath(value).is_absolute() or ".." in value.split("/"):
            raise NeedsHuman(f"builder.recipe: `{key}: {value}` must be a path inside the repository")
    values = {str(name): str(value) for name, value in args.items()}
    return Recipe(str(found["context"]), str(found["dockerfile"]), values)
