"""What lets Sluice into a cluster is three texts in a file of its own, and nothing that could run, read or redirect."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman, TryLater
from runners.clusters.kubernetes import access
from runners.clusters.kubernetes.access import Access
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.cluster import KubernetesCluster
from runners.clusters.kubernetes.objects import Place
from runners.ports import Fence

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
GOOD = Access("https://10.0.0.1:6443", PEM, "eyJ.abc.def", "2026-11-30T12:00:00+00:00")


def test_what_was_written_is_read_and_only_its_owner_may(tmp_path: Path) -> None:
    file = access.write(tmp_path / "secrets", "az1", GOOD)

    assert access.read(tmp_path / "secrets", "az1") == GOOD
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["cluster-az1.json"]


def test_a_cluster_nobody_has_added_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NeedsHuman, match="Sluice has no access to az1; run: sluice cluster add az1"):
        access.read(tmp_path, "az1")


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o666])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    access.write(tmp_path, "az1", GOOD).chmod(mode)

    with pytest.raises(NeedsHuman, match=r"others on this machine may read or change .*chmod 600"):
        access.read(tmp_path, "az1")


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o640])
def test_a_group_may_read_it_as_in_a_mounted_secret(tmp_path: Path, mode: int) -> None:
    access.write(tmp_path, "az1", GOOD).chmod(mode)

    assert access.read(tmp_path, "az1") == GOOD


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exec": {"command": "sh"}}, "one object of texts"),
        ({"tokenFile": "/etc/shadow"}, "and not tokenFile"),
        ({"proxy-url": "http://10.0.0.9", "insecure-skip-tls-verify": "true"}, "insecure-skip-tls-verify, proxy-url"),
        ({"host": "http://10.0.0.1:6443"}, "host must be https"),
        ({"host": "https://me:word@10.0.0.1"}, "nothing but name, port and path"),
        ({"host": "https://10.0.0.1/?x=1"}, "nothing but name, port and path"),
        ({"host": "https://10.0.0.1/ HTTP/1.1"}, "nothing but name, port and path"),
        ({"authority": "/etc/ssl/ca.pem"}, "authority must be the certificate"),
        ({"authority": f"{PEM}-----BEGIN PRIVATE KEY-----"}, "authority must be the certificate"),
        ({"token": ""}, "lacks token"),
        ({"token": "two words"}, "token must be one word"),
        ({"token": "a\r\nHost: elsewhere"}, "token must be one word"),
        ({"until": "tomorrow"}, "until must be a time in UTC"),
    ],
)
def test_anything_else_is_refused_by_name(changes: dict[str, object], why: str) -> None:
    told = {"host": GOOD.host, "authority": GOOD.authority, "token": GOOD.token, **changes}

    with pytest.raises(NeedsHuman, match=why):
        access.parse(json.dumps(told).encode(), "cluster-az1.json", "az1")


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b"apiVersion: v1\nkind: Config"])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(NeedsHuman, match="write it anew: sluice cluster add az1"):
        access.parse(text, "cluster-az1.json", "az1")


def test_a_cluster_without_access_is_waited_for_since_nothing_can_be_taken_back_there(tmp_path: Path) -> None:
    cluster = KubernetesCluster("az1", Api("az1", lambda: access.read(tmp_path, "az1")), Place("shop", "edge/web"))

    assert cluster.look("shop").trouble == "Sluice has no access to az1; run: sluice cluster add az1"
    with pytest.raises(TryLater, match="Sluice has no access to az1"):
        cluster.beat(Fence(1, 1), "shop")


def test_a_token_is_never_shown() -> None:
    assert GOOD.token not in repr(GOOD)


def test_a_token_ages_at_half_its_life() -> None:
    kept = replace(GOOD, since="2026-11-30T10:00:00+00:00")
    noon = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

    assert not kept.ages(noon - timedelta(minutes=61))
    assert kept.ages(noon - timedelta(minutes=60))
    assert kept.ages(noon + timedelta(days=1))
    assert GOOD.ages(noon - timedelta(days=300))
    assert not replace(GOOD, until="").ages(noon)
