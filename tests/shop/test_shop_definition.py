"""The shop's own definition is one that Sluice accepts, and says what the demo tells."""

import re

from ruamel.yaml import YAML

from pipeline.definition.app import App
from tests.shop.running import ROOT

SHOP = ROOT / "sample-shop"


def definition() -> App:
    return App.model_validate(YAML(typ="safe", pure=True).load((SHOP / "sluice.yaml").read_text()))


def test_the_shop_goes_to_three_clusters_one_after_the_other_with_two_approvals_first() -> None:
    app = definition()

    assert [wave.clusters for wave in app.waves] == [("az1",), ("az2",), ("dr",)]
    assert {wave.canary for wave in app.waves} == {(10, 25, 50)}
    assert {wave.soak for wave in app.waves} == {10.0}
    assert [[(gate.approval.from_, gate.approval.of) for gate in wave.gates] for wave in app.waves] == [
        [("release-managers", 2)],
        [],
        [],
    ]
    assert app.judge.errors.margin == 0.02


def test_every_line_of_the_lock_that_names_a_package_has_a_hash_and_no_line_an_address() -> None:
    lock = (SHOP / "requirements.lock").read_text()
    packages = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", lock, re.MULTILINE | re.DOTALL)

    assert len(packages) >= 5
    assert all("==" in package and "--hash=sha256:" in package for package in packages)
    assert "://" not in lock


def test_what_the_definition_names_is_there() -> None:
    app = definition()

    assert (SHOP / str(app.build.bundle.python)).is_file()
    assert app.serve.run == 'exec gunicorn -b 127.0.0.1:$PORT "shop:create_app()"'
    assert app.serve.ready == "/readyz"
