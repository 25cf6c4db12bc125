"""Whole lives of releases by how they are judged: a first version by its promise, pods where they are told apart."""

import pytest

from pipeline.judge.choosing import Choice, Trial
from pipeline.store import units
from tests.rules.shop import NOON
from tests.runners.fake_world import DEFINITION, Office

# ---- a first version that was promised something --------------------------------------------------------------------

PROMISED = DEFINITION.replace("judge:\n", "judge:\n  slo: 99%\n")


def test_a_first_version_is_held_against_its_promise_before_the_next_cluster_gets_it(tmp_path):
    office = Office(tmp_path, definition=PROMISED)
    release_id = office.push("v1")

    office.play(release_id, until="keeps its promise")
    assert (office.serves("az1"), office.serves("az2")) == (office.row(release_id).digest, "")

    assert office.play(release_id) == "live"


def test_a_first_version_that_breaks_its_promise_goes_no_further(tmp_path):
    office = Office(tmp_path, definition=PROMISED)
    release_id = office.push("v1")
    while (row := office.row(release_id)).state == "running":
        if office.serves("az1"):
            office.metrics.asked("az1", "shop", "a", 50, bad=10)
        office.step(release_id)

    assert row.state == "halted"
    assert "1 % are allowed" in row.why
    assert row.why.endswith("but nothing ran in az1 before, so there is nothing to roll back to")
    assert office.serves("az2") == ""


def test_a_later_version_with_a_promise_is_compared_as_ever(tmp_path):
    office = Office(tmp_path, definition=PROMISED)
    assert office.play(office.push("v1")) == "live"

    assert office.play(office.push("v2")) == "live"


# ---- by pods --------------------------------------------------------------------------------------------------------

ONE_WAVE = DEFINITION.partition("  - {clusters: [az1]")[0] + "  - {clusters: [az1], canary: [20%], soak: 5s}\n"
ONE_WAVE = ONE_WAVE.replace("judge:\n", "judge:\n  window: 10s\n")


@pytest.fixture
def told_apart(tmp_path):
    """Pods are told apart, and the first version is live."""
    office = Office(tmp_path, definition=ONE_WAVE)
    office.metrics.each = 4
    assert office.play(office.push("v1")) == "live"
    return office


def test_pods_that_are_told_apart_are_judged_until_there_is_a_history(told_apart):
    release_id = told_apart.push("v2")

    told_apart.play(release_id, until="by pods")
    assert told_apart.play(release_id) == "live"


def test_pods_that_fail_are_taken_back_and_named(told_apart):
    release_id = told_apart.push("v2")

    assert told_apart.play(release_id, bad=40) == "rolled back"
    assert "the canary's pods failed" in told_apart.row(release_id).why


def test_what_history_chose_is_pinned_with_a_new_release_and_changes_none_on_its_way(told_apart):
    before = told_apart.push("v2")
    chosen = Choice(NOON, 0.01, 7200.0, "request", trials=(Trial("request", 30, 200, 0),))
    with told_apart.sessions.writing() as session:
        units._keep(session, "shop", chosen, NOON)
    assert told_apart.play(before, bad=40) == "rolled back"
    assert "the canary's pods failed" in told_apart.row(before).why

    after = told_apart.push("v3")
    assert told_apart.play(after, bad=40) == "rolled back"
    assert "the canary failed" in told_apart.row(after).why
