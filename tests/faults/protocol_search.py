"""Visits every state of the protocol's model, and says which promise breaks and how one gets there."""

from collections import deque
from functools import cache

from tests.faults.protocol_model import (
    BACK,
    GONE,
    IDLE,
    LIVE,
    TERMINAL,
    Off,
    World,
    decision,
    steps,
    writes,
    written,
)


def explore(without: Off = frozenset(), workers: int = 2, most: int = 1_000_000) -> tuple[int, str, list[str]]:
    """
    How many states were found; the first promise found broken, "" if none is, and the shortest way to it.

    With `most` states the search is cut off: then the answer holds for those alone.
    """
    start = World(workers=(IDLE,) * workers)
    came: dict[World, tuple[World, str] | None] = {start: None}
    queue = deque([start])
    while queue and len(came) < most:
        world = queue.popleft()
        if why := broken(world, without):
            return len(came), why, _way(came, world)
        for told, after in steps(world, without):
            after = _ranked(after)
            if after not in came:
                came[after] = (world, told)
                queue.append(after)
    return len(came), "", []


def broken(world: World, off: Off) -> str:
    """The promise that does not hold here, "" if all do."""
    if world.broken:
        return world.broken
    one, two = world.clusters
    if one.open and two.open:
        return "I7 two canaries at once"
    if world.place == GONE and any(cluster.share or cluster.named for cluster in world.clusters):
        return "I3 recorded as rolled back, and users still have it"
    if world.place == LIVE and not all(cluster.share == 2 and cluster.named for cluster in world.clusters):
        return "I4 recorded as live, and not everyone has it"
    for cluster in world.clusters:  # what the order of writes is for
        if (cluster.share and not cluster.new) or (cluster.share < 2 and not cluster.old):
            return "I8 traffic to a slot without replicas"
    if "guard" in off and (one.open or two.open):
        return "L2 if nobody comes back, users keep an unfinished canary"
    return "" if _ends(world._replace(workers=(), epoch=0, leased=False), off) else "L1 it never ends"


@cache
def _ends(world: World, off: Off) -> bool:
    """Without further faults, and with everybody's yes, it comes to an end."""
    world = world._replace(agreed=True, epoch=max(cluster.fence for cluster in world.clusters))
    for _ in range(20):
        if world.place in TERMINAL:
            return True
        world = _calm_tick(world._replace(epoch=world.epoch + 1), off)
    return False


def _calm_tick(world: World, off: Off) -> World:
    """One tick that nothing disturbs."""
    for at, verb in writes(world, world.place):
        after = written(world.clusters[at], verb, world.epoch, off)
        if after is None:
            return _decided(world, off)
        world = world._replace(clusters=tuple(after if at == n else one for n, one in enumerate(world.clusters)))
    return _decided(world, off)


def _decided(world: World, off: Off) -> World:
    match decision(world, world.place, off):
        case "on":
            reached = max(world.reached, {1: 1, 3: 2}.get(world.place + 1, 0))
            return world._replace(place=world.place + 1, reached=reached)
        case "back":
            return world._replace(place=BACK)
        case "gone":
            return world._replace(place=GONE)
    return world


def _ranked(world: World) -> World:
    """The same world with epochs as small as their order allows."""
    epochs = {0, world.epoch, *(one.fence for one in world.clusters), *(one.epoch for one in world.workers)}
    if len(epochs) == max(epochs) + 1:
        return world
    rank = {epoch: place for place, epoch in enumerate(sorted(epochs))}
    return world._replace(
        epoch=rank[world.epoch],
        clusters=tuple(one._replace(fence=rank[one.fence]) for one in world.clusters),
        workers=tuple(sorted(one._replace(epoch=rank[one.epoch]) for one in world.workers)),
    )


def _way(came: dict[World, tuple[World, str] | None], world: World) -> list[str]:
    told = []
    while step := came[world]:
        world, word = step
        told.append(word)
    return told[::-1]
