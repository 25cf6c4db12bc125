"""Trees on disk: copied without following a link, and named by a digest of everything in them."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

FORM = "sluice-bundle-1"


class Unbuildable(Exception):
    """The tree or its recipe cannot become a bundle; the text is for the app's team."""


def copy(tree: Path, into: Path) -> tuple[int, int]:
    """Copy files, folders and links that stay inside; how many files and bytes."""
    files = size = 0
    into.mkdir(parents=True)
    for path, mode in _walk(tree):
        source, target = tree / path, into / path
        if stat.S_ISDIR(mode):
            target.mkdir()
        elif stat.S_ISLNK(mode):
            target.symlink_to(os.readlink(source))
        else:
            shutil.copyfile(source, target, follow_symlinks=False)
            target.chmod(0o755 if mode & 0o100 else 0o644)
            files, size = files + 1, size + target.stat().st_size
    _stay_inside(into)
    return files, size


def _stay_inside(root: Path) -> None:
    top = os.path.realpath(root)
    for path, mode in _walk(root):
        if stat.S_ISLNK(mode) and os.path.commonpath([top, os.path.realpath(root / path)]) != top:
            raise Unbuildable(
                f"{path} is a link to {os.readlink(root / path)}, outside the tree; replace it by the file"
            )


def digest(tree: Path, lock: str, recipe: str) -> str:
    """
    sha256 over form, recipe, lock and one line per path: kind, path, content.

    Times, owners and order on disk do not count: the same content has the same name everywhere.
    """
    found = hashlib.sha256("\0".join((FORM, recipe, lock, "")).encode())
    for path, mode in _walk(tree):
        if stat.S_ISDIR(mode):
            kind, content = "d", b""
        elif stat.S_ISLNK(mode):
            kind, content = "l", os.fsencode(os.readlink(tree / path))
        else:
            with (tree / path).open("rb") as file:
                kind, content = ("x" if mode & 0o100 else "f"), hashlib.file_digest(file, "sha256").digest()
        name = os.fsencode(path)
        found.update(b"%s %d %d\0" % (kind.encode(), len(name), len(content)) + name + content)
    return f"sha256:{found.hexdigest()}"


def _walk(tree: Path) -> Iterator[tuple[str, int]]:
    """Every path below, folders before what is in them, in the order of their bytes; never through a link."""
    waiting = [""]
    while waiting:
        path = waiting.pop()
        mode = os.lstat(tree / path).st_mode
        if path:
            if not (stat.S_ISDIR(mode) or stat.S_ISLNK(mode) or stat.S_ISREG(mode)):
                raise Unbuildable(f"{path} is neither file, folder nor link; take it out of the tree")
            yield path, mode
        if stat.S_ISDIR(mode):
            below = sorted(os.listdir(tree / path), key=os.fsencode, reverse=True)
            waiting.extend(os.path.join(path, name) for name in below)
