"""Sluice runs inside a real cluster from its chart, and releases an app to the two others."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubernetes.clusters import HERE, REGISTRY, Node
from tests.kubernetes.helm import namespace
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
    platform = PLATFORM.format(app=app, registry=REGISTRY)
    with namespace(Node("az1"), f"sluice-{app}") as own, running(platform, own) as installation:
        yield installation


def files(app: str, version: str) -> dict[str, str]:
    recipe = f'FROM {REGISTRY}/python:12\nENV VERSION={version}\nCOPY app.py /app.py\nCMD ["/app.py"]\n'
    source = (HERE / "image" / "app.py").read_text()
    return {"app.py": source, "Dockerfile": recipe, "sluice.yaml": DEFINITION.format(app=app)}


def test_sluice_in_a_cluster_releases_to_the_two_others_and_nobody_sees_a_failure(
    inside: Inside, app: str, tmp_path: Path
) -> None:
    admin = inside.signed_in()
    admin.push(app, files(app, "v1"), "First", tmp_path)
    admin.live(app)

    with (
        Load(Node("az2").gateway, 30, host=f"{app}.test") as az2,
        Load(Node("dr").gateway, 30, host=f"{app}.test") as dr,
    ):
        admin.push(app, files(app, "v2"), "Second", tmp_path)
        admin.live(app)

    assert (az2.failed, dr.failed) == (0, 0)
    for target in TARGETS:
        assert Node(target).ask(f"{app}.test") == (200, "v2")
