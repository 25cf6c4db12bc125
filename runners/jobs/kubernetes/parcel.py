"""A folder as a parcel that the objects of a cluster can carry: packed the same way each time, in pieces."""

import gzip
import io
import tarfile
from hashlib import sha256
from pathlib import Path

from pipeline.errors import NeedsHuman, TryLater

PIECE = 900 * 1024  # bytes: a Secret may hold 1 MiB
MOST = 16  # pieces, so that a commit can be no burden for the memory of a cluster
MADE = 1_000_000_000  # when all files are said to be made: a time of their own would make each parcel another one


class TooLarge(Exception):
    """More was packed than may be."""


class _Bounded(io.BytesIO):
    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def write(self, data: bytes) -> int:  # type: ignore[override]  # gzip and tarfile give nothing else
        if self.tell() + len(data) > self._most:
            raise TooLarge
        return super().write(data)


def packed(folder: Path, most: int = MOST * PIECE) -> tuple[bytes, ...]:
    """What is in the folder as tar.gz, in pieces of at most PIECE bytes. More than `most` bytes are for a person."""
    whole = _Bounded(most)
    try:
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=whole, mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w") as archive,
        ):
            for path in sorted(folder.iterdir()):  # not the folder itself: its rights are those of where it is unpacked
                archive.add(path, path.name, filter=_plain)
    except TooLarge:
        size = f"{most / 1024**2:.1f} MiB"
        raise NeedsHuman(
            f"job.tree: the commit has more than {size} when it is packed, which is what tests in a cluster get; take "
            f"large files out of the repository, or run tests beside Sluice by taking tests: out of platform.yaml"
        ) from None
    except OSError as error:
        raise TryLater(f"job.tree: {folder} cannot be packed: {error}") from error
    parcel = whole.getvalue()
    return tuple(parcel[start : start + PIECE] for start in range(0, len(parcel), PIECE))


def named(pieces: tuple[bytes, ...]) -> str:
    """The name of a parcel by its content."""
    return sha256(b"".join(pieces)).hexdigest()


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of this machine: no owner, no time; whoever unpacks it may change all of it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = MADE
    member.mode |= 0o700 if member.isdir() else 0o600
    return member
