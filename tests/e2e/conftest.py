"""One running installation for the stories of a file; each story makes releases of its own."""

import pytest

from tests.e2e.installation import installed


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with installed(tmp_path_factory.mktemp("shop")) as one:
        yield one
