"""One client for the cluster az1; each test has a service of its own there, removed with it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from runners.clusters.kubernetes.api import Api
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import Node

WHOLE = ("test_story.py", "test_release_", "test_guard_installed.py")  # files with one installation for all their tests


class ByInstallation(LoadScopeScheduling):
    """Tests that share an installation go to one worker, in their order; each other one to the next that is free."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].rpartition("/")[2]
        return file if file.startswith(WHOLE) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByInstallation:
    return ByInstallation(config, log)


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
