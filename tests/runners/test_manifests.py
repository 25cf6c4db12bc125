"""The Kubernetes objects that an app brings: from the commit to what a slot runs, and back again."""

from pathlib import Path

import pytest

from pipeline.definition.platform import Platform
from pipeline.errors import NeedsHuman
from runners import manifests
from tests.rules import shop
from tests.rules.definition.test_objects import BOTH, DEPLOYMENT, SERVICE
from tests.runners.fake_world import DEFINITION, Office

BRINGS = DEFINITION.replace("replicas: 4}", "replicas: 4, manifests: deploy}")


def platform() -> Platform:
    """The shop's clusters, which are Kubernetes'."""
    told = shop.platform().model_dump(by_alias=True)
    reached = {"namespace": "shop", "gateway": "edge/web", "counters": "http://traefik.example:9100/metrics"}
    clusters = {name: {**one, "kind": "kubernetes", "kubernetes": reached} for name, one in told["clusters"].items()}
    apps = {name: {**one, "image": "registry.example/shop"} for name, one in told["apps"].items()}
    return Platform.model_validate({**told, "clusters": clusters, "apps": apps})


def office(folder: Path, **files: str) -> Office:
    texts = {f"deploy/{name}.yaml": text.encode() for name, text in files.items()}
    return Office(folder, definition=BRINGS, platform=platform(), files=texts)


def runs(one: Office, slot: str) -> object:
    """What the slot was given of the app's own objects."""
    found = one.clusters["az1"].desired.service("shop").slots[slot].serve.get("objects")
    return found["template"]["labels"] if isinstance(found, dict) else None


def test_a_slot_runs_what_the_commit_brings_and_a_return_what_that_commit_brought(tmp_path: Path) -> None:
    one = office(tmp_path, deployment=DEPLOYMENT, service=SERVICE)
    first = one.push("v1")
    assert one.play(first) == "live"
    one.files["deploy/deployment.yaml"] = DEPLOYMENT.replace("tier: front", "tier: new").encode()
    second = one.push("v2")
    assert one.play(second) == "live"

    assert (runs(one, "a"), runs(one, "b")) == ({"app": "shop", "tier": "front"}, {"app": "shop", "tier": "new"})
    back = one.ledger.submit_return(second, None, "lena")
    assert one.play(back) == "live"
    assert runs(one, "a") == {"app": "shop", "tier": "front"}


def test_a_manifest_that_is_wrong_ends_the_release_at_once_with_file_line_and_column(tmp_path: Path) -> None:
    wrong = DEPLOYMENT.replace("    spec:\n", "    spec:\n      hostNetwork: true\n")
    one = office(tmp_path, deployment=wrong, service=SERVICE)

    row = one.row(one.push("v1"))

    assert row.state == "rolled back"
    assert "deploy/deployment.yaml:14:20 spec.template.spec.hostNetwork: true reaches beyond the app" in row.why


def test_manifests_that_are_not_there_are_said_at_the_key_that_names_them(tmp_path: Path) -> None:
    one = office(tmp_path)

    why = one.row(one.push("v1")).why
    assert "sluice.yaml:3:" in why
    assert "serve.manifests: there is no YAML file at deploy in this commit" in why


def tree(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_folder_gives_its_yaml_files_and_nothing_below(tmp_path: Path) -> None:
    made = tree(tmp_path, deploy__b_yaml="b", deploy__a_yaml="a", deploy__notes_txt="no", deploy__old__c_yaml="c")

    assert manifests.files(made, "deploy") == {"deploy/a.yaml": b"a", "deploy/b.yaml": b"b"}
    assert manifests.files(made, "deploy/b.yaml") == {"deploy/b.yaml": b"b"}


def test_links_are_not_followed(tmp_path: Path) -> None:
    made, outside = tree(tmp_path / "tree", deploy__a_yaml="a"), tree(tmp_path / "outside", secret_yaml=BOTH)
    (made / "deploy" / "b.yaml").symlink_to(outside / "secret.yaml")
    (made / "out").symlink_to(outside)

    assert list(manifests.files(made, "deploy")) == ["deploy/a.yaml"]
    for named in ("out", "out/secret.yaml"):
        with pytest.raises(NeedsHuman, match="leads out of the repository"):
            manifests.files(made, named)


def test_a_folder_with_too_many_files_is_refused(tmp_path: Path) -> None:
    made = tree(tmp_path, **{f"deploy__{number}_yaml": "" for number in range(21)})

    with pytest.raises(NeedsHuman, match="21 YAML files, 20 are read"):
        manifests.files(made, "deploy")
