"""Virtual environments from a lock with hashes: made once per lock and Python, then linked into each bundle."""

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from .alone import alone
from .tree import Unbuildable

COMPLETE = "sluice-complete"
INCLUDES = re.compile(rb"^\s*(-r|-c|-e|--requirement|--constraint|--editable)\b", re.MULTILINE)
MISMATCH = re.compile(r"^\s+(\S+) from \S")
SHEBANG = 120  # bytes of a "#!" line that every system takes


def python_tag() -> str:
    """What a virtual environment is made for; it is part of a bundle's name."""
    return f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"


def key(lock: bytes) -> str:
    """Name of the environment in the cache: lock, Python to the last digit, and where that Python lives."""
    facts = "\0".join((python_tag(), platform.python_version(), sys.base_prefix))
    return hashlib.sha256(facts.encode() + b"\0" + lock).hexdigest()[:32]


def cached(lock: Path, name: str, cache: Path, env: Mapping[str, str]) -> tuple[Path, bool]:
    """
    The environment of this lock, and whether it was there already.

    It is made in its final place, since scripts name their interpreter by path; a mark written last says it is whole.
    """
    content = lock.read_bytes()
    if found := INCLUDES.search(content):
        raise Unbuildable(
            f"{name}: {found[1].decode()} is not accepted; one file must name every package with its hash"
        )
    venv = cache / "venvs" / key(content)
    with alone(venv.with_suffix(".lock")):
        there = (venv / COMPLETE).exists()
        if not there:
            shutil.rmtree(venv, ignore_errors=True)
            _make(venv, lock, name, {**env, "PIP_CACHE_DIR": str(cache / "pip")})
        (venv / COMPLETE).touch()
    return venv, there


def _make(venv: Path, lock: Path, name: str, env: Mapping[str, str]) -> None:
    made = subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(venv)])  # noqa: S603
    if made.returncode:
        raise Unbuildable("the virtual environment could not be made; see the lines above")
    command = [*_pip(venv), "install", "--require-hashes", "--only-binary", ":all:", "--no-input", "--no-color"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-r", str(lock)]
    last: deque[str] = deque(maxlen=400)
    with subprocess.Popen(  # noqa: S603
        command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            print(line, end="", flush=True)  # noqa: T201 - this is the build's log
            last.append(line.rstrip())
    if pip.returncode:
        raise Unbuildable(f"{name}: {trouble(list(last))}")


def _pip(venv: Path) -> list[str]:
    """Our own pip from outside, or the one every Python carries along: bundles need none inside."""
    python = str(venv / "bin" / "python")
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-I", "-m", "pip", "--python", python]
    if (found := importlib.util.find_spec("ensurepip")) and found.origin:
        for wheel in Path(found.origin).parent.glob("_bundled/pip-*.whl"):
            return [python, "-I", f"{wheel}/pip"]
    raise Unbuildable("this Python has no pip and no ensurepip; install them (Debian: python3-pip, python3-venv)")


def trouble(lines: list[str]) -> str:
    """What pip said, in a sentence that names the package."""
    text = "\n".join(lines)
    if "DO NOT MATCH THE HASHES" in text:
        after = text.split("DO NOT MATCH THE HASHES", 1)[1].splitlines()
        package = next((found[1] for line in after if (found := MISMATCH.match(line))), "a package")
        return f"{package} does not have the hash that is written there; the package or the lock was changed"
    if found := re.search(r"No matching distribution found for (\S+)", text):
        return f"no wheel of {found[1]} fits this Python ({platform.python_version()}), or no package index answers"
    if re.search(r"Hashes are required|must have their versions pinned", text):
        wanted = re.search(r"mode, but .*\n\s+(\S+)|^\s+([\w.-]+\S*) from ", text, re.MULTILINE)
        package = (wanted[1] or wanted[2]) if wanted else "a package"
        return f"{package} has no hash or no exact version; make the lock with hashes for every package"
    said = [line for line in lines if line.startswith("ERROR:")] or lines[-1:] or ["pip failed"]
    return said[-1].removeprefix("ERROR: ")[:300]


def link(venv: Path, into: Path) -> None:
    """Make the same environment elsewhere without copying: same files, scripts and settings with the new path."""
    shutil.copytree(venv, into, symlinks=True, copy_function=_link)
    relocate(into, venv, into)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or too many links
        shutil.copy2(source, target)


def relocate(venv: Path, old: Path, new: Path) -> None:
    """Write `new` for `old` in settings and scripts; each file is replaced, for others may be linked to it."""
    before, after = os.fsencode(old), os.fsencode(new)
    for path in (venv / "pyvenv.cfg", *(venv / "bin").iterdir()):
        if path.is_symlink() or not path.is_file() or before not in (content := path.read_bytes()):
            continue
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(_shebang(content, before, after))
        shutil.copymode(path, fresh)
        fresh.replace(path)


def _shebang(content: bytes, before: bytes, after: bytes) -> bytes:
    first, _, rest = content.partition(b"\n")
    interpreter = first.removeprefix(b"#!").strip().replace(before, after)
    if first.startswith(b"#!" + before) and (len(interpreter) > SHEBANG or b" " in interpreter):
        # Too long for the kernel: a line that is shell to /bin/sh and a string to Python, as pip writes it.
        first = b"#!/bin/sh\n'''exec' \"" + interpreter + b'" "$0" "$@"\n\' \'\'\''
        return first + b"\n" + rest.replace(before, after)
    return content.replace(before, after)
