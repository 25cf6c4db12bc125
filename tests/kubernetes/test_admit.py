"""`sluice cluster` on a real cluster: the account with the least rights, its token, and what is said when they lack."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.definition.platform import Platform
from runners import adapters
from runners.clusters.kubernetes import access
from runners.clusters.kubernetes.access import Access
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.cluster import KubernetesCluster
from runners.clusters.kubernetes.objects import Place
from tests.kubernetes.clusters import STATE, Node
from tests.runners.until import until

KUBECONFIG = STATE / "az1" / "kubeconfig"


@dataclass(frozen=True)
class Terminal:
    """`sluice cluster …` with a home and a namespace of its own."""

    home: Path
    namespace: str
    node: Node

    def __call__(self, verb: str, *words: str) -> str:
        done = self.run(verb, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, verb: str, *words: str) -> str:
        done = self.run(verb, *words)
        assert done.returncode == 1, done.stdout
        return " ".join(done.stderr.split())

    def run(self, verb: str, *words: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-m", "cli", "cluster", verb, "az1", "--home", str(self.home)]
        argv += ["--namespace", self.namespace, *words]
        return subprocess.run(argv, capture_output=True, text=True)

    @property
    def access(self) -> Access:
        return access.read(self.home / "secrets", "az1")

    def trouble(self, found: Access) -> str:
        """What a look at a service with this access says."""
        api = Api("az1", lambda: found)
        try:
            return KubernetesCluster("az1", api, Place(self.namespace, "default/web")).look("shop").trouble
        finally:
            api.close()


@pytest.fixture
def sluice(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path / "home", f"admit-{uuid.uuid4().hex[:8]}", Node("az1"))
    yield one
    one.node.kubectl("delete", "namespace", one.namespace, "--ignore-not-found", "--wait=false")


def test_a_cluster_is_added_checked_rotated_and_removed(sluice: Terminal) -> None:
    told = sluice("add", "--kubeconfig", str(KUBECONFIG))

    assert "may do what Sluice needs, and nothing else" in told
    assert sluice.trouble(sluice.access) == ""
    assert "Sluice may do what it needs" in sluice("check")

    first = sluice.access
    sluice("rotate")
    assert sluice.access.token != first.token
    assert sluice.trouble(sluice.access) == ""

    last = sluice.access
    sluice("remove", "--kubeconfig", str(KUBECONFIG))
    assert "Sluice has no access to az1" in sluice.refused("check")
    until(lambda: "no longer takes the token" in sluice.trouble(last), "the token ends with its account")


def test_nothing_of_the_kubeconfig_is_stored_but_server_and_authority(sluice: Terminal) -> None:
    sluice("add", "--kubeconfig", str(KUBECONFIG))

    stored = json.loads((sluice.home / "secrets" / "cluster-az1.json").read_text())
    assert stored.keys() == {"host", "authority", "token", "until", "since"}
    assert "PRIVATE KEY" not in str(stored)


def test_the_account_can_do_nothing_elsewhere_and_read_no_secret(sluice: Terminal) -> None:
    sluice("add", "--kubeconfig", str(KUBECONFIG))
    who = f"--as=system:serviceaccount:{sluice.namespace}:sluice"

    def may(*words: str) -> str:
        return sluice.node.run(
            "sh", "-c", f"kubectl --kubeconfig /pki/node.conf auth can-i {' '.join(words)} {who} || true"
        ).strip()

    assert may("patch", "deployments.apps", "-n", sluice.namespace) == "yes"
    for forbidden in (
        ("get", "secrets", "-n", sluice.namespace),
        ("create", "pods", "-n", sluice.namespace),
        ("delete", "deployments.apps", "-n", sluice.namespace),
        ("get", "deployments.apps", "-n", "kube-system"),
        ("create", "serviceaccounts/token", "-n", sluice.namespace),
        ("create", "roles", "-n", sluice.namespace),
    ):
        assert may(*forbidden) == "no", forbidden


def test_where_tests_run_the_account_may_run_them_and_read_no_secret(sluice: Terminal, tmp_path: Path) -> None:
    tests = f"{sluice.namespace}-tests"
    platform = tmp_path / "platform.yaml"
    text = (
        "tenants: {web: {}}\n"
        "clusters: {az1: {kind: kubernetes, kubernetes: {namespace: NS, counters: 'http://t.example.org/metrics'}}}\n"
        "tests: {cluster: az1, namespace: NS-tests}\n"
        "apps: {shop: {tenant: web, repository: https://git.example.org/web/shop.git}}\n"
    )
    platform.write_text(text.replace("NS", sluice.namespace))
    try:
        told = sluice("add", "--kubeconfig", str(KUBECONFIG), "--platform", str(platform))
        assert f"In namespace {tests} it may run tests." in told
        who = f"--as=system:serviceaccount:{sluice.namespace}:sluice"
        listed = sluice.node.kubectl("auth", "can-i", "--list", who, "-n", tests)
        assert next(line for line in listed.splitlines() if line.startswith("secrets ")).endswith("[create]")
        assert next(line for line in listed.splitlines() if line.startswith("jobs.batch ")).endswith(
            "[get create patch delete]"
        )
        sluice.node.kubectl("-n", tests, "delete", "role", "sluice")
        lacks = f"create secrets, list pods, list events, get pods/log in namespace {tests}"
        until(lambda: lacks in sluice.refused("check", "--platform", str(platform)), "the Role is known to be gone")
    finally:
        sluice.node.kubectl("delete", "namespace", tests, "--ignore-not-found", "--wait=false")


def test_what_the_role_lacks_is_named_verb_by_verb(sluice: Terminal) -> None:
    sluice("add", "--kubeconfig", str(KUBECONFIG))
    less = '[{"op": "replace", "path": "/rules/0/verbs", "value": ["get", "list"]}]'
    sluice.node.kubectl("-n", sluice.namespace, "patch", "role", "sluice", "--type=json", "-p", less)

    until(lambda: sluice.run("check").returncode == 1, "the Role is known to be less")

    assert "Sluice may not create deployments.apps, patch deployments.apps in namespace" in sluice.refused("check")


def test_an_operator_who_may_not_is_told_what_and_nothing_is_changed(sluice: Terminal, tmp_path: Path) -> None:
    sluice.node.kubectl("create", "namespace", sluice.namespace)
    sluice.node.kubectl("-n", sluice.namespace, "create", "serviceaccount", "junior")
    token = sluice.node.kubectl("-n", sluice.namespace, "create", "token", "junior").strip()
    told = KUBECONFIG.read_text().splitlines()
    told[-1] = f"users: [{{name: admin, user: {{token: {token}}}}}]"
    file = tmp_path / "junior"
    file.write_text("\n".join(told))
    sluice.node.kubectl(
        "create",
        "clusterrolebinding",
        sluice.namespace,
        "--clusterrole=view",
        f"--serviceaccount={sluice.namespace}:junior",
    )
    try:
        why = sluice.refused("add", "--kubeconfig", str(file))
    finally:
        sluice.node.kubectl("delete", "clusterrolebinding", sluice.namespace)

    assert "may not create serviceaccounts, patch serviceaccounts, create roles" in why
    assert why.endswith("use the context of an administrator, nothing was changed")
    assert not (sluice.home / "secrets" / "cluster-az1.json").exists()


def test_a_hostile_kubeconfig_is_refused_before_anything_is_asked(sluice: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "hostile"
    file.write_text(
        KUBECONFIG.read_text().replace(
            "user: {client", f"user: {{exec: {{command: touch, args: [{tmp_path}/ran]}}, client"
        )
    )

    assert "user.exec is refused: it runs a program" in sluice.refused("add", "--kubeconfig", str(file))
    assert not (tmp_path / "ran").exists()


def test_the_sweeper_renews_a_token_past_half_its_life(sluice: Terminal) -> None:
    sluice("add", "--kubeconfig", str(KUBECONFIG))
    reached = {"namespace": sluice.namespace, "gateway": "default/web", "counters": sluice.node.counters}
    platform = Platform.model_validate(
        {
            "tenants": {"web": {}},
            "clusters": {"az1": {"kind": "kubernetes", "kubernetes": reached}, "local": {}},
            "apps": {"shop": {"tenant": "web", "repository": "https://git.example.org/shop.git"}},
        }
    )
    fresh = sluice.access

    adapters.renew(platform, sluice.home)
    assert sluice.access == fresh

    older = (datetime.now(UTC) - timedelta(days=8)).isoformat()
    access.write(sluice.home / "secrets", "az1", replace(fresh, since=older))
    adapters.renew(platform, sluice.home)

    assert sluice.access.token != fresh.token
    assert sluice.trouble(sluice.access) == ""
