"""A kubeconfig may run programs, read files and look away: each such key is refused by its name."""

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.errors import NeedsHuman
from runners.clusters.kubernetes import kubeconfig, rights
from tests.runners.test_kubernetes_access import PEM

ROLE = Path(__file__).parents[1] / "cluster" / "manifests"
AUTHORITY = base64.b64encode(PEM.encode()).decode()


def written(folder: Path, *, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> Path:
    """A kubeconfig of one good context, with these keys in addition."""
    told = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "ours",
        "contexts": [{"name": "ours", "context": {"cluster": "az1", "user": "admin"}}],
        "clusters": [
            {
                "name": "az1",
                "cluster": {
                    "server": "https://10.0.0.1:6443",
                    "certificate-authority-data": AUTHORITY,
                    **(cluster or {}),
                },
            }
        ],
        "users": [{"name": "admin", "user": {"token": "secret", **(user or {})}}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(told))
    return file


def test_a_good_one_gives_server_authority_and_a_login(tmp_path: Path) -> None:
    opened = kubeconfig.open_up(written(tmp_path))

    assert (opened.server, opened.authority, opened.context) == ("https://10.0.0.1:6443", PEM, "ours")
    assert "Bearer secret" in opened.login.api_key.values()
    assert opened.login.verify_ssl


def test_no_proxy_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://10.0.0.9:3128")

    assert kubeconfig.open_up(written(tmp_path)).login.proxy is None


NEVER = [
    ("cluster", "insecure-skip-tls-verify", True),
    ("cluster", "proxy-url", "http://10.0.0.9"),
    ("cluster", "tls-server-name", "other"),
    ("user", "auth-provider", {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}),
    ("user", "username", "admin"),
    ("user", "password", "word"),
    ("user", "as", "root"),
    ("user", "as-groups", ["system:masters"]),
    ("user", "as-uid", "0"),
    ("user", "as-user-extra", {"a": ["b"]}),
    ("user", "something-new", "x"),
]
TRUSTED = [
    ("user", "exec", {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/false"}),
    ("user", "tokenFile", "token"),
    ("user", "client-certificate", "crt"),
    ("user", "client-key", "key"),
    ("cluster", "certificate-authority", "ca.crt"),
]


@pytest.mark.parametrize(("part", "key", "value"), NEVER)
@pytest.mark.parametrize("trusted", [False, True])
def test_a_key_that_sluice_could_not_keep_to_is_refused_also_in_an_own_file(
    tmp_path: Path, part: str, key: str, value: object, *, trusted: bool
) -> None:
    with pytest.raises(NeedsHuman, match=f"{part}.{key} is refused"):
        kubeconfig.open_up(written(tmp_path, **{part: {key: value}}), trusted=trusted)


@pytest.mark.parametrize(("part", "key", "value"), TRUSTED)
def test_a_key_that_runs_or_reads_is_refused_until_the_file_is_trusted(
    tmp_path: Path, part: str, key: str, value: object
) -> None:
    file = written(tmp_path, **{part: {key: value}})

    with pytest.raises(NeedsHuman, match=rf"{part}.{key} is refused: .* say --trusted"):
        kubeconfig.open_up(file)


def test_all_refusals_come_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, cluster={"proxy-url": "http://10.0.0.9"}, user={"as": "root"})

    with pytest.raises(NeedsHuman, match=r"cluster\.proxy-url .*; user\.as "):
        kubeconfig.open_up(file)


def program(folder: Path, text: str) -> Path:
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\ntouch {folder}/ran\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_program_runs_only_when_the_file_is_trusted(tmp_path: Path) -> None:
    api = "client.authentication.k8s.io/v1"
    credential = {"apiVersion": api, "kind": "ExecCredential", "status": {"token": "from-program"}}
    plugin = program(tmp_path, f"echo '{json.dumps(credential)}'")
    file = written(tmp_path, user={"token": None, "exec": {"apiVersion": api, "command": str(plugin)}})

    with pytest.raises(NeedsHuman):
        kubeconfig.open_up(file)
    assert not (tmp_path / "ran").exists()

    opened = kubeconfig.open_up(file, trusted=True)
    assert (tmp_path / "ran").exists()
    assert "from-program" in str(opened.login.api_key)


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    api = "client.authentication.k8s.io/v1"
    plugin = program(tmp_path, "exit 3")
    file = written(tmp_path, user={"token": None, "exec": {"apiVersion": api, "command": str(plugin)}})

    with pytest.raises(NeedsHuman, match="does not let anybody in"):
        kubeconfig.open_up(file, trusted=True)


def test_files_are_meant_from_where_the_kubeconfig_is(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(PEM)
    file = written(tmp_path, cluster={"certificate-authority-data": None, "certificate-authority": "ca.crt"})

    assert kubeconfig.open_up(file, trusted=True).authority == PEM


@pytest.mark.parametrize(
    ("cluster", "why"),
    [
        ({"server": "http://10.0.0.1"}, "must begin with https://"),
        ({"certificate-authority-data": None}, "cannot be believed"),
        ({"certificate-authority-data": "%%%"}, "cannot be read"),
    ],
)
def test_a_server_that_cannot_be_believed_is_refused(tmp_path: Path, cluster: dict[str, Any], why: str) -> None:
    with pytest.raises(NeedsHuman, match=why):
        kubeconfig.open_up(written(tmp_path, cluster=cluster))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", "is no YAML"),
        ("\x00", "is no YAML"),
        ("3", "is no kubeconfig"),
        ("kind: Pod", "is no kubeconfig"),
        ("kind: Config", "has no context ''"),
        ("!!python/object/apply:os.system ['touch ran']", "is no YAML"),
        ("[" * 100_000, "is no YAML"),
    ],
)
def test_what_is_no_kubeconfig_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text)

    with pytest.raises(NeedsHuman, match=why):
        kubeconfig.open_up(file)


