"""Output of jobs that cannot be reached is copied later: it holds up neither decisions nor other jobs."""

from dataclasses import replace

import pytest

from runners import joblogs
from runners.ports import JobState
from tests.runners.fake_world import Office

TEST = "r1-test-unit-1"


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def with_a_test(office):
    """A release whose test has begun, and said something that was copied."""
    release_id = office.push("v1")
    while TEST not in office.builder.jobs.jobs:
        office.step(release_id)
    office.builder.jobs.says(TEST, b"one\n")
    office.tick(release_id)
    assert office.logs.read(TEST, 0).endswith(b"one\n")
    return release_id


def test_a_release_is_cancelled_while_its_test_cannot_be_reached(office):
    release_id = with_a_test(office)
    office.builder.jobs.away.add(TEST)

    office.ledger.ask(release_id, "cancel", "mia")
    office.tick(release_id)

    assert office.row(release_id).state == "rolled back"
    assert office.row(release_id).reason_kind == "cancelled"


def test_a_test_whose_release_was_cancelled_is_ended_and_its_log_closed(office):
    release_id = with_a_test(office)
    joblogs.of_open(office.builder.jobs, office.logs)
    assert office.builder.jobs.look(TEST).state is JobState.RUNNING

    office.ledger.ask(release_id, "cancel", "mia")
    office.tick(release_id)
    joblogs.of_open(office.builder.jobs, office.logs)

    assert office.builder.jobs.look(TEST).why == "was stopped"
    assert office.logs.open() == ()


def test_a_test_that_can_be_reached_again_goes_on_where_its_log_was(office):
    release_id = with_a_test(office)
    office.builder.jobs.away.add(TEST)
    office.tick(release_id)
    assert "cannot be reached" in office.row(release_id).waiting

    office.builder.jobs.away.clear()
    office.builder.jobs.says(TEST, b"two\n")
    office.tick(release_id)

    assert office.logs.read(TEST, 0).endswith(b"one\ntwo\n")
    assert office.play(release_id) == "live"


def test_a_job_that_cannot_be_reached_keeps_no_other_log_from_being_copied(office):
    release_id = with_a_test(office)
    office.builder.jobs.start(replace(office.builder.jobs.jobs[TEST].spec, name="r2-test-unit-1"))
    office.logs.begin("r2-test-unit-1", release_id, "test", 1)
    office.builder.jobs.away.add(TEST)

    joblogs.of_open(office.builder.jobs, office.logs)

    assert office.logs.read("r2-test-unit-1", 0).startswith("» ".encode())
