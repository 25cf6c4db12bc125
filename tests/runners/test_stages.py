"""Stages carry out what is written: in an order of which every prefix is safe, as often as asked, and no more."""

from dataclasses import replace

import pytest

from pipeline.errors import TryLater
from pipeline.facts import FreezeSpan
from pipeline.states import State
from pipeline.verdict import Pass, Wait
from runners.ports import Fence, JobState, Workload
from tests.rules.shop import NEW, NOON, OLD, seconds
from tests.runners.fake_world import Office
from tests.runners.stage_bed import FULL, SERVE, TASKS, Bed, Dies, aged, bed, canary, carries, rollout, to

BY_NAME = pytest.mark.parametrize("task", TASKS)


@BY_NAME
def test_a_task_that_is_done_is_done_however_often_it_is_asked_for(task):
    one, release = bed(task)
    assert isinstance(one.finish(release), Pass)
    end = one.state()

    assert isinstance(one.finish(release), Pass)

    assert one.state() == end


def test_each_task_ends_where_it_should():
    ends = {}
    for task in TASKS:
        one, release = bed(task)
        one.finish(release)
        ends[task] = one.state()
    a, b = (OLD, FULL), (NEW, FULL)

    assert ends["the canary's pods"] == ({"a": a, "b": (NEW, 1)}, {"a": 100, "b": 0}, "a", 7)
    assert ends["the first share"] == ({"a": a, "b": (NEW, 2)}, {"a": 90, "b": 10}, "a", 7)
    assert ends["the next share"] == ({"a": a, "b": (NEW, 2)}, {"a": 50, "b": 50}, "a", 7)
    assert ends["full size"] == ({"a": a, "b": b}, {"a": 50, "b": 50}, "a", 7)
    assert ends["almost all"] == ({"a": a, "b": b}, {"a": 5, "b": 95}, "a", 7)
    assert ends["everyone"] == ({"a": (OLD, 0), "b": b}, {"a": 0, "b": 100}, "b", 0)
    for task in TASKS:
        if task.startswith("back"):
            assert ends[task] == ({"a": a, "b": (NEW, 0)}, {"a": 100, "b": 0}, "a", 0)


def test_the_old_version_rests_only_after_the_promotion():
    one, release = bed("everyone")
    one.finish(release)

    kinds = [write[0] for write in one.clusters["az1"].writes]
    assert kinds[kinds.index("promote") :] == ["promote", "scale"]


def test_when_a_release_is_live_no_replica_of_the_old_version_is_left(tmp_path):
    office = Office(tmp_path)
    for version in ("v1", "v2"):
        assert office.play(office.push(version)) == "live"

    assert [office.seen(name).slot("a").wanted for name in ("az1", "az2", "dr")] == [0, 0, 0]


@pytest.mark.parametrize("late", [True, False], ids=["after its effect", "before its effect"])
@BY_NAME
def test_a_death_at_any_write_leaves_users_served_and_the_next_tick_ends_it_the_same(task, late):
    calm, release = bed(task)
    calm.finish(release)
    calm.run(release)
    number = len(calm.clusters["az1"].writes)
    assert number

    for left in range(number):
        one, _ = bed(task)
        cluster = one.clusters["az1"]
        cluster.left, cluster.late = left + late, late
        with pytest.raises(Dies):
            one.finish_beyond(release)
        assert carries(one.service()), f"after {left} of {number} writes"
        cluster.left = 10**6
        assert isinstance(one.finish(release), Pass)
        one.run(release)
        assert one.state() == calm.state(), f"after a death at write {left} of {number}"


@BY_NAME
def test_every_write_of_an_older_tick_is_refused_once_a_newer_one_has_written(task):
    one, release = bed(task)
    one.epoch += 1
    old = Fence(release.id, one.epoch)
    one.run(release)
    before = one.state()
    cluster = one.clusters["az1"]

    for write in (
        lambda: cluster.beat(old, "shop"),
        lambda: cluster.deploy(old, "shop", "b", Workload(NEW, "v7", SERVE), 1),
        lambda: cluster.route(old, "shop", "b", 50),
        lambda: cluster.promote(old, "shop", "b"),
        lambda: cluster.scale(old, "shop", "a", 0),
        lambda: cluster.settle(old, "shop", "a"),
    ):
        with pytest.raises(TryLater, match="fenced out"):
            write()
    assert one.state() == before


