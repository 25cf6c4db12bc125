"""Give a few users the new version: pods first, people after."""

from datetime import timedelta

from pipeline.decide import STALE
from pipeline.facts import ClusterSeen
from pipeline.plan import replicas_for
from pipeline.release import Release, Target
from pipeline.verdict import NOBODY, Pass, Verdict, Wait
from runners.ports import Cluster, Fence, Workload, World

from .ran import Ran, each


def run(fence: Fence, release: Release, world: World) -> Ran:
    """Bring the canary slot to the size its next rung needs, and its share to what is written down.

    A wave without rungs has no canary: its rollout brings the slot to full size at once.
    """
    if not release.step.rungs:
        return Ran(Pass())
    upcoming = release.ahead.percent if release.ahead.at == release.at else max(release.percent, 1)
    return Ran(each(release.here, lambda target: bring(fence, release, world, target, upcoming)))


def keep(fence: Fence, release: Release, world: World) -> Ran:
    """Halted: nothing moves, but the heartbeat of unfinished clusters goes on."""

    def beat(target: Target) -> Verdict:
        if target.open:
            world.clusters[target.cluster].beat(fence, target.service)
        return Pass()

    return Ran(each(release.targets, beat))


def bring(fence: Fence, release: Release, world: World, target: Target, upcoming: int) -> Verdict:
    """One cluster, one look: replicas for `upcoming` percent in the release's slot, its share raised once they can
    carry it."""
    cluster = world.clusters[target.cluster]
    cluster.beat(fence, target.service)
    return climb(fence, release, cluster, target, upcoming, cluster.look(target.service))


def climb(
    fence: Fence, release: Release, cluster: Cluster, target: Target, upcoming: int, seen: ClusterSeen
) -> Verdict:
    """The same after the heartbeat, for what was seen."""
    if seen.trouble:
        return Wait(f"{target.cluster} cannot be seen: {seen.trouble}", "The platform team can look at the cluster")
    slot, full = seen.slot(target.slot), seen.carries(target.other, release.spec.serve.replicas)
    size = replicas_for(upcoming, full)
    if slot.digest != release.digest or slot.wanted < size:
        cluster.deploy(fence, target.service, target.slot, workload(release), size)
    share = seen.weights.get(target.slot, 0)
    if share >= release.percent:
        return Pass()
    # Without a gateway the share is what brings the replicas, so it cannot wait for them.
    carries = 1 if release.step.by_replicas else replicas_for(release.percent, full)
    if slot.digest == release.digest and slot.ready >= carries and release.read_at - release.raised <= STALE:
        cluster.route(fence, target.service, target.slot, release.percent)
    why = f"The gateway of {target.cluster} gives {share} %, {release.percent} % is wanted"
    return Wait(why, NOBODY, look_again=_followed(release.read_at - release.raised))


def _followed(waited: timedelta) -> timedelta:
    """When to see whether a gateway has followed. Most do at once; the longer it takes, the less often it is asked."""
    return min(max(waited, timedelta(seconds=0.1)), timedelta(seconds=0.5))


def workload(release: Release) -> Workload:
    """What a slot runs for this release."""
    serve = release.spec.serve.model_dump(mode="json", exclude_none=True)
    return Workload(release.digest, release.version, serve | ({"objects": release.objects} if release.objects else {}))
