"""All of Sluice is killed while half of the users are on the new version."""

import pytest

from tests.e2e.users import users

pytestmark = pytest.mark.story


def test_sluice_is_killed_in_mid_canary_and_completes_it_when_it_is_back(shop):
    shop.release("v1")
    with users(shop) as (one, other):
        number = shop.push("survivor")
        shop.reaches(number, 50)
        shop.kill()
        shop.up()

        assert shop.ends(number) == "live"
    assert (one.failed, other.failed) == (0, 0)
    assert shop.kinds(number).count("finish") == 1
