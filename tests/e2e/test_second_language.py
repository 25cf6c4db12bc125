"""Sluice knows nothing of the language of an app: one in Perl goes the same way."""

import pytest

from tests.e2e.installation import installed
from tests.e2e.users import users

pytestmark = pytest.mark.story


def test_another_language_goes_the_same_way(tmp_path):
    with installed(tmp_path, "greeter") as other:
        other.release("v1")
        with users(other) as loads:
            number = other.push("v2")
            assert other.ends(number) == "live"
        assert [load.failed for load in loads] == [0, 0]
