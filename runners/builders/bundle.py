"""Bundles: a copy of the tree with its virtual environment, named by its digest. For machines without containers.

`<bundles>/<digest>/` holds `tree/`, `venv/` (Python apps only) and `bundle.json`. A bundle that is there never changes.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Set
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path, PurePosixPath

import runners
from pipeline.errors import NeedsHuman, TryLater
from runners.ports import BuildSeen, BuildSpec, Jobs, JobSpec, JobState

from . import tree
from .make_bundle import Request
from .outcome import DIGEST, FLOOR, TIMEOUT, no_room, outcome
from .results import read

HARMFUL = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PIP_REQUIREMENT", "PIP_CONSTRAINT"}
PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}


class BundleBuilder:
    """The Builder port on this machine. `env` is what pip may know of the machine: index, proxy, certificates."""

    def __init__(
        self,
        jobs: Jobs,
        bundles_dir: Path,
        cache_dir: Path,
        *,
        env: Mapping[str, str] | None = None,
        floor: int = FLOOR,
        timeout: float = TIMEOUT,
    ) -> None:
        self._jobs = jobs
        self._bundles, self._cache = bundles_dir.absolute(), cache_dir.absolute()
        self._results = self._bundles / ".results"
        self._env = passed_on(os.environ) if env is None else dict(env)
        self._floor, self._timeout = floor, timeout

    def start(self, spec: BuildSpec) -> None:
        """Start the build, or adopt the one of that name."""
        if self._jobs.look(spec.name).state is not JobState.UNKNOWN:
            return
        python, run = recipe(spec.recipe)
        self._room()
        request = Request(
            name=spec.name,
            app=spec.app,
            commit=spec.commit,
            tree=str(spec.tree.absolute()),
            bundles=str(self._bundles),
            cache=str(self._cache),
            python=python,
            run=run,
        )
        argv = (sys.executable, "-P", "-m", "runners.builders.make_bundle", json.dumps(asdict(request)))
        env = {**self._env, "PYTHONPATH": str(Path(runners.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
        title = f"Build {spec.app} at {spec.commit[:12]}"
        self._jobs.start(JobSpec(spec.name, argv, self._bundles, env, self._timeout, title))

    def look(self, name: str) -> BuildSeen:
        """What the job says, and the digest or the reason it left behind."""
        return outcome(self._jobs, self._results, name)

    def command(self, digest: str, _tree: Path, name: str, run: str, timeout: float) -> JobSpec:
        """`run` in a throw-away copy of the bundle, which has its own tree, with the bundle's packages first."""
        return spec_for_test(name, self.path(digest), run, timeout=timeout)

    def path(self, digest: str) -> Path:
        """Where the bundle of this digest is, or would be."""
        return bundle_path(self._bundles, digest)

    def prune(self, keep: Set[str], older_than: timedelta) -> int:
        """Remove what nobody used since: bundles not in `keep`, drafts, environments, results; how many went."""
        kept = {digest.removeprefix("sha256:") for digest in keep}
        old = [path for path in _listing(self._bundles) if path != self._results and path.name not in kept]
        old += [path for path in _listing(self._cache / "venvs") if path.is_dir()]
        old += _listing(self._results)
        gone = 0
        for path in old:
            mark = path / "sluice-complete"
            used = (mark if mark.exists() else path).stat().st_mtime
            if time.time() - used > older_than.total_seconds():
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _room(self) -> None:
        try:
            self._bundles.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self._bundles).free
        except OSError as error:
            raise TryLater(f"builder.disk: {self._bundles} cannot be written: {error}") from error
        if why := no_room(free, self._floor, str(self._bundles)):
            raise NeedsHuman(why)


def recipe(build: Mapping[str, object]) -> tuple[str | None, str | None]:
    """`python` and `run` of a `build:` part, or of the `bundle:` in it."""
    inner = build.get("bundle", build)
    if not isinstance(inner, Mapping) or not inner.keys() <= {"python", "run"}:
        raise NeedsHuman("builder.recipe: a bundle is built from `python:` and `run:` and nothing else")
    python, run = inner.get("python"), inner.get("run")
    if not all(value is None or (isinstance(value, str) and value) for value in (python, run)):
        raise NeedsHuman("builder.recipe: `python:` and `run:` hold text")
    if python and (PurePosixPath(str(python)).is_absolute() or ".." in str(python).split("/") or "\0" in str(python)):
        raise NeedsHuman(f"builder.recipe: `python: {python}` must be a path inside the repository")
    return (str(python) if python else None), (str(run) if run else None)


def passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What pip needs of the machine's environment, and nothing else."""
    kept = {name: value for name, value in environ.items() if name.upper() in PROXIES}
    kept |= {name: value for name, value in environ.items() if name.startswith("PIP_") and name not in HARMFUL}
    home = Path(environ.get("HOME", "/nonexistent"))
    for config in (home / ".config/pip/pip.conf", home / ".pip/pip.conf"):
        if config.is_file():  # a job has a home of its own, so pip would not find it
            kept.setdefault("PIP_CONFIG_FILE", str(config))
    return kept


def bundle_path(bundles_dir: Path, digest: str) -> Path:
    """Folder of a bundle; NeedsHuman when `digest` is none."""
    if not (found := DIGEST.fullmatch(digest)):
        raise NeedsHuman(f"builder.digest: {digest[:80]!r} is no digest; sha256: and 64 digits 0-9a-f are needed")
    return bundles_dir / found[1]


def bundle_env(bundle: Path, path: str | None = None) -> dict[str, str]:
    """Environment in which the bundle's own packages come first. Nothing writes byte code into a bundle."""
    outer = path or os.environ.get("PATH", os.defpath)
    own = {"PYTHONDONTWRITEBYTECODE": "1"}
    if not (bundle / "venv").is_dir():
        return {"PATH": outer, **own}
    return {"PATH": f"{bundle / 'venv' / 'bin'}{os.pathsep}{outer}", "VIRTUAL_ENV": str(bundle / "venv"), **own}


def spec_for_test(
    name: str, bundle: Path, run: str, *, timeout: float, env: Mapping[str, str] | None = None
) -> JobSpec:
    """A job that runs `run` in a throw-away copy of the bundle's tree, so tests cannot change what is deployed."""
    script = 'cp -RP "$1/." "$HOME/work" && cd "$HOME/work" && exec /bin/sh -c "$2"'
    argv = ("/bin/sh", "-c", script, "test", str(bundle / "tree"), run)
    return JobSpec(name, argv, bundle, {**bundle_env(bundle), **(env or {})}, timeout, title=run)


def intact(bundle: Path) -> bool:
    """Whether the tree is still what its name says."""
    about = read(bundle / "bundle.json")
    try:
        return tree.digest(bundle / "tree", about["lock"], about["recipe"]) == f"sha256:{bundle.name}"
    except (KeyError, OSError, tree.Unbuildable):
        return False


def _listing(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
