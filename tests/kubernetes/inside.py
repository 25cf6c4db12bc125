"""Sluice in one real cluster from its chart, with PostgreSQL, Redis and a way to the Docker engine of this machine."""

import base64
import io
import json
import shutil
import socket
import socketserver
import subprocess
import tarfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx2

from tests.kubernetes.clusters import HERE, REGISTRY, Node, sluice
from tests.kubernetes.helm import applied, installed
from tests.runners.until import until

HOST = "sluice.test"
INSTALLATION = "az1"
TARGETS = ("az2", "dr")


@dataclass(frozen=True)
class Inside:
    """A running installation, seen through the gateway of its cluster. `token`: an admin's."""

    node: Node
    namespace: str
    token: str = ""

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        headers = {"Host": HOST, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        address = f"http://127.0.0.1:{self.node.gateway}{path}"
        answer = httpx2.request(method, address, headers=headers, json=body, timeout=30)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        return self.node.kubectl("-n", self.namespace, *words, stdin=stdin)

    def signed_in(self) -> "Inside":
        """As the first admin, whose password is shown once."""
        made = self.kubectl("exec", "deploy/rel-web", "-c", "web", "--", "python3.11", "-m", "web.first_admin")
        password = made.strip().splitlines()[-1]
        asked = {"name": "tests", "scopes": ["operate", "admin"], "username": "admin", "password": password}
        return replace(self, token=self.call("POST", "/api/sign-in", asked)["token"])

    def push(self, app: str, files: Mapping[str, str], message: str, folder: Path) -> None:
        """Commit these files to the app's repository, which is in the home of the installation."""
        tree = folder / app
        git = ("git", "-C", str(tree), "-c", "user.name=lena", "-c", "user.email=lena@example.org")
        if not tree.exists():
            subprocess.run(["git", "init", "-q", "-b", "main", str(tree)], check=True)
        for name, text in files.items():
            (tree / name).write_text(text)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", message], check=True)
        bare = folder / f"{app}.git"
        shutil.rmtree(bare, ignore_errors=True)
        subprocess.run(["git", "clone", "-q", "--bare", str(tree), str(bare)], check=True)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.add(bare, arcname=bare.name)
        unpack = "base64 -d | tar xz --no-same-owner -C /home/sluice"
        text = base64.b64encode(packed.getvalue()).decode()
        self.kubectl("exec", "-i", "deploy/rel-web", "-c", "web", "--", "sh", "-c", unpack, stdin=text)

    def live(self, app: str, seconds: float = 240.0) -> dict[str, Any]:
        """Start a release of the head, and follow it until it is live."""
        known = {one["id"] for one in self.call("GET", f"/api/releases?app={app}")["releases"]}
        self.call("POST", f"/api/apps/{app}/start", {"reason": "a test"})
        found: list[dict[str, Any]] = []

        def ended() -> bool:
            new = [one for one in self.call("GET", f"/api/releases?app={app}")["releases"] if one["id"] not in known]
            found[:] = new[:1]
            return bool(new) and new[0]["state"] in ("live", "rolled back", "halted")

        try:
            until(ended, "the release ends", seconds, every=0.5)
        except AssertionError:
            raise AssertionError(f"in vain: {found}; {self.logs()}") from None
        if found[0]["state"] != "live":
            log = self.call("GET", f"/api/releases/{found[0]['id']}/log?step=build")["text"]
            raise AssertionError(f"{found[0]['why']}; {log}; {self.logs()}")
        return found[0]

    def logs(self) -> str:
        return self.kubectl("logs", "-l", "app.kubernetes.io/name=sluice", "--tail=15", "--prefix", "--all-containers")


@contextmanager
def records(node: Node, namespace: str) -> Iterator[dict[str, str]]:
    """PostgreSQL and Redis as pods; what the Secret of the chart has to say of them."""
    image = subprocess.run([HERE / "records"], capture_output=True, text=True, check=True).stdout.strip()
    word = uuid.uuid4().hex
    database = (
        "echo $WORD >/tmp/word; export LANG=C.UTF-8;"
        "initdb -D /tmp/db -U sluice --pwfile=/tmp/word -A scram-sha-256 >/dev/null;"
        "echo host all all all scram-sha-256 >>/tmp/db/pg_hba.conf;"
        "exec postgres -D /tmp/db -k /tmp -c listen_addresses='*' -c fsync=off"
    )
    queue = "exec redis-server --requirepass $WORD --save '' --dir /tmp --maxmemory-policy noeviction"

    def container(name: str, script: str, port: int) -> dict[str, Any]:
        probe = {"tcpSocket": {"port": port}, "periodSeconds": 1}
        env = [{"name": "WORD", "value": word}]
        return {"name": name, "image": image, "command": ["sh", "-c", script], "env": env, "readinessProbe": probe}

    labels = {"app": "records"}
    pod = {"containers": [container("database", database, 5432), container("queue", queue, 6379)]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    meta = {"name": "records", "namespace": namespace}
    ports = [{"name": f"p{port}", "port": port} for port in (5432, 6379)]
    made = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
         "spec": {"selector": {"matchLabels": labels}, "template": template}},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": labels, "ports": ports}},
    ]  # fmt: skip
    with applied(node, as_list(made)):
        node.kubectl("-n", namespace, "rollout", "status", "deploy/records", "--timeout=120s")
        yield {
            "DATABASE_URL": f"postgresql://sluice:{word}@records:5432/postgres",
            "REDIS_URL": f"redis://:{word}@records:6379/0",
        }


