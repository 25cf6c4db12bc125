"""Going back: in proportion to what is ready, last cluster first, and no cluster holds up another."""

from dataclasses import replace

import pytest

from pipeline.verdict import Fail, Pass, Wait
from runners.wiring import Listed
from tests.runners.stage_bed import WAY, Bed, back, bed, canary, rollout, to


@pytest.mark.parametrize(("ready", "left"), [(0, 95), (1, 75), (2, 50), (3, 25), (4, 0)])
def test_traffic_goes_back_in_proportion_to_what_is_ready(ready, left):
    one, release = bed("back from almost all")
    one.clusters["az1"].ready["shop", "a"] = ready

    one.run(release)

    assert one.weight() == left


def test_going_back_brings_the_old_slot_to_full_size_first():
    one, release = bed("back from everyone")
    one.run(rollout(100))
    assert one.service().slots["a"].replicas == 0

    assert isinstance(one.finish(release), Pass)

    kinds = [write[0] for write in one.clusters["az1"].writes]
    assert kinds.index("scale") < kinds.index("route")
    assert one.weight() == 0


def spread(*names):
    """A release that went live in these clusters one after the other, and has to leave them all."""
    one = Bed(*names)
    targets = to(*names)
    plan = tuple(replace(step, clusters=names) if step.name.endswith("az1") else step for step in rollout(0).plan)
    for done in WAY:
        assert isinstance(one.finish(replace(done, plan=plan, targets=targets)), Pass)
    for cluster in one.clusters.values():
        cluster.writes.clear()
    return one, back(rollout(100, plan=plan, targets=targets))


def test_the_last_touched_cluster_goes_back_first_and_the_others_after_it():
    one, release = spread("az1", "az2", "dr")
    seen = []
    while not isinstance(one.run(release), Pass):
        seen.append(tuple(one.weight(name) for name in ("az1", "az2", "dr")))

    assert [share for place, share in enumerate(seen) if share not in seen[:place]] == [
        (100, 100, 100),
        (100, 100, 0),
        (100, 0, 0),
        (0, 0, 0),
    ]


def test_a_cluster_out_of_reach_holds_up_no_other_on_the_way_back():
    one, release = spread("az1", "az2")
    one.clusters["az2"].down = "no answer"

    verdict = one.finish(release)

    assert one.weight("az1") == 0
    assert isinstance(verdict, Wait)
    assert "az2 cannot be seen: no answer" in verdict.why
    one.clusters["az2"].down = ""
    assert isinstance(one.finish(release), Pass)


def test_a_cluster_out_of_reach_holds_up_no_other_on_the_way_forward():
    one = Bed("az1", "az2")
    plan = tuple(replace(step, clusters=("az1", "az2")) if "az1" in step.name else step for step in canary(0).plan)
    one.finish(canary(0, plan=plan, targets=to("az1", "az2")))
    one.clusters["az1"].down = "no answer"

    verdict = one.run(canary(10, plan=plan, targets=to("az1", "az2")))

    assert one.weight("az2") == 10
    assert isinstance(verdict, Wait)
    assert "no answer" in verdict.why


def test_a_cluster_that_platform_yaml_no_longer_lists_holds_the_release_and_up_no_other():
    one, release = spread("az1", "az2")
    listed = Listed({"az1": one.clusters["az1"]})
    one.world = replace(one.world, clusters=listed)

    verdict = one.finish(release)

    assert one.weight("az1") == 0
    assert isinstance(verdict, Wait)
    assert "az2 is not in platform.yaml any more" in verdict.why


def test_what_the_guard_took_back_is_refused_and_the_stage_says_so():
    one, _ = bed("the next share")
    one.clusters["az1"].guard_fires("shop")

    verdict = one.finish(canary(50))

    assert one.weight() == 0
    assert isinstance(verdict, Fail)
    assert "guard" in verdict.why
