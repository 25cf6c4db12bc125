"""Give everyone the last good version back: in reverse order, never faster than it can carry the load."""

from dataclasses import dataclass
from datetime import timedelta

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen
from pipeline.release import Release, Target
from pipeline.undo import order
from pipeline.verdict import Fail, Pass, Verdict, Wait, strictest
from runners.ports import Cluster, Fence, World

from .ran import Ran

_SOON = timedelta(seconds=0.3)


@dataclass(frozen=True, slots=True)
class _Back:
    """Where going back stands in one cluster. `clear`: the next cluster may follow."""

    verdict: Verdict
    clear: bool


def run(fence: Fence, release: Release, world: World) -> Ran:
    """Weights first, last touched cluster first; a cluster that cannot be reached does not hold up the others."""
    verdicts: list[Verdict] = []
    may_route = True
    for target in order(release, release.undo_waves):
        back = _safely(fence, release, world, target, may_route)
        verdicts.append(back.verdict)
        may_route = may_route and back.clear
    return Ran(strictest(verdicts))


def _safely(fence: Fence, release: Release, world: World, target: Target, may_route: bool) -> _Back:
    try:
        return _one(fence, release, world.clusters[target.cluster], target, may_route)
    except TryLater as trouble:
        return _Back(Wait(f"{target.cluster}: {trouble}", look_again=timedelta(seconds=1)), clear=True)
    except NeedsHuman as trouble:
        return _Back(Fail(f"{target.cluster}: {trouble}"), clear=True)


def _one(fence: Fence, release: Release, cluster: Cluster, target: Target, may_route: bool) -> _Back:
    seen = cluster.look(target.service)
    if seen.trouble:
        why = f"{target.cluster} cannot be seen: {seen.trouble}"
        return _Back(
            Wait(why, "The platform team can look at the cluster", look_again=timedelta(seconds=1)), clear=True
        )
    if is_back(release, target, seen):
        return _Back(Pass(f"{target.cluster} is back"), clear=True)
    cluster.beat(fence, target.service)
    share = seen.weights.get(target.slot, 0)
    if share:
        left = _prepare(fence, release, cluster, target, seen)
        if may_route and left < share:
            cluster.route(fence, target.service, target.slot, left)
        return _Back(Wait(f"{target.cluster} goes back, {share} % left", look_again=_SOON), clear=False)
    if seen.slot(target.slot).wanted:
        cluster.scale(fence, target.service, target.slot, 0)
    cluster.settle(fence, target.service, target.other if target.previous else "")
    return _Back(Wait(f"{target.cluster} is at 0 % and settles", look_again=_SOON), clear=True)


def is_back(release: Release, target: Target, seen: ClusterSeen) -> bool:
    """Seen at 0 % of the release, with the version before serving (or nothing, as before)."""
    old = target.other
    nothing_left = not seen.weights.get(target.slot, 0) and not seen.slot(target.slot).wanted
    if seen.release == release.id or not nothing_left:
        return False
    if not target.previous:
        return seen.stable is None
    return seen.stable == old and seen.slot(old).digest == target.previous and seen.weights.get(old) == 100


def _prepare(fence: Fence, release: Release, cluster: Cluster, target: Target, seen: ClusterSeen) -> int:
    """Bring the old slot to full size; the share the new one must keep until the old one can carry it all."""
    if not target.previous:
        return 0
    old, full = seen.slot(target.other), seen.carries(target.slot, release.spec.serve.replicas)
    if old.wanted < full:
        cluster.scale(fence, target.service, target.other, full)
    return 100 - min(100, 100 * old.ready // full)
