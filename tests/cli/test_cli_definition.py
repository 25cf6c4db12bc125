"""Definitions on one's own machine: a file to start from, and everything that is wrong with one."""

import json

import pytest

from pipeline.definition.reading import read_app, read_platform
from pipeline.errors import BadDefinition
from tests.rules.definition.test_objects import BOTH

UNSAFE = """\
app: shop
serve: {run: ./serve}
waves:
  - {clusters: [az1, az2]}
"""
PLATFORM = """\
tenants: {own: {}}
clusters: {az1: {group: west}, az2: {group: west}}
apps: {shop: {tenant: own, repository: https://git.example.com/shop.git}}
"""


def test_init_writes_a_valid_definition(nobody):
    assert nobody("init", "shop").exit_code == 0
    assert read_app((nobody.folder / "sluice.yaml").read_text()).app == "shop"
    assert nobody("validate").output.startswith("sluice.yaml is valid")


def test_init_writes_a_platform_too_if_it_is_asked_to(nobody):
    (nobody.folder / ".git").mkdir()
    (nobody.folder / ".git" / "HEAD").write_text("ref: refs/heads/trunk\n")

    assert nobody("init", "shop", "--platform").exit_code == 0

    entry = read_platform((nobody.folder / "platform.yaml").read_text()).apps["shop"]
    assert (entry.repository, entry.branch) == (str(nobody.folder), "trunk")
    assert nobody("validate", "--platform", "platform.yaml").output == "sluice.yaml is valid on platform.yaml: az1.\n"
    assert nobody("validate", "platform.yaml").output == "platform.yaml is valid.\n"


@pytest.mark.parametrize("there", ["sluice.yaml", "platform.yaml"])
def test_init_never_overwrites(nobody, there):
    (nobody.folder / there).write_text("mine")

    said = nobody("init", "shop", "--platform")

    assert said.exit_code == 1
    assert (nobody.folder / there).read_text() == "mine"
    assert [path.name for path in nobody.folder.iterdir()] == [there]


def test_init_refuses_a_name_that_is_none(nobody):
    assert nobody("init", "My Shop").exit_code == 2


def test_validate_prints_the_problems_as_they_are(nobody):
    text = "app: 3\n"
    (nobody.folder / "sluice.yaml").write_text(text)
    with pytest.raises(BadDefinition) as bad:
        read_app(text)

    said = nobody("validate")

    assert said.exit_code == 1
    assert said.stderr == f"{bad.value}\n"


def test_validate_places_what_is_unsafe_on_this_platform(nobody):
    (nobody.folder / "sluice.yaml").write_text(UNSAFE)
    (nobody.folder / "platform.yaml").write_text(PLATFORM)

    assert nobody("validate").exit_code == 0
    said = nobody("validate", "--platform", "platform.yaml")
    assert said.exit_code == 1
    assert said.stderr.startswith("sluice.yaml:4:16 waves[0].clusters: az1 and az2 carry group west together")


def test_validate_reads_the_manifests_of_the_app_too(nobody):
    (nobody.folder / "sluice.yaml").write_text(UNSAFE.replace("{run: ./serve}", "{manifests: deploy}"))
    (nobody.folder / "deploy").mkdir()
    (nobody.folder / "deploy" / "one.yaml").write_text(BOTH)
    assert nobody("validate").exit_code == 0

    (nobody.folder / "deploy" / "one.yaml").write_text(BOTH.replace("kind: Service", "kind: Secret"))
    said = nobody("validate")
    assert said.exit_code == 1
    assert "deploy/one.yaml:20:7 kind: a release brings no Secret" in said.stderr


def test_problems_can_be_read_by_programs(nobody):
    (nobody.folder / "sluice.yaml").write_text(UNSAFE)
    (nobody.folder / "platform.yaml").write_text(PLATFORM)

    said = json.loads(nobody("validate", "--platform", "platform.yaml", "--json").stdout)

    assert said["valid"] is False
    assert (said["problems"][0]["line"], said["problems"][0]["path"]) == (4, "waves[0].clusters")


def test_a_file_that_is_not_there_is_a_mistake_of_the_caller(nobody):
    said = nobody("validate")

    assert said.exit_code == 2
    assert "`sluice init` writes one" in said.output
