"""What an API server refuses is always an error that the ports allow, with what to do about it."""

import pytest

from pipeline.errors import NeedsHuman, TryLater
from runners.clusters.kubernetes.refusals import Conflict, Missing, trouble

SOME = (0, 301, 400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503, 504)


@pytest.mark.parametrize("status", SOME)
def test_every_answer_is_trouble_that_may_pass_or_is_for_a_person(status: int) -> None:
    assert isinstance(trouble("az1", status, "no", 0.0), TryLater | NeedsHuman)


def test_an_object_that_went_since_it_was_read_is_read_again() -> None:
    found = trouble("az1", 404, 'httproutes.gateway.networking.k8s.io "shop" not found', 0.0)

    assert isinstance(found, Missing)
    assert isinstance(found, TryLater)


def test_a_write_of_somebody_else_at_the_same_moment_is_read_again_and_one_that_stands_is_for_a_person() -> None:
    assert isinstance(trouble("az1", 409, "the object has been modified", 0.0), Conflict)
    assert isinstance(trouble("az1", 409, 'Apply failed with 1 conflict: conflict with "kubectl"', 0.0), NeedsHuman)


def test_a_server_that_says_when_to_come_back_is_left_alone_for_so_long() -> None:
    found = trouble("az1", 429, "too many requests", 7.0)

    assert isinstance(found, TryLater)
    assert found.after.total_seconds() == 7