def test_a_context_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(NeedsHuman, match="has no context 'theirs'; its contexts are: ours; choose one with --context"):
        kubeconfig.open_up(written(tmp_path), "theirs")


def test_the_role_of_the_test_clusters_is_the_one_that_is_made_less_the_token() -> None:
    """Their tokens come from the administrator."""
    (file,) = [one for one in ROLE.glob("*.yaml") if "name: sluice, namespace: shop" in one.read_text()]
    (role,) = [one for one in yaml.safe_load_all(file.read_text()) if one["kind"] == "Role"]

    assert role["rules"] == [dict(rule) for rule in rights.RULES[:-1]]


def test_where_tests_run_sluice_may_run_them_and_read_no_secret() -> None:
    role, binding, policy = rights.for_tests("shop-tests", "shop")

    assert {one["metadata"]["namespace"] for one in (role, binding, policy)} == {"shop-tests"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "sluice", "namespace": "shop"}]
    may = {f"{verb} {name}" for rule in role["rules"] for name in rule["resources"] for verb in rule["verbs"]}
    assert may == {
        *(f"{verb} jobs" for verb in ("get", "create", "patch", "delete")),
        *("create secrets", "list pods", "list events", "get pods/log"),
    }
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert "ingress" not in policy["spec"], "nobody may call a test"
    assert rights.missing([], rights.TESTS)[-1] == "get pods/log"


def test_each_missing_right_is_named() -> None:
    granted = [dict(rule) for rule in rights.RULES]
    granted[0] = {**granted[0], "verbs": ["get", "list", "create"]}

    assert rights.missing(rights.RULES) == []
    assert rights.missing([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]) == []
    assert rights.missing(granted) == ["patch deployments.apps"]
    assert "create serviceaccounts/token" in rights.missing([])
    assert (
        rights.missing([*granted[:4], {**granted[4], "resourceNames": ["other"]}])[-1] == "create serviceaccounts/token"
    )
