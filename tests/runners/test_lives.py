"""Whole lives of releases: real ledger, real loop, real stages; the world is faked at our own ports."""

from dataclasses import replace

import pytest

from pipeline.decide import STALE
from pipeline.errors import Refused
from pipeline.facts import FreezeSpan
from runners.ports import JobState
from tests.rules.shop import NOON, seconds
from tests.runners.fake_world import DEFINITION, Office


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def writes(office, release_id):
    """Every write for a release, in the order in which they were made."""
    made = [(name, one) for name, cluster in office.clusters.items() for one in cluster.writes]
    return sorted((pair for pair in made if pair[1][1].release == release_id), key=lambda pair: pair[1][1].epoch)


def live(office, version):
    release_id = office.push(version)
    assert office.play(release_id, seconds=5.0) == "live"  # nobody looks at how it comes there
    return office.row(release_id)


def test_the_first_version_goes_everywhere_by_readiness(office):
    first = live(office, "v1")

    assert [office.serves(name) for name in ("az1", "az2", "dr")] == [first.digest] * 3


def test_a_good_version_reaches_everyone_cluster_by_cluster(office):
    live(office, "v1")
    release_id = office.push("v2")

    assert office.play(release_id) == "live"

    routed = {name: [write[3] for write in one.writes if write[0] == "route"] for name, one in office.clusters.items()}
    assert routed == {"az1": [100, 10, 50, 95, 100], "az2": [100, 50, 95, 100], "dr": [100, 25, 95, 100]}
    assert office.seen("az1").stable == "b"


def test_a_version_gets_as_many_replicas_as_an_autoscaler_gave_the_one_before(office):
    live(office, "v1")
    az1 = office.clusters["az1"]
    one = az1.desired.service("shop")
    az1.desired = az1.desired.with_service("shop", one.with_slot("a", replace(one.slots["a"], replicas=9)))
    az1.scaled.add(("shop", "a"))

    live(office, "v2")

    sizes = [write[4] for write in az1.writes if write[0] == "deploy" and write[2] == "b"]
    assert sizes == [1, 5, 9]
    assert [office.seen(name).slot("b").wanted for name in ("az1", "az2")] == [9, 4]


def test_a_raise_that_all_workers_died_before_is_decided_anew_and_carried_out(office):
    live(office, "v1")
    release_id = office.push("v2")
    while office.row(release_id).percent != 50:
        office.step(release_id)
    assert office.seen("az1").weights["b"] == 10

    office.offset += STALE.total_seconds() + 1

    assert office.play(release_id) == "live"
    raised = [write[3] for write in office.clusters["az1"].writes if write[0] == "route"]
    assert raised == [100, 10, 50, 95, 100]


def test_a_bad_version_is_taken_back_and_nobody_else_saw_it(office):
    first = live(office, "v1")
    release_id = office.push("v2")

    assert office.play(release_id, bad=25) == "rolled back"

    row = office.row(release_id)
    assert row.reason_kind == "harmed"
    assert "the canary failed" in row.why
    assert [office.serves(name) for name in ("az1", "az2", "dr")] == [first.digest] * 3
    assert not [write for write in office.clusters["az2"].writes if write[1].release == release_id]


def test_when_a_later_wave_fails_the_first_goes_back_after_it(office):
    first = live(office, "v1")
    release_id = office.push("v2")
    while office.row(release_id).at < 4:
        office.step(release_id)

    assert office.play(release_id, bad=30) == "rolled back"

    assert [office.serves(name) for name in ("az1", "az2", "dr")] == [first.digest] * 3
    back = [name for name, one in writes(office, release_id) if one[0] == "settle"]
    assert back == ["az2", "az1"]


def test_a_failing_test_ends_it_before_any_cluster(office):
    live(office, "v1")
    release_id = office.push("v2")
    while office.builder.jobs.look(f"r{release_id}-test-unit-1").state is not JobState.RUNNING:
        office.step(release_id)
    office.step(release_id, exit_code=1)

    row = office.row(release_id)
    assert (row.state, row.reason_kind) == ("rolled back", "failed")
    assert row.why == "Test unit failed: ended with exit code 1"


def test_a_freeze_holds_it_and_a_rollback_gets_through(office):
    first = live(office, "v1")
    freeze = FreezeSpan("Sale", "busy", NOON, NOON + seconds(86400))
    release_id = office.push("v2")
    office.play(release_id, until="Evidence")
    office.ledger.freeze(freeze, "lena")
    assert office.play(release_id, until="freeze Sale") == "running"

    office.ledger.ask(release_id, "rollback", "lena", reason="enough")

    assert office.play(release_id) == "rolled back"
    assert office.serves("az1") == first.digest


def test_a_definition_that_cannot_be_used_ends_at_once_and_says_why(tmp_path):
    office = Office(tmp_path, definition=DEFINITION.replace("waves:", "wavs:"))

    row = office.row(office.push("v1"))

    assert row.state == "rolled back"
    assert 'did you mean "waves"' in row.why


