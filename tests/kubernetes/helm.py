"""Charts of this repository, rendered for and installed into a real cluster."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kubernetes.clusters import HERE, STATE, Node

CHARTS = HERE.parents[1] / "charts"
HELM = Path(sys.executable).parent / "helm"


def helm(*words: str) -> str:
    """Run helm; what it printed."""
    assert HELM.exists(), "helm is missing; make it: make .venv/bin/helm"
    done = subprocess.run([HELM, *words], capture_output=True, text=True)
    assert done.returncode == 0, f"helm {' '.join(words)}: {done.stderr}"
    return done.stdout


@contextmanager
def namespace(node: Node, name: str) -> Iterator[str]:
    """A namespace of its own where Sluice may do what it may in `shop`, with everything in it removed afterwards."""
    rights = (HERE / "manifests" / "account.yaml").read_text()
    own = rights.replace("{name: shop}", f"{{name: {name}}}").replace("namespace: shop", f"namespace: {name}")
    node.kubectl("apply", "-f", "-", stdin=own)
    try:
        yield name
    finally:
        node.kubectl("delete", "namespace", name, "--wait=false")


@contextmanager
def installed(node: Node, chart: str, release: str, namespace: str, *values: str, literal: str = "") -> Iterator[None]:
    """A chart, installed with `--set` values (and a `literal` one) and with all of it ready, until the block ends."""
    reached = ("--kubeconfig", str(STATE / node.name / "kubeconfig"), "-n", namespace)
    told = [word for value in values for word in ("--set", value)]
    told += ["--set-literal", literal] if literal else []
    helm("install", release, str(CHARTS / chart), *reached, *told, "--wait", "--timeout", "3m")
    try:
        yield
    finally:
        helm("uninstall", release, *reached, "--ignore-not-found")


@contextmanager
def applied(node: Node, text: str) -> Iterator[None]:
    """Manifests of the administrator's, until the block ends."""
    node.kubectl("apply", "-f", "-", stdin=text)
    try:
        yield
    finally:
        node.kubectl("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=text)
