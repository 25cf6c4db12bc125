"""One running installation for the stories of a file; each story makes releases of its own."""

import pytest

from tests.e2e.installation import Installation, running


@pytest.fixture(scope="module")
def teams(tmp_path_factory):
    """Two teams, each with an app of its own."""
    shop = Installation(tmp_path_factory.mktemp("shop"))
    greeter = shop.beside("greeter")
    with running(shop):
        yield shop, greeter


@pytest.fixture(scope="module")
def shop(teams):
    return teams[0]


@pytest.fixture(scope="module")
def greeter(teams):
    return teams[1]
