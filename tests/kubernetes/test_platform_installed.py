"""Sluice runs inside a real cluster from its chart, and releases an app to the two others."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.clusters.kubernetes import rights
from tests.kubernetes.clusters import HERE, NAMESPACE, REGISTRY, Node, sluice
from tests.kubernetes.helm import applied, namespace
from tests.kubernetes.inside import TARGETS, Inside, running
from tests.load import Load

pytestmark = pytest.mark.story
DEFINITION = """\
app: {app}
build: {{image: {{}}}}
serve: {{ready: /ready, replicas: 1, drain: 500ms, ready-within: 60s}}
test:
  unit: {{run: python3.11 -m py_compile app.py}}
judge:
  errors: {{margin: 10pp}}
waves:
  - {{clusters: [az2], canary: [50%], soak: 2s}}
  - {{clusters: [dr], canary: [50%], soak: 2s}}
"""
PLATFORM = """\
tenants: {{web: {{}}}}
clusters:
  az2: {{kind: kubernetes, kubernetes: {{namespace: shop, gateway: default/web, counters: "http://az2:9100/metrics"}}}}
  dr: {{kind: kubernetes, kubernetes: {{namespace: shop, gateway: default/web, counters: "http://dr:9100/metrics"}}}}
tests: {{cluster: dr, namespace: {app}-tests, cpu: 50m, memory: 128Mi, unpack: "{registry}/sluice@{sluice}"}}
apps:
  {app}:
    tenant: web
    repository: /home/sluice/{app}.git
    allow-local: true
    image: {registry}/{app}
    hosts: [{app}.test]
"""


@pytest.fixture
def app() -> Iterator[str]:
    name = f"inner-{uuid.uuid4().hex[:6]}"
    yield name
    for target in TARGETS:
        words = ("delete", "httproute,deployment,service", "-l", f"sluice.dev/service={name}", "--wait=false")
        Node(target).kubectl("-n", "shop", *words)


@pytest.fixture
def inside(app: str) -> Iterator[Inside]:
    platform = PLATFORM.format(app=app, registry=REGISTRY, sluice=sluice())
    place = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": place_of_tests(app), "labels": rights.RESTRICTED},
    }
    made = {"apiVersion": "v1", "kind": "List", "items": [place, *rights.for_tests(place_of_tests(app), NAMESPACE)]}
    with (
        applied(Node("dr"), json.dumps(made)),
        namespace(Node("az1"), f"sluice-{app}") as own,
        running(platform, own) as installation,
    ):
        yield installation


def place_of_tests(app: str) -> str:
    """The namespace of its tests."""
    return f"{app}-tests"


def files(app: str, version: str) -> dict[str, str]:
    recipe = f'FROM {REGISTRY}/python:12\nENV VERSION={version}\nCOPY app.py /app.py\nCMD ["/app.py"]\n'
    source = (HERE / "image" / "app.py").read_text()
    return {"app.py": source, "Dockerfile": recipe, "sluice.yaml": DEFINITION.format(app=app)}


def test_sluice_in_a_cluster_releases_to_the_two_others_and_nobody_sees_a_failure(
    inside: Inside, app: str, tmp_path: Path
) -> None:
    admin = inside.signed_in()
    admin.push(app, files(app, "v1"), "First", tmp_path)
    first = admin.live(app)
    log = admin.call("GET", f"/api/releases/{first['id']}/log?step=test")["text"]
    assert "» python3.11 -m py_compile app.py" in log
    noted = Node("dr").objects("events", namespace=place_of_tests(app))
    assert ("Pod", "Started") in {(one["involvedObject"]["kind"], one["reason"]) for one in noted}
    assert not Node("dr").objects("jobs,pods,secrets", namespace=place_of_tests(app))

    with (
        Load(Node("az2").gateway, 30, host=f"{app}.test") as az2,
        Load(Node("dr").gateway, 30, host=f"{app}.test") as dr,
    ):
        admin.push(app, files(app, "v2"), "Second", tmp_path)
        admin.live(app)

    assert (az2.failed, dr.failed) == (0, 0)
    for target in TARGETS:
        assert Node(target).ask(f"{app}.test") == (200, "v2")
