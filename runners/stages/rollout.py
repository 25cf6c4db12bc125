"""Give everyone the new version: full capacity first, then the traffic, then the name "stable"."""

from pipeline.facts import ClusterSeen
from pipeline.plan import BASELINE, replicas_for
from pipeline.release import Release, Target
from pipeline.verdict import Pass, Verdict
from runners.ports import Cluster, Fence, World

from .canary import climb
from .ran import Ran, each


def run(fence: Fence, release: Release, world: World) -> Ran:
    """Raise the slot to full size and to the written share; at 100 % it becomes stable and the old one rests."""
    return Ran(each(release.here, lambda target: _one(fence, release, world, target)))


def _one(fence: Fence, release: Release, world: World, target: Target) -> Verdict:
    cluster = world.clusters[target.cluster]
    cluster.beat(fence, target.service)
    seen = cluster.look(target.service)
    everyone = release.percent == 100 and seen.weights.get(target.slot) == 100
    if not everyone or seen.trouble:
        verdict = climb(fence, release, cluster, target, 100, seen)
        if isinstance(verdict, Pass):
            _spare(fence, release, cluster, target, seen)
        return verdict
    if seen.stable != target.slot or seen.release:
        cluster.promote(fence, target.service, target.slot)
    old = target.other
    if seen.slot(old).wanted:  # in the same tick: once it is seen stable, the release moves on
        cluster.scale(fence, target.service, old, 0)
    return Pass()


def _spare(fence: Fence, release: Release, cluster: Cluster, target: Target, seen: ClusterSeen) -> None:
    """During the soak the old version keeps its full size, or only what its share needs if the team asked for that."""
    need = replicas_for(BASELINE, release.spec.serve.replicas)
    soaks = release.percent == 100 - BASELINE and release.spec.keep_old == "floor"
    if soaks and seen.slot(target.other).wanted > need:
        cluster.scale(fence, target.service, target.other, need)
