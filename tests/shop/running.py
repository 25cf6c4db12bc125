"""A tree of the sample shop at one of its versions, served by real replicas, visited by the real shopper."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.runners.until import until

ROOT = Path(__file__).parents[2]
PATCHES = {"v2": ROOT / "cli/story/v2.patch", "v3": ROOT / "cli/story/v3.patch"}


def tree(at: Path, *patches: str) -> Path:
    """A copy of the sample shop at `at`, with the named patches applied in order."""
    shutil.copytree(ROOT / "sample-shop", at, ignore=shutil.ignore_patterns("__pycache__", "data", ".*cache", ".venv"))
    subprocess.run(["git", "init", "-q", str(at)], check=True)
    for patch in patches:
        subprocess.run(["git", "apply", "--whitespace=error-all", str(PATCHES[patch])], cwd=at, check=True)
    return at


@contextmanager
def replica(shop: Path, data: Path, **env: str) -> Iterator[str]:
    """One replica under gunicorn on a free port, until the block ends. Its address."""
    command = [sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:0", "shop:create_app()"]
    own = {"PATH": os.environ["PATH"], "HOME": str(data), "DATA_DIR": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
    log = data / f"{shop.name}.log"
    with ExitStack() as stack:
        said = stack.enter_context(log.open("w"))
        process = stack.enter_context(
            subprocess.Popen(command, cwd=shop, env={**own, **env}, stderr=subprocess.PIPE, text=True)
        )
        assert process.stderr is not None
        for line in process.stderr:
            said.write(line)
            if found := re.search(r"Listening at: (http://\S+)", line):
                break
        else:
            raise AssertionError(f"gunicorn did not start; see {log}")
        stack.enter_context(subprocess.Popen(["cat"], stdin=process.stderr, stdout=said))
        stack.callback(process.terminate)
        until(lambda: _ready(found[1]), f"{shop.name} is ready", 60)
        yield found[1]


def _ready(url: str) -> bool:
    """Users come only once a replica says so."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=10):
            return True
    except OSError:
        return False


def shopper(report: Path, *arguments: str) -> dict[str, Any]:
    """What the shopper reports after a run."""
    command = [sys.executable, "-m", "shopper", *arguments, "--report", str(report)]
    subprocess.run(command, cwd=ROOT / "sample-shop", check=True, stdout=subprocess.DEVNULL)
    counts: dict[str, Any] = json.loads(report.read_text())
    return counts
