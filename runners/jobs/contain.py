"""The program of a test job on an image: one command in a throw-away container, in a copy of the folder it began in.

`python -m runners.jobs.contain OWNER NAME IMAGE COMMAND`: ends as the command ends. It is asked to end by SIGTERM.
"""

import io
import os
import signal
import sys
import tarfile
from pathlib import Path
from types import FrameType

from runners import engine
from runners.engine import Container, DockerClient, DockerException, ImageNotFound

FAILED = 125  # as `docker run` ends when it is not the command that failed
WORK = "src"  # where the copy is, below /


def contain(client: DockerClient, owner: str, name: str, image: str, command: str) -> int:
    """Run it, copy what it says to our own output, and clear it away; its exit code."""
    stem = name.rpartition("-")[0] or name
    _clear(client, owner, stem)
    _fetch(client, image)
    container = client.containers.create(
        image,
        entrypoint=["/bin/sh", "-c"],
        command=[command],
        working_dir=f"/{WORK}",
        labels={engine.OWNER: owner, engine.STEM: stem},
        mem_limit=engine.MEMORY,
        memswap_limit=engine.MEMORY,
        pids_limit=engine.PROCESSES,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        log_config=engine.SILENT,
    )
    try:
        container.put_archive("/", _packed(Path.cwd()))
        return _run(container)
    finally:
        container.remove(force=True, v=True)


def _run(container: Container) -> int:
    """From the start to the end, or until we are told to end."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    output = container.attach(stream=True, stdout=True, stderr=True)
    container.start()
    for piece in output:
        os.write(sys.stdout.fileno(), piece)
    code = int(container.wait()["StatusCode"])
    container.reload()
    if container.attrs["State"].get("OOMKilled"):
        _say(f"The command used more than {engine.MEMORY // 1024**2} MiB of memory and was ended")
    return code


def _clear(client: DockerClient, owner: str, stem: str) -> None:
    """An earlier attempt that lost its supervisor may still run: it ends before this one begins."""
    mine = [f"{engine.OWNER}={owner}", f"{engine.STEM}={stem}"]
    for old in client.containers.list(all=True, filters={"label": mine}, ignore_removed=True):
        old.remove(force=True, v=True)


def _fetch(client: DockerClient, image: str) -> None:
    try:
        client.images.get(image)
    except ImageNotFound:
        _say(f"Fetches {image}")
        client.images.pull(image)


def _packed(folder: Path) -> bytes:
    """The folder as an archive that whoever runs in the container may change."""

    def open_to_all(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mode |= 0o777 if member.isdir() else 0o666
        return member

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(folder, WORK, filter=open_to_all)
    return packed.getvalue()


def _say(line: str) -> None:
    print(f"» {line}", flush=True)  # noqa: T201 - this is the job's log


def main(words: list[str]) -> int:
    """The exit code of the command, or 125 with the reason."""
    owner, name, image, command = words
    try:
        return contain(engine.connect(engine.QUIET), owner, name, image, command)
    except (engine.Away, DockerException) as trouble:
        _say(str(trouble))
        return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
