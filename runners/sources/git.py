"""A git repository, mirrored on this machine: only this package talks to git, and only with fixed arguments."""

import contextlib
import fcntl
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from threading import Event

from pipeline.errors import PipelineError, TryLater
from runners.ports import Commit

from . import objects
from .address import address, branch, full_hash, inside
from .argv import Git
from .export import BYTES, export

BUSY = 10.0  # seconds to wait for another fetch of the same mirror
CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"


class GitSource:
    """The Source port on one repository. Nothing is asked of the network but the branch in question."""

    def __init__(
        self,
        url: str,
        mirror_dir: Path,
        trees_dir: Path,
        *,
        allow_local: bool = False,
        hosts: frozenset[str] = frozenset(),
        timeout: float = 60.0,
        most_fetched: int = 2 * 1024**3,
        most_checked_out: int = BYTES,
        passed_on: Mapping[str, str] | None = None,
    ) -> None:
        self._url, self._allow_local, self._hosts = url, allow_local, hosts
        self._mirror, self._trees = mirror_dir.absolute(), trees_dir.absolute()
        self._most = most_checked_out
        self._git = Git(self._mirror, timeout, most_fetched, passed_on or {})

    def head(self, ref: str) -> str:
        """Fetch the branch and say where it stands now. Git is the truth, a webhook is a hint."""
        where = address(self._url, allow_local=self._allow_local, hosts=self._hosts)
        full = f"refs/heads/{branch(ref)}"
        with _disk(), self._alone() as lock:
            fetch = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
            with self._git.run(
                *fetch, "--end-of-options", where.url, f"+{full}:{full}", protocol=where.protocol, keep=(lock,)
            ):
                return self._resolve(full)

    def commit(self, commit: str) -> Commit:
        """Read from the mirror alone."""
        full_hash(commit)
        with _disk():
            self._prepare()
            return objects.commits(self._git, [commit])[0]

    def between(self, old: str, new: str) -> tuple[Commit, ...]:
        """Newest first, at most 200."""
        full_hash(old), full_hash(new)
        with _disk():
            self._prepare()
            with self._git.run("rev-list", "--max-count=200", "--end-of-options", new, f"^{old}", "--") as out:
                names = out.read().decode().split()
            return objects.commits(self._git, names)

    def file(self, commit: str, path: str) -> bytes:
        """Read from the mirror alone."""
        full_hash(commit), inside(path)
        with _disk():
            self._prepare()
            return objects.content(self._git, commit, path)

    def checkout(self, commit: str) -> Path:
        """Written beside and moved into place, so a tree is whole or not there."""
        tree = self._trees / full_hash(commit)
        with _disk():
            if not tree.is_dir():
                self._prepare()
                draft = self._trees / f".{commit[:12]}-{uuid.uuid4().hex}"
                try:
                    export(self._git, commit, draft, most_bytes=self._most)
                    with contextlib.suppress(FileExistsError):
                        _move(draft, tree)
                finally:
                    shutil.rmtree(draft, ignore_errors=True)
            os.utime(tree)
        return tree

    def prune(self, keep: set[str], older_than: timedelta) -> int:
        """Remove trees that nobody asked for since and that are not in `keep`; how many went."""
        gone = 0
        for tree in self._trees.glob("*") if self._trees.is_dir() else ():
            if tree.name not in keep and time.time() - tree.stat().st_mtime > older_than.total_seconds():
                shutil.rmtree(tree, ignore_errors=True)
                gone += 1
        return gone

    def tidy(self) -> None:
        """Pack the mirror: many small fetches leave many small files."""
        with _disk(), self._alone() as lock, self._git.run("gc", "--quiet", keep=(lock,)):
            pass

    def _prepare(self) -> None:
        """An empty mirror, made by hand: `git init` would copy templates, and hooks with them."""
        if (self._mirror / "HEAD").exists():
            return
        for folder in ("objects/info", "objects/pack", "refs/heads"):
            (self._mirror / folder).mkdir(parents=True, exist_ok=True)
        (self._mirror / "config").write_text(CONFIG)
        (self._mirror / "HEAD").write_text("ref: refs/heads/sluice-none\n")

    def _resolve(self, full: str) -> str:
        with contextlib.suppress(FileNotFoundError):
            if re.fullmatch(r"[0-9a-f]{40}\n", text := (self._mirror / full).read_text()):
                return text.strip()
        with self._git.run("rev-parse", "--verify", "--end-of-options", f"{full}^{{commit}}") as out:
            return full_hash(out.read().decode().split()[-1])

    @contextlib.contextmanager
    def _alone(self) -> Iterator[int]:
        """One writer per mirror. Git itself holds the lock too, so it outlives a worker that is killed meanwhile."""
        self._mirror.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(f"{self._mirror}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _wait_for(file)
            self._prepare()
            self._clear("*.lock", "refs/**/*.lock", "objects/pack/tmp_*")
            yield file
        except PipelineError:
            self._clear("objects/pack/tmp_*", "objects/??/tmp_obj_*")
            raise
        finally:
            os.close(file)

    def _clear(self, *patterns: str) -> None:
        """We are the only writer: locks and drafts are left from one that was killed."""
        for pattern in patterns:
            for left in self._mirror.glob(pattern):
                left.unlink(missing_ok=True)


def _wait_for(file: int) -> None:
    until, pause = time.monotonic() + BUSY, Event()
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TryLater("git.busy: another fetch of this repository is still running") from None
            pause.wait(0.005)
        else:
            return


def _move(draft: Path, tree: Path) -> None:
    try:
        draft.rename(tree)
    except OSError:
        if not tree.is_dir():  # else somebody was faster with the same tree
            raise


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TryLater(f"git.disk: the mirror or the tree could not be read or written: {error}") from error
