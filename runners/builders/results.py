"""What a build job leaves behind: its digest, or the reason why there is none. Jobs start fast: no heavy imports."""

from collections.abc import Callable
from pathlib import Path

from runners.jobs.supervise import read_json, write_json

from .buildlog import say
from .tree import Unbuildable


def leave(folder: Path, name: str, build: Callable[[], str]) -> int:
    """Build, and write down how it ended; the exit code of the job: 0 when there is a digest."""
    try:
        found = {"digest": build(), "why": ""}
    except Unbuildable as reason:
        found = {"digest": "", "why": str(reason)}
    except OSError as error:
        found = {"digest": "", "why": f"what was built could not be written: {error}"}
    folder.mkdir(parents=True, exist_ok=True)
    write_json(str(_file(folder, name)), found)
    say(found["digest"] or f"The build failed: {found['why']}.")
    return 0 if found["digest"] else 1


def left(folder: Path, name: str) -> dict[str, str]:
    """What the build of this name left behind so far."""
    return read(_file(folder, name))


def read(path: Path) -> dict[str, str]:
    """A small JSON object of ours; nothing where there is none."""
    return read_json(str(path))


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