@pytest.mark.parametrize(("age", "share"), [(0, 10), (30, 10), (30.001, 0), (3600, 0)])
def test_a_raise_decided_longer_ago_than_30_seconds_is_not_carried_out(age, share):
    one, _ = bed("the first share")

    one.run(aged(canary(10), age))

    assert one.weight() == share


def test_going_back_never_gets_too_old():
    one, release = bed("back from half")

    assert isinstance(one.finish(aged(release, 86400)), Pass)
    assert one.weight() == 0


def test_people_come_only_when_the_pods_for_them_are_ready():
    one, _ = bed("the next share")
    one.clusters["az1"].ready["shop", "b"] = 1

    verdict = one.run(canary(50))

    assert one.weight() == 10
    assert isinstance(verdict, Wait)
    assert verdict.why == "The gateway of az1 gives 10 %, 50 % is wanted"


@pytest.mark.parametrize(("age", "soon"), [(0, 0.1), (0.3, 0.3), (5, 0.5)])
def test_the_longer_a_gateway_takes_to_follow_the_less_often_it_is_looked_at(age, soon):
    one, _ = bed("the first share")

    assert one.run(aged(canary(10), age)).look_again == seconds(soon)


def test_the_first_version_takes_all_the_traffic_at_once():
    one = Bed(first=True)
    target = replace(to("az1")[0], slot="a", previous="")

    one.finish(canary(0, targets=(target,)))
    assert isinstance(one.finish(rollout(100, targets=(target,))), Pass)

    one.run(rollout(100, targets=(target,)))
    slots, weights, stable, moving = one.state()
    assert (slots["a"], weights["a"], stable, moving) == ((NEW, FULL), 100, "a", 0)


def test_a_halted_release_moves_nothing_and_keeps_the_heartbeat_of_what_is_unfinished():
    one, _ = bed("back from half")
    open_one, closed = to("az1", "az2")
    halted = canary(50, state=State.HALTED, targets=(open_one, replace(closed, open=False)))
    one.clusters["az2"] = Bed("az2").clusters["az2"]
    before, beats = one.state(), one.service().anchor.beats

    one.run(halted)

    assert one.state() == before
    assert one.service().anchor.beats == beats + 1
    assert one.clusters["az2"].writes == []


@pytest.mark.parametrize("state", [State.LIVE, State.ROLLED_BACK])
def test_what_has_ended_is_left_alone(state):
    one, _ = bed("everyone")

    assert isinstance(one.run(rollout(95, state=state)), Pass)

    assert one.clusters["az1"].writes == []


@pytest.mark.parametrize("held", ["pause", "freeze", "no traffic", "halt"])
def test_however_long_it_waits_an_unfinished_cluster_is_looked_at_every_ten_seconds(tmp_path, held):
    office = Office(tmp_path)
    office.play(office.push("v1"))
    release_id = office.push("v2")
    office.play(release_id, until="Evidence")
    if held == "pause":
        office.ledger.ask(release_id, "pause", "lena")
    if held == "freeze":
        office.ledger.freeze(FreezeSpan("Sale", "", NOON, NOON + seconds(86400)), "lena")
    if held == "halt":
        office.clusters["az1"].ready["shop", "a"] = 0
        office.ledger.ask(release_id, "rollback", "lena")

    for _ in range(25):
        beats = office.clusters["az1"].desired.service("shop").anchor.beats
        if held != "no traffic":
            office.traffic()
        office.tick(release_id)
        row = office.row(release_id)
        assert row.due - NOON - seconds(office.offset) <= seconds(10)
        assert office.clusters["az1"].desired.service("shop").anchor.beats > beats

    assert row.state == ("halted" if held == "halt" else "running")


def test_a_job_is_started_once_and_adopted_from_then_on(tmp_path):
    office = Office(tmp_path)
    release_id = office.push("v1")
    for _ in range(5):
        office.tick(release_id)
    assert [spec.name for spec in office.builder.jobs.starts] == [f"r{release_id}-build-1"]

    office.builder.ends(f"r{release_id}-build-1")
    while office.builder.jobs.look(f"r{release_id}-test-unit-1").state is JobState.UNKNOWN:
        office.tick(release_id)
    for _ in range(5):
        office.tick(release_id)
    assert [spec.name for spec in office.builder.jobs.starts] == [
        f"r{release_id}-build-1",
        f"r{release_id}-test-unit-1",
    ]
