"""The real clusters that `make clusters` started: how to reach one, ask its gateway, and what images it can run."""

import http.client
import json
import os
import re
import subprocess
import tempfile
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from runners.clusters.kubernetes.access import Access

HERE = Path(__file__).resolve().parents[1] / "cluster"
STATE = Path(os.environ.get("SLUICE_CACHE") or Path.home() / ".cache" / "sluice") / "clusters" / "state"
NAMES = ("az1", "az2", "dr")
REGISTRY = "localhost:5000"
NAMESPACE = "shop"


@dataclass(frozen=True)
class Node:
    """One cluster of this machine, entered through one of its gateways: `web` is a Traefik, `second` an Envoy, ""
    none of them."""

    name: str
    entrance: str = "web"

    @property
    def number(self) -> int:
        return 1 + NAMES.index(self.name)

    @property
    def gateway(self) -> int:
        return (8080 if self.entrance == "web" else 8280) + self.number

    @property
    def counters(self) -> str:
        return f"http://127.0.0.1:{8180 + self.number}/metrics"

    def run(self, *words: str) -> str:
        """A command in the node."""
        return _docker("exec", self.name, *words)

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """As the cluster's administrator."""
        argv = ["docker", "exec", "-i", self.name, "kubectl", "--kubeconfig", "/pki/node.conf", *words]
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True)
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
        return done.stdout

    def objects(self, kind: str, *words: str, namespace: str = NAMESPACE) -> list[dict[str, Any]]:
        return list(json.loads(self.kubectl("-n", namespace, "get", kind, "-o", "json", *words))["items"])

    def access(self, account: str = "sluice", namespace: str = NAMESPACE) -> Access:
        """As Sluice or another account, with a fresh token for an hour."""
        kubeconfig = STATE / self.name / "kubeconfig"
        assert kubeconfig.exists(), f"the cluster {self.name} is not running; start it: make clusters"
        cluster = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]
        token = self.kubectl("-n", namespace, "create", "token", account, "--duration=1h").strip()
        return Access(cluster["server"], b64decode(cluster["certificate-authority-data"]).decode(), token)

    def ask(self, host: str, path: str = "/") -> tuple[int, str]:
        """One request through the gateway: status and body."""
        answer, body = self._asked(host, path)
        return answer.status, body

    def location(self, host: str) -> str:
        """Where the gateway sends those who ask this host, "" if nowhere."""
        answer, _ = self._asked(host, "/")
        return answer.getheader("Location", "")

    def _asked(self, host: str, path: str) -> tuple[http.client.HTTPResponse, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            return answer, answer.read().decode().strip()
        finally:
            connection.close()


@cache
def image(version: str) -> str:
    """The digest of an image that answers `version`, in the registry."""
    name = f"{REGISTRY}/app:{version}"
    recipe = f'FROM {REGISTRY}/python:12\nENV VERSION={version}\nCOPY app.py /app.py\nCMD ["/app.py"]\n'
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(recipe)
        (Path(folder) / "app.py").write_bytes((HERE / "image" / "app.py").read_bytes())
        return pushed(name, folder)


def pushed(name: str, folder: str) -> str:
    """The digest of what was built in `folder`, in the registry as `name`."""
    _docker("build", "-q", "-t", name, folder)
    # What was pushed is asked of the push: another worker may give the name to its own image at any moment.
    said = re.search(r"digest: (sha256:[0-9a-f]{64})", _docker("push", name))
    assert said, f"the registry did not name what was pushed as {name}"
    return said[1]


@cache
def sluice() -> str:
    """The digest of the image of Sluice as this checkout has it, in the registry."""
    done = subprocess.run([HERE / "sluice"], capture_output=True, text=True)
    assert done.returncode == 0, f"the image of Sluice was not built: {done.stderr}"
    return done.stdout.strip()


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout
