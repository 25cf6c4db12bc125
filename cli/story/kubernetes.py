"""The demo on real clusters: those that `make clusters` has started on this machine, in a namespace of its own."""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ..exits import Exit, Stop
from ..home import Home
from ..up import CHECKOUT, run_module
from .place import HOOK_SECRET

CACHE = Path(os.environ.get("SLUICE_CACHE") or Path.home() / ".cache" / "sluice") / "clusters"
REGISTRY = "localhost:5000"
NAMESPACE = "sluice-demo"
DATA = "/var/lib/sluice-demo"  # in each node: what all replicas of the shop share
PLATFORM = """\
# The installation of the demo: two zones of one region, and a region for disasters, each a Kubernetes cluster.
tenants:
  tern: {plane: online}

clusters: @CLUSTERS@

apps:
  shop:
    tenant: tern
    repository: "@REPOSITORY@"
    branch: main
    allow-local: true
    image: @IMAGE@
    data: shop
    webhook: {kind: github, secret: @SECRET@}
    poll: false   # every release of the demo comes by a webhook
"""
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": NAMESPACE},
    "spec": {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteMany"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": NAMESPACE,
        "hostPath": {"path": DATA},
    },
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "shop", "namespace": NAMESPACE},
    "spec": {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": NAMESPACE,
        "volumeName": NAMESPACE,
        "resources": {"requests": {"storage": "1Gi"}},
    },
}


def base() -> str:
    """The image that the shop is built from, made of what its lock names."""
    made_of = (CHECKOUT / "sample-shop" / "requirements.lock", CHECKOUT / "tests" / "cluster" / "build")
    name = hashlib.sha256(b"".join(file.read_bytes() for file in made_of)).hexdigest()
    return f"{REGISTRY}/shop-base:12-{name[:12]}"


def doors(names: tuple[str, ...]) -> dict[str, str]:
    """Address of each cluster's gateway: its node's own, since a proxy in between would be measured too."""
    return {name: f"http://{_address(name)}" for name in names}


def write_platform(home: Home, repository: Path, names: tuple[str, ...]) -> Path:
    """The `platform.yaml` of the demo, and the secret that it names."""
    home.secret(HOOK_SECRET)
    clusters = {name: _entry(name) for name in names}
    told = {"@CLUSTERS@": json.dumps(clusters), "@REPOSITORY@": str(repository), "@SECRET@": HOOK_SECRET}
    text = PLATFORM.replace("@IMAGE@", f"{REGISTRY}/{NAMESPACE}/shop")
    for mark, value in told.items():
        text = text.replace(mark, value)
    file = home.path / "platform.yaml"
    file.write_text(text)
    return file


def prepare(home: Home, names: tuple[str, ...]) -> None:
    """An empty namespace with room for the shop's data, and access for Sluice, as an operator gives it."""
    for name in names:
        clear(name)
        _docker("exec", name, "install", "-d", "-m", "0777", DATA)
        words = ["add", name, "--secrets", str(home.secrets), "--namespace", NAMESPACE]
        words += ["--kubeconfig", str(_kubeconfig(name))]
        run_module("runners.clusters.kubernetes.admit", *words, env=_env(), plain=True)
        listed = {"apiVersion": "v1", "kind": "List", "items": [VOLUME, CLAIM]}
        _kubectl(name, "apply", "-f", "-", stdin=json.dumps(listed))


def clear(name: str) -> None:
    """Nothing of the demo in this cluster."""
    _kubectl(name, "delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s")
    _kubectl(name, "delete", "persistentvolume", NAMESPACE, "--ignore-not-found", "--timeout=60s")
    _docker("exec", name, "rm", "-rf", DATA)


def _entry(name: str) -> Mapping[str, object]:
    address = f"http://{_address(name)}"
    reached = {"namespace": NAMESPACE, "gateway": "default/web", "counters": f"{address}:9100/metrics"}
    where = {"dr": True} if name == "dr" else {"group": "west"}
    return {"kind": "kubernetes", **where, "kubernetes": {**reached, "address": address}}


def _kubeconfig(name: str) -> Path:
    file = CACHE / "state" / name / "kubeconfig"
    if not file.is_file():
        raise Stop(f"The cluster {name} does not run here; `make clusters` starts it.", Exit.USAGE)
    return file


def _address(name: str) -> str:
    _kubeconfig(name)
    found = _docker("inspect", "-f", '{{(index .NetworkSettings.Networks "kube").IPAddress}}', name).strip()
    if not found:
        raise Stop(f"The cluster {name} does not run here any more; `make clusters` starts it.", Exit.USAGE)
    return found


def _kubectl(name: str, *words: str, stdin: str = "") -> str:
    return _docker("exec", "-i", name, "kubectl", "--kubeconfig", "/pki/node.conf", *words, stdin=stdin)


def _docker(*words: str, stdin: str = "") -> str:
    argv = ["docker", *words]
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=True)  # noqa: S603  our own words
    except FileNotFoundError:
        raise Stop("The demo on Kubernetes needs Docker; `make clusters` says what else.", Exit.USAGE) from None
    except subprocess.CalledProcessError as failed:
        raise Stop(f"{' '.join(argv[:4])} failed: {failed.stderr.strip()}") from None
    return done.stdout


def _env() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(CHECKOUT), "HOME": str(Path.home())}
