"""A commit's tree written to disk by our own hands: no checkout, so no hook, filter, submodule or link can act."""

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import NeedsHuman

from .address import inside
from .argv import Git
from .objects import batch

FILES, BYTES = 100_000, 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a tree. A link is written as a small file that holds its target, as on systems without links."""

    mode: str
    kind: str
    name: str
    size: int
    path: str


def export(git: Git, commit: str, into: Path, *, most_bytes: int = BYTES) -> None:
    """Write the tree of `commit` into the new directory `into`."""
    entries = _listing(git, commit)
    if len(entries) > FILES:
        raise NeedsHuman(f"git.too_large: commit {commit[:12]} has {len(entries)} files; the limit is {FILES}")
    if (total := sum(entry.size for entry in entries)) > most_bytes:
        raise NeedsHuman(f"git.too_large: the tree of {commit[:12]} has {total} bytes; the limit is {most_bytes}")
    into.mkdir(parents=True)
    try:
        for entry in entries:
            folder = into / entry.path
            (folder if entry.kind == "commit" else folder.parent).mkdir(parents=True, exist_ok=True)
        _write(git, [entry for entry in entries if entry.kind == "blob"], into)
    except (NotADirectoryError, FileExistsError) as clash:
        raise NeedsHuman(f"git.path: two paths of commit {commit[:12]} are in each other's way: {clash}") from clash


def _listing(git: Git, commit: str) -> list[Entry]:
    with git.run("ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", commit) as out:
        return [_entry(line) for line in out.read().split(b"\0") if line]


def _entry(line: bytes) -> Entry:
    words, _, path = line.partition(b"\t")
    mode, kind, name, size = words.decode().split()
    return Entry(mode, kind, name, 0 if size == "-" else int(size), inside(os.fsdecode(path)))


def _write(git: Git, entries: list[Entry], into: Path) -> None:
    blobs = batch(git, [entry.name for entry in entries], "blob")
    for entry, data in zip(entries, blobs, strict=True):
        rights = 0o755 if entry.mode == "100755" else 0o644
        with os.fdopen(os.open(into / entry.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights), "wb") as file:
            file.write(data)
