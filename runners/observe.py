"""Look at the world: clusters and counters, as facts."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from math import inf

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import ClusterSeen, Count, Facts, PodCount, Reading
from pipeline.judge.metrics import limit_name
from pipeline.plan import Stage
from pipeline.release import Release, Target
from pipeline.settings import Judge
from pipeline.states import State
from pipeline.verdict import strictest
from runners.counted import USUAL, OwnSeries, SlotCounts
from runners.ports import World
from runners.rendering import render
from runners.stages import Ran


def observe(release: Release, world: World, ran: Ran, now: datetime) -> Facts:
    """Everything a decision about `release` may depend on, seen now."""
    seen = {cluster: look(cluster, release.app, world) for cluster in watched(release)}
    readings = tuple(
        reading for target in measured(release) for reading in _read(target, release, seen[target.cluster], world, now)
    )
    rendering, rendered = render(release, world, ran.digest or release.digest)
    return Facts(now, strictest([ran.verdict, rendered]), seen, readings, ran.digest, rendering)


def watched(release: Release) -> tuple[str, ...]:
    """The clusters it stands in, is about to enter, or has touched and may have to leave."""
    entered = release.plan[release.ahead.at].clusters if release.ahead.at < len(release.plan) else ()
    touched = tuple(target.cluster for target in release.targets)
    return tuple(dict.fromkeys((*release.step.clusters, *entered, *touched)))


def measured(release: Release) -> tuple[Target, ...]:
    """The targets whose users are compared now, with those of an older version or with what was promised."""
    if release.state is not State.RUNNING or release.step.stage not in (Stage.CANARY, Stage.ROLLOUT):
        return ()
    alone = any(judge.alone for judge in _judges(release))
    return tuple(target for target in release.here if target.previous or alone)


def look(cluster: str, service: str, world: World) -> ClusterSeen:
    """The service there as it is now; trouble with the cluster is seen, not raised."""
    try:
        return world.clusters[cluster].look(service)
    except (TryLater, NeedsHuman) as trouble:
        return ClusterSeen(cluster, service, trouble=str(trouble))


def _read(target: Target, release: Release, seen: ClusterSeen, world: World, now: datetime) -> tuple[Reading, ...]:
    old, new_slot, old_slot = target.other, seen.slot(target.slot), seen.slot(target.other)
    counts: Mapping[str, SlotCounts] = {}
    with suppress(TryLater, NeedsHuman):  # no data is a fact: the reading says so, the judge never takes it for good
        falls = [counter for _, counter in _falls(release)]
        counts = world.metrics[target.cluster].read(target.cluster, target.service, falls, _own(release))
    canary = counts.get(target.slot) if new_slot.digest == release.digest else None
    stable = counts.get(old)
    errors = Reading(
        at=now,
        cluster=target.cluster,
        percent=seen.weights.get(target.slot, 0),
        canary=canary.requests if canary else None,
        stable=stable.requests if stable else None,
        healthy=not seen.trouble and new_slot.ready >= max(1, new_slot.wanted) and old_slot.ready >= old_slot.wanted,
        pods=_by_pod(canary, stable),
    )
    if not target.previous:
        return (errors,)
    slow = (_slow(errors, edge, canary, stable) for edge in _edges(release, canary, stable))
    fallen = (_fallen(errors, name, counter, canary, stable) for name, counter in _falls(release))
    return (errors, *slow, *fallen)


def _by_pod(canary: SlotCounts | None, stable: SlotCounts | None) -> tuple[PodCount, ...]:
    """The pods of both arms, as far as they are told apart."""
    arms = [(True, canary.pods if canary else {}), (False, stable.pods if stable else {})]
    return tuple(PodCount(pod, arm, one.total, one.bad) for arm, pods in arms for pod, one in sorted(pods.items()))


def _judges(release: Release) -> list[Judge]:
    step = release.step
    gates = [gate for gates in (*(rung.gates for rung in step.rungs), step.leave) for gate in gates]
    return [gate for gate in gates if isinstance(gate, Judge)]


def _falls(release: Release) -> list[tuple[str, str]]:
    """Name and counter of what must not fall."""
    return list(dict.fromkeys((name, counter) for judge in _judges(release) for name, counter, _ in judge.falls))


def _own(release: Release) -> OwnSeries:
    """The series that the app names itself; all judges of a definition name the same."""
    return next((OwnSeries(one.requests, one.failed, one.buckets, one.pods) for one in _judges(release)), USUAL)


def _edges(release: Release, *arms: SlotCounts | None) -> tuple[float, ...]:
    """The edges of the gateway's histogram that a request went over, if latency is judged."""
    if not any(judge.latency is not None for judge in _judges(release)):
        return ()
    return tuple(sorted({edge for arm in arms if arm for edge in arm.buckets if edge < inf and _over(arm, edge).bad}))


def _slow(errors: Reading, edge: float, *arms: SlotCounts | None) -> Reading:
    """The same look at the requests that took longer than `edge` seconds."""
    canary, stable = (_over(arm, edge) if arm else None for arm in arms)
    return replace(errors, metric=limit_name(edge), canary=canary, stable=stable, pods=())


def _over(arm: SlotCounts, edge: float) -> Count:
    total = arm.buckets.get(inf, 0)
    return Count(arm.requests.source, total, total - arm.buckets.get(edge, 0))


def _fallen(errors: Reading, name: str, counter: str, *arms: SlotCounts | None) -> Reading:
    """The same look at a counter of the app, per request."""
    canary, stable = (arm.counters.get(counter) if arm else None for arm in arms)
    return replace(errors, metric=name, canary=canary, stable=stable, pods=())
