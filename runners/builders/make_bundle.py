"""The program of a build job: tree and recipe in, bundle out; its output is the build log, its last line the digest."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from runners.jobs.supervise import write_json

from . import tree, venv
from .buildlog import section
from .results import leave
from .tree import Unbuildable


@dataclass(frozen=True, slots=True)
class Request:
    """What `BundleBuilder` asks for."""

    name: str
    app: str
    commit: str
    tree: str
    bundles: str
    cache: str
    python: str | None
    run: str | None


def build(request: Request) -> str:
    """Make the bundle beside and move it into place; one that is there already stays."""
    bundles = Path(request.bundles)
    draft = bundles / f".{request.name}-{uuid.uuid4().hex}"
    try:
        lock = _fill(request, draft)
        recipe = json.dumps({"python": request.python, "run": request.run}, sort_keys=True)
        with section("Digest") as here:
            digest = tree.digest(draft / "tree", lock, recipe)
            final = bundles / digest.removeprefix("sha256:")
            there = final.is_dir()
            here.notes.append("the same content was built before" if there else "new content")
        about = {"digest": digest, "app": request.app, "commit": request.commit, "lock": lock, "recipe": recipe}
        write_json(str(draft / "bundle.json"), about)
        _settle(draft, final)
        return digest
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(request: Request, draft: Path) -> str:
    """Tree, packages, command; what was locked, as part of the digest."""
    copied = draft / "tree"
    with section("Copy the tree") as here:
        files, size = tree.copy(Path(request.tree), copied)
        here.notes.append(f"{files} files, {size / 1000:.0f} kB")
    lock = _packages(request, copied, draft / "venv") if request.python else ""
    if request.run:
        with section(f"Run {request.run}"):
            _run(request.run, copied, draft / "venv")
    return lock


def _packages(request: Request, copied: Path, into: Path) -> str:
    name = request.python or ""
    path = copied / name
    if not path.is_file() or not path.resolve().is_relative_to(copied.resolve()):
        raise Unbuildable(f"`build: bundle: python:` names {name}, which is not a file of the repository")
    with section(f"Python packages from {name}") as here:
        env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        made, there = venv.cached(path, name, Path(request.cache), env)
        venv.link(made, into)
        here.notes.append("cached" if there else "installed")
    return f"{venv.python_tag()} {venv.key(path.read_bytes())}"


def _run(command: str, copied: Path, environment: Path) -> None:
    """The app's own command sees the tree and the packages, nothing of how packages are fetched."""
    outer = os.environ["PATH"]
    inner = f"{environment}/bin{os.pathsep}{outer}" if environment.is_dir() else outer
    env = {"PATH": inner, "HOME": os.environ["HOME"], "LANG": "C.UTF-8"}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=copied, env=env)  # noqa: S603
    if done.returncode:
        raise Unbuildable(f"the build command ended with exit code {done.returncode}")


def _settle(draft: Path, final: Path) -> None:
    if (draft / "venv").is_dir():
        venv.relocate(draft / "venv", draft / "venv", final / "venv")
    try:
        draft.rename(final)
    except OSError:
        if not final.is_dir():  # else it was built before, or by somebody faster
            raise
        os.utime(final)


def main(text: str) -> int:
    """Write the result where `BundleBuilder.look` reads it; 0 when there is a digest."""
    request = Request(**json.loads(text))
    return leave(Path(request.bundles) / ".results", request.name, lambda: build(request))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
