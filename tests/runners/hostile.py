"""Where attacks on git are tried: what may change, and what must not."""

import hashlib
from pathlib import Path

from runners.sources.git import GitSource


def outside(folder: Path) -> str:
    """A hash over everything but the mirror and the trees."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).parts[0] not in ("mirror", "mirror.lock", "trees"):
            found.update(f"{path}\0".encode() + (path.read_bytes() if path.is_file() else b""))
    return found.hexdigest()


def source(folder: Path, url: str, **more: object) -> GitSource:
    return GitSource(url, folder / "mirror", folder / "trees", **more)  # type: ignore[arg-type]


def local(folder: Path, **more: object) -> GitSource:
    return source(folder, str(folder / "shop"), allow_local=True, **more)
