"""One client for the cluster az1; each test has a service of its own there, removed with it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runners.clusters.kubernetes.api import Api
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import Node


@pytest.fixture(scope="session")
def node() -> Node:
    return Node("az1")


@pytest.fixture(scope="session")
def api(node: Node) -> Iterator[Api]:
    api = Api(node.name, node.access)
    yield api
    api.close()


@pytest.fixture
def bed(node: Node, api: Api) -> Iterator[KubernetesBed]:
    bed = KubernetesBed(node, api, f"shop-{uuid.uuid4().hex[:8]}")
    yield bed
    bed.remove()


@pytest.fixture
def bed_apart() -> Iterator[KubernetesBed]:
    """A service in a cluster where no other test moves traffic."""
    with apart(Node("dr")) as bed:
        yield bed


@pytest.fixture
def bed_second() -> Iterator[KubernetesBed]:
    """A service behind a gateway of another make."""
    with apart(Node("dr", "second")) as bed:
        yield bed


@contextmanager
def apart(node: Node) -> Iterator[KubernetesBed]:
    """A service of its own in that cluster."""
    api = Api(node.name, node.access)
    bed = KubernetesBed(node, api, f"shop-{uuid.uuid4().hex[:8]}")
    yield bed
    bed.remove()
    api.close()
