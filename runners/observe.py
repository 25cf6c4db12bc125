"""Look at the world: clusters and counters, as facts."""

from contextlib import suppress
from datetime import datetime

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen, Count, Facts, Reading
from pipeline.plan import Stage
from pipeline.release import Release, Target
from pipeline.states import State
from runners.ports import World
from runners.stages import Ran


def observe(release: Release, world: World, ran: Ran, now: datetime) -> Facts:
    """Everything a decision about `release` may depend on, seen now."""
    seen = {cluster: _look(cluster, release.app, world) for cluster in watched(release)}
    readings = tuple(_read(target, release, seen[target.cluster], world, now) for target in measured(release))
    return Facts(now, ran.verdict, seen, readings, ran.digest)


def watched(release: Release) -> tuple[str, ...]:
    """The clusters it stands in, is about to enter, or has touched and may have to leave."""
    entered = release.plan[release.ahead.at].clusters if release.ahead.at < len(release.plan) else ()
    touched = tuple(target.cluster for target in release.targets)
    return tuple(dict.fromkeys((*release.step.clusters, *entered, *touched)))


def measured(release: Release) -> tuple[Target, ...]:
    """The targets whose users are compared now."""
    if release.state is not State.RUNNING or release.step.stage not in (Stage.CANARY, Stage.ROLLOUT):
        return ()
    return tuple(target for target in release.here if target.previous)


def _look(cluster: str, service: str, world: World) -> ClusterSeen:
    try:
        return world.clusters[cluster].look(service)
    except (TryLater, NeedsHuman) as trouble:
        return ClusterSeen(cluster, service, trouble=str(trouble))


def _read(target: Target, release: Release, seen: ClusterSeen, world: World, now: datetime) -> Reading:
    old = target.other
    counts: dict[str, Count] = {}
    with suppress(TryLater, NeedsHuman):  # no data is a fact: the reading says so, the judge never takes it for good
        read = world.metrics[target.cluster].read(target.cluster, target.service)
        counts = {slot: one.requests for slot, one in read.items()}
    new_slot, old_slot = seen.slot(target.slot), seen.slot(old)
    well = not seen.trouble and new_slot.ready >= max(1, new_slot.wanted) and old_slot.ready >= old_slot.wanted
    return Reading(
        at=now,
        cluster=target.cluster,
        percent=seen.weights.get(target.slot, 0),
        canary=counts.get(target.slot) if new_slot.digest == release.digest else None,
        stable=counts.get(old),
        healthy=well,
    )