class Carrier(socketserver.BaseRequestHandler):
    """One connection of a pod, carried on to the Docker engine."""

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect("/var/run/docker.sock")
            answers = threading.Thread(target=pass_on, args=(engine, self.request))
            answers.start()
            pass_on(self.request, engine)
            answers.join()


def pass_on(one: socket.socket, other: socket.socket) -> None:
    """All that comes from one side, and then that no more will come."""
    with suppress(OSError):  # either side may hang up at any moment
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def engine_for_pods() -> Iterator[str]:
    """The Docker engine of this machine at an address that pods reach, until the block ends."""
    words = ("docker", "network", "inspect", "kube", "-f", "{{(index .IPAM.Config 0).Gateway}}")
    bridge = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    with socketserver.ThreadingTCPServer((bridge, 0), Carrier) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"tcp://{bridge}:{server.server_address[1]}"
        finally:
            server.shutdown()


@contextmanager
def running(platform: str, namespace: str) -> Iterator[Inside]:
    """Sluice in az1, with access to az2 and dr as `sluice cluster add` would have stored it."""
    node = Node(INSTALLATION)
    folder = f"/var/lib/kubelet/{namespace}"
    node.run("install", "-d", "-o", "10001", "-g", "10001", "-m", "700", folder)
    secrets = {f"cluster-{name}.json": json.dumps(reached(Node(name))) for name in TARGETS}
    with ExitStack() as stack:
        connections = stack.enter_context(records(node, namespace))
        made = [secret(namespace, "sluice-connections", connections), secret(namespace, "access", secrets)]
        stack.enter_context(applied(node, as_list([*made, *home(namespace, folder)])))
        engine = stack.enter_context(engine_for_pods())
        values = [f"image.repository={REGISTRY}/sluice", f"image.digest={sluice()}", f"url=https://{HOST}"]
        values += ["secrets=access", "home.existingClaim=home", f"env.DOCKER_HOST={engine}", "route.enabled=true"]
        values += ["route.gateway.namespace=default"]
        stack.enter_context(installed(node, "platform", "rel", namespace, *values, literal=f"platform={platform}"))
        stack.callback(node.run, "rm", "-rf", folder)
        yield Inside(node, namespace)


def reached(target: Node) -> dict[str, str]:
    """Access to a cluster from another one: by the name of its node."""
    kept = asdict(target.access()) | {"host": f"https://{target.name}:6443"}
    return {key: value for key, value in kept.items() if value}


def secret(namespace: str, name: str, data: Mapping[str, str]) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": dict(data)}


def home(namespace: str, folder: str) -> list[dict[str, Any]]:
    """A volume on the node: test clusters have nobody who makes one."""
    size, modes = {"storage": "1Gi"}, ["ReadWriteMany"]
    volume = {
        "capacity": size, "accessModes": modes, "hostPath": {"path": folder}, "storageClassName": "",
        "claimRef": {"namespace": namespace, "name": "home"},
    }  # fmt: skip
    claim = {"accessModes": modes, "storageClassName": "", "resources": {"requests": size}, "volumeName": namespace}
    return [
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": namespace}, "spec": volume},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "home", "namespace": namespace},
         "spec": claim},
    ]  # fmt: skip


def as_list(items: list[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