def test_a_newer_release_supersedes_one_that_waits(office):
    live(office, "v1")
    waiting = office.push("v2")
    office.ledger.freeze(FreezeSpan("Sale", "", NOON, NOON + seconds(86400)), "lena")
    office.play(waiting, until="freeze Sale")
    newer = office.push("v3")
    office.play(newer, until="freeze Sale")

    assert office.play(waiting) == "rolled back"
    assert office.row(waiting).reason_kind == "superseded"


def test_a_silent_cluster_holds_its_release_and_the_way_back_waits_for_it_alone(office):
    live(office, "v1")
    release_id = office.push("v2")
    office.play(release_id, until="Evidence")
    office.clusters["az1"].down = "no answer"
    assert office.play(release_id, until="az1: no answer") == "running"

    office.ledger.ask(release_id, "rollback", "lena")
    assert office.play(release_id, until="no answer") == "rolling back"
    office.clusters["az1"].down = ""

    assert office.play(release_id) == "rolled back"


def test_what_the_guard_took_back_stays_back(office):
    first = live(office, "v1")
    release_id = office.push("v2")
    office.play(release_id, until="Evidence")

    office.clusters["az1"].guard_fires("shop")

    assert office.play(release_id) == "rolled back"
    assert office.row(release_id).reason_kind == "guard"
    assert office.serves("az1") == first.digest


def test_no_metrics_is_no_good_news(office):
    live(office, "v1")
    release_id = office.push("v2")
    office.metrics.broken = "the gateway's counters cannot be read"

    assert office.play(release_id, until="No data") == "running"
    assert office.row(release_id).percent == 10


def test_a_step_done_twice_is_a_step_done_once(office):
    live(office, "v1")
    release_id = office.push("v2")
    office.play(release_id, until="Evidence")
    before = office.clusters["az1"].desired.service("shop")

    office.tick(release_id)

    after = office.clusters["az1"].desired.service("shop")
    assert (before.slots, before.weights) == (after.slots, after.weights)
    assert after.anchor.epoch == before.anchor.epoch + 1


def test_a_live_version_is_taken_back_to_the_one_before_without_build_or_canary(office):
    first = live(office, "v1")
    second = live(office, "v2")
    office.ledger.freeze(FreezeSpan("Sale", "", NOON, NOON + seconds(86400)), "lena")

    back = office.ledger.submit_return(second.id, None, "lena", "checkout is slow")

    assert office.play(back) == "live"
    assert [office.serves(name) for name in ("az1", "az2", "dr")] == [first.digest] * 3
    assert not [name for name in office.builder.jobs.jobs if name.startswith(f"r{back}-")]
    assert office.row(back).subject.endswith(": checkout is slow")


def test_asking_twice_to_go_back_is_asking_once_and_only_what_runs_can_be_taken_back(office):
    first = live(office, "v1")
    second = live(office, "v2")

    back = office.ledger.submit_return(second.id, first.id, "lena")

    assert office.ledger.submit_return(second.id, first.id, "diego") == back
    with pytest.raises(Refused, match=f"R-{first.id} is not what shop runs, R-{second.id} is"):
        office.ledger.submit_return(first.id, None, "lena")
    with pytest.raises(Refused, match="no live version"):
        office.ledger.submit_return(second.id, 99, "lena")


def test_a_build_that_the_platform_lost_is_tried_again_and_a_failed_one_is_not(office):
    release_id = office.push("v1")
    office.tick(release_id)
    office.builder.jobs.vanishes(f"r{release_id}-build-1")

    assert office.play(release_id) == "live"

    assert [spec.name for spec in office.builder.jobs.starts if "build" in spec.name] == ["r1-build-1", "r1-build-2"]
    broken = office.push("v2")
    office.tick(broken)
    office.builder.ends(f"r{broken}-build-1", why="no such package")
    assert office.play(broken) == "rolled back"
    assert office.row(broken).why == "The build failed: no such package"


def test_what_a_release_may_return_to_is_kept(office):
    first, second, third = (live(office, version).digest for version in ("v1", "v2", "v3"))

    assert office.ledger.digests(latest=2) == {second, third}
    assert office.ledger.digests(latest=3) == {first, second, third}


@pytest.mark.parametrize(("keep", "kept"), [("full", 4), ("floor", 1)])
def test_during_the_soak_the_old_version_keeps_the_size_that_the_team_asked_for(tmp_path, keep, kept):
    office = Office(tmp_path, definition=DEFINITION + f"keep-old: {keep}\n")
    live(office, "v1")
    release_id = office.push("v2")
    office.play(release_id, until="Soaks in az1: 5")

    assert office.seen("az1").slot("a").ready == kept
    office.ledger.ask(release_id, "rollback", "lena")
    assert office.play(release_id) == "rolled back"
    assert office.seen("az1").slot("a").ready == 4
