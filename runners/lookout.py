"""Look at every cluster now and then, whether or not a release is on its way: for the pages, never for decisions."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import Count
from pipeline.store.looks import Look
from runners.observe import look
from runners.ports import World


def look_around(world: World, apps: Iterable[str]) -> list[Look]:
    """What each app runs in each cluster, and how much is asked of it. What cannot be seen says why."""
    shares: Mapping[str, int] = {}
    with suppress(TryLater, NeedsHuman):
        shares = world.front.shares()
    services, found = sorted(apps), []
    for name, cluster in world.clusters.items():
        cluster.gather(services)
        found += [Look(look(name, app, world), _counts(world, name, app), shares.get(name)) for app in services]
    return found


def _counts(world: World, cluster: str, service: str) -> dict[str, Count]:
    with suppress(TryLater, NeedsHuman):
        return {slot: one.requests for slot, one in world.metrics[cluster].read(cluster, service).items()}
    return {}
