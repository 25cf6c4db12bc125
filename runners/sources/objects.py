"""Commits and files read from a mirror by full hash.

GitPython stays out: its own reader is deprecated as unsafe, and its other one runs git with our whole environment.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryFile

from pipeline.errors import NeedsHuman
from runners.ports import Commit

from .argv import Git

LIMIT = 1024 * 1024
PERSON = re.compile(r"(?P<name>.*?) ?<(?P<mail>[^<>]*)> (?P<at>-?\d{1,18}) [+-]\d{4}")
REGULAR = (b"100644", b"100755", b"100664")


def batch(git: Git, names: Sequence[str], kind: str) -> Iterator[bytes]:
    """The content of these objects, one after the other; NeedsHuman for one that is missing or of another kind."""
    with TemporaryFile() as asked:
        asked.writelines(f"{name}\n".encode() for name in names)
        asked.seek(0)
        with git.run("cat-file", "--batch", "--buffer", stdin=asked) as out:
            for name in names:
                head = out.readline().decode().split()
                if len(head) != 3:
                    raise NeedsHuman(f"git.commit_missing: {kind} {name[:12]} is not in the mirror (forced push?)")
                if head[1] != kind:
                    raise NeedsHuman(f"git.hash_invalid: {name[:12]} is no {kind}")
                yield out.read(int(head[2]))
                out.read(1)


def commits(git: Git, names: Sequence[str]) -> tuple[Commit, ...]:
    """The commits, with odd text made harmless: it is written by strangers."""
    return tuple(_commit(name, raw) for name, raw in zip(names, batch(git, names, "commit"), strict=True))


def content(git: Git, commit: str, path: str) -> bytes:
    """One file of a commit, at most 1 MiB."""
    with git.run("ls-tree", "-z", "-l", "--full-tree", "--end-of-options", commit, path) as out:
        line = out.read(4096)
    if not line:
        raise NeedsHuman(f"git.file_missing: {path} is not in commit {commit[:12]}; add it to the branch")
    mode, _, name, size = line.partition(b"\t")[0].split()
    if mode not in REGULAR:
        raise NeedsHuman(f"git.file_missing: {path} in commit {commit[:12]} is no regular file")
    if int(size) > LIMIT:
        raise NeedsHuman(f"git.too_large: {path} has {int(size)} bytes; the limit is {LIMIT}")
    return next(batch(git, [name.decode()], "blob"))


def _commit(name: str, raw: bytes) -> Commit:
    head, _, message = raw.partition(b"\n\n")
    lines = dict(line.split(" ", 1) for line in reversed(_text(head).split("\n")) if " " in line)
    author, committer = _person(lines.get("author", "")), _person(lines.get("committer", ""))
    subject = _text(message).strip().split("\n", 1)[0].strip()[:500]
    return Commit(name, subject, author[0], author[1], committer[1], _when(committer[2]))


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").replace("\0", "\ufffd")


def _person(line: str) -> tuple[str, str, int]:
    found = PERSON.fullmatch(line)
    return (found["name"][:200], found["mail"][:200], int(found["at"])) if found else (line[:200], "", 0)


def _when(seconds: int) -> datetime:
    """Git takes any number; a calendar does not."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
