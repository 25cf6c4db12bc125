"""A Helm chart of the app, rendered by helm at the commit of a release: no network, no plugins, no hooks, bounded.

The chart is code of the app's team. helm gets an environment of its own, sees the tree of the commit and nothing else
of Sluice, and what it prints is read like manifests that were written by hand.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Timer
from typing import IO

from pipeline.definition.app import Chart
from pipeline.errors import NeedsHuman

PATIENCE = 20.0  # seconds for one chart
MOST = 400_000  # bytes that a chart may render
MEMORY = 4 * 1024**3  # bytes of addresses; helm itself asks for about one GiB
_SOURCE = re.compile(r"^# Source: (\S+)$")


def rendered(tree: Path, chart: Chart, app: str, patience: float = PATIENCE) -> dict[str, str]:
    """What the chart at `tree` gives, by the template it comes from; NeedsHuman says why it gives nothing."""
    # A schema may refer to addresses, and helm would ask there.
    argv = [_helm(), "template", app, _inside(tree, chart.path), "--namespace", app]
    argv += ["--no-hooks", "--skip-tests", "--skip-schema-validation"]
    for values in chart.values:
        argv += ["--values", _inside(tree, values)]
    with TemporaryDirectory(prefix="sluice-chart-") as home:
        return _by_template(_run(argv, home, patience))


def _helm() -> str:
    beside = Path(sys.executable).parent / "helm"
    found = str(beside) if beside.exists() else shutil.which("helm")
    if found is None:
        raise NeedsHuman("there is no helm beside the workers of Sluice; install helm 4, or write manifests: instead")
    return found


def _inside(tree: Path, named: str) -> str:
    """The path of what `named` is in the tree."""
    place = (tree / named).resolve()
    if not place.is_relative_to(tree.resolve()):
        raise NeedsHuman(f"{named} leads out of the repository; name something in it")
    if not place.exists():
        raise NeedsHuman(f"{named} is not in this commit; correct the path")
    return str(place)


def _run(argv: list[str], home: str, patience: float) -> str:
    """What helm prints: never more than `MOST`, and never later than `patience` seconds from now."""
    with TemporaryFile() as said, _started(argv, home, said) as child:
        late = Timer(patience, _end, [child])
        late.start()
        try:
            assert child.stdout is not None
            text = child.stdout.read(MOST + 1)
            if len(text) > MOST:
                _end(child)
                raise NeedsHuman(f"the chart renders more than {MOST:,} bytes; an app has a Deployment and a Service")
            ended = child.wait()
        finally:
            late.cancel()
        said.seek(0)
        if ended:
            raise NeedsHuman(_why(ended, said.read(4000).decode("utf-8", "replace"), patience))
    return text.decode("utf-8", "replace")


def _started(argv: list[str], home: str, said: IO[bytes]) -> subprocess.Popen[bytes]:
    """helm with nothing of ours in its environment, and an end to its memory."""
    where = {name: f"{home}/{name.lower()}" for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
    alone = {"HOME": home, "HELM_PLUGINS": f"{home}/none", "HELM_NO_PLUGINS": "1", "KUBECONFIG": os.devnull, **where}
    child = subprocess.Popen(  # noqa: S603 - a fixed program, and arguments that begin with no -
        argv, stdout=subprocess.PIPE, stderr=said, env=alone, cwd=home, start_new_session=True
    )
    with suppress(ProcessLookupError):
        resource.prlimit(child.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _why(ended: int, said: str, patience: float) -> str:
    if ended == -signal.SIGKILL:
        return f"the chart was not rendered within {patience:g} s; make its templates simpler"
    told = " ".join(said.split()).removeprefix("Error: ")[:600]
    return f"helm does not render the chart: {told or f'it ended with {ended}'}"


def _by_template(text: str) -> dict[str, str]:
    """helm notes over each document where it comes from."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    document: list[str] = []
    for line in [*text.split("\n"), "---"]:
        if line.startswith("---"):
            source = next((named[1] for one in document if (named := _SOURCE.match(one))), "chart")
            found[f"{source}, rendered"] += [*document, "---"]
            document = []
        else:
            document.append(line)
    return {name: "\n".join(lines) for name, lines in found.items() if any(_says(line) for line in lines)}


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(("#", "---"))
