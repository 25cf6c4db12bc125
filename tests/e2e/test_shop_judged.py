"""The sample shop with buyers in it: three versions that are worse, each in its own way, are told by what is wrong."""

import pytest

from tests.e2e.judged_shop import buyers, judged_shop

pytestmark = pytest.mark.story
RATE = 60


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with judged_shop(tmp_path_factory.mktemp("judged")) as one:
        one.share = 10
        with buyers(one, RATE) as crowd:
            yield one, crowd


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("errors", "the canary failed"),
        ("slow", "requests took longer than"),
        ("unsold", "the canary had"),
    ],
)
def test_a_worse_shop_is_taken_back_and_the_cause_is_named(shop, fault, cause):
    installation, crowd = shop

    decided = installation.judged(fault, crowd)

    assert (decided.state, decided.reason) == ("rolled back", "harmed")
    assert cause in decided.why
