"""The protocol of a release as a state machine, two clusters, some workers, every interleaving.

One release goes through two clusters: a few users, everyone, the name "stable", the old version's rest; then the next
cluster; or back, last cluster first. A worker may die or pause at any line, also between a write and its reply; a
lease may run out, the guard of a cluster find silence, an approval come and go, and the version turn bad, at any
moment. Epochs are kept by their order alone, so that the number of ticks has no bound.

`protocol_search.explore` visits every state; `off` names mechanisms that are switched off.
"""

from collections.abc import Iterator
from typing import NamedTuple

READY, FEW_1, ALL_1, FEW_2, ALL_2, LIVE, BACK, GONE = range(8)
TERMINAL = (LIVE, GONE)
MECHANISMS = (
    "compare and set",  # a decision is written only under the newest epoch
    "fence",  # a cluster refuses an older epoch than it has seen
    "first write",  # the first write of a tick carries its epoch
    "guard",  # silence takes an unfinished canary back
    "mark",  # what the guard took back is never raised again
    "heed",  # who sees the mark goes back everywhere
    "gate in transaction",  # approvals are read in the transaction that decides
    "look",  # results are seen, never taken from the reply of a write
    "load after claim",  # what is carried out was read under the epoch it is carried out with
    "capacity first",  # traffic goes only where replicas are
)


class Cluster(NamedTuple):
    """One service. `share`: 0 none, 1 a few, 2 all users have the new version; `named`: the new one is stable."""

    share: int = 0
    named: bool = False
    fence: int = 0
    mark: bool = False
    old: bool = True  # the old slot has its replicas
    new: bool = False

    @property
    def open(self) -> bool:
        return self.share > 0 and not self.named


class Worker(NamedTuple):
    """A tick on its way: writes to make, then `saw`, its decision; `place`: where the release stood when loaded."""

    phase: str = "idle"
    epoch: int = 0
    place: int = READY
    todo: tuple[tuple[int, str], ...] = ()
    saw: str = ""


class World(NamedTuple):
    """Everything. `reached`: clusters that were touched; `broken`: the promise that the last step broke."""

    place: int = READY
    reached: int = 0
    epoch: int = 0
    leased: bool = False
    agreed: bool = False
    bad: bool = False
    clusters: tuple[Cluster, ...] = (Cluster(), Cluster())
    workers: tuple[Worker, ...] = ()
    broken: str = ""


IDLE = Worker()
Off = frozenset[str]


# ---- what the release wants ------------------------------------------------------------------------------------


def writes(world: World, place: int) -> tuple[tuple[int, str], ...]:
    """What a tick at `place` writes, in this order, given how the clusters look at its start."""
    if place in (READY, *TERMINAL):
        return ()
    if place == BACK:
        return _writes_back(world)
    at = 0 if place in (FEW_1, ALL_1) else 1
    if place in (FEW_1, FEW_2):
        return (at, "beat"), (at, "start new"), (at, "few")
    if world.clusters[at].share == 2:
        return (at, "name new"), (at, "rest old")
    return (at, "beat"), (at, "start new"), (at, "all")


def _writes_back(world: World) -> tuple[tuple[int, str], ...]:
    found: list[tuple[int, str]] = []
    clear = True
    for at in reversed(range(world.reached)):
        one = world.clusters[at]
        if one.share:
            found += [(at, "beat"), (at, "start old"), *([(at, "none")] if clear else [])]
            clear = False
        elif one.named or one.new:
            found += [(at, "beat"), (at, "rest new"), (at, "name old")]
    return tuple(found)


def decision(world: World, place: int, off: Off, *, believe: bool = False) -> str:
    """What a look at the world leads to. `believe`: every write is taken to have worked."""
    touched = world.clusters[: world.reached]
    if place == BACK:
        home = believe or not any(one.share or one.named or one.new for one in touched)
        return "gone" if home else "stay"
    marked = "heed" not in off and any(one.mark for one in touched)
    if place not in (READY, *TERMINAL) and (marked or world.bad):
        return "back"
    if place == READY or believe:
        return "on"
    one = world.clusters[0 if place in (FEW_1, ALL_1) else 1]
    there = one.share >= 1 if place in (FEW_1, FEW_2) else one.share == 2 and one.named
    return "on" if there else "stay"


# ---- what a cluster does ---------------------------------------------------------------------------------------


def written(one: Cluster, verb: str, epoch: int, off: Off) -> Cluster | None:
    """The cluster after a write, None if it refuses it."""
    if "fence" not in off and epoch < one.fence:
        return None
    if verb in ("few", "all", "name new") and one.mark and "mark" not in off:
        return None
    if verb == "beat":
        return one if "first write" in off else one._replace(fence=epoch)
    if verb in SHARES:
        return _routed(one, SHARES[verb], careless="capacity first" in off)
    if verb == "start old" and "capacity first" in off:
        return one
    share, turned = TURNS[verb]
    return one._replace(**turned) if share in (None, one.share) else None


SHARES = {"none": 0, "few": 1, "all": 2}
TURNS: dict[str, tuple[int | None, dict[str, bool]]] = {  # the share it needs, and what it changes
    "start new": (None, {"new": True}),
    "start old": (None, {"old": True}),
    "name new": (2, {"named": True}),
    "rest old": (2, {"old": False}),
    "name old": (0, {"named": False}),
    "rest new": (0, {"new": False}),
}


def _routed(one: Cluster, share: int, *, careless: bool) -> Cluster | None:
    able = (share == 0 or one.new) and (share == 2 or one.old)
    return one._replace(share=share) if careless or able else None


# ---- steps -----------------------------------------------------------------------------------------------------


def steps(world: World, off: Off) -> Iterator[tuple[str, World]]:
    """Everything that may happen next."""
    yield from _environment(world, off)
    for at, worker in enumerate(world.workers):
        rest = world.workers[:at] + world.workers[at + 1 :]
        if worker != IDLE:
            yield "a worker dies", _with(world, rest, IDLE)
        if worker.phase == "idle":
            yield from _claims(world, rest, off)
        elif worker.phase == "read early":
            if not world.leased:
                yield "claims late", _claim(world, rest, worker.place, worker.todo)
        elif worker.phase == "writes":
            yield from _goes_on(world, worker, rest, off)
        else:
            yield "settles", _settled(world, worker, rest, off)


def _environment(world: World, off: Off) -> Iterator[tuple[str, World]]:
    if world.place not in TERMINAL:
        yield "an approval comes or goes", world._replace(agreed=not world.agreed)
        if not world.bad and world.reached:
            yield "the version turns bad", world._replace(bad=True)
    if world.leased:
        yield "the lease runs out", world._replace(leased=False)
    for at, one in enumerate(world.clusters):
        if "guard" not in off and one.open:
            gone = one._replace(mark=True, share=0, new=False) if one.mark else one._replace(mark=True)
            yield f"the guard of {at} acts", _put(world, at, gone)


def _claims(world: World, rest: tuple[Worker, ...], off: Off) -> Iterator[tuple[str, World]]:
    if world.place in TERMINAL:
        return
    if "load after claim" in off:
        yield "reads", _with(world, rest, Worker("read early", 0, world.place, writes(world, world.place)))
    elif not world.leased:
        yield "claims and loads", _claim(world, rest, world.place, writes(world, world.place))


def _claim(world: World, rest: tuple[Worker, ...], place: int, todo: tuple[tuple[int, str], ...]) -> World:
    epoch = world.epoch + 1
    return _with(world._replace(epoch=epoch, leased=True), rest, Worker("writes", epoch, place, todo))


def _goes_on(world: World, worker: Worker, rest: tuple[Worker, ...], off: Off) -> Iterator[tuple[str, World]]:
    if not worker.todo:
        saw = decision(world, worker.place, off, believe="look" in off)
        if "gate in transaction" in off and saw == "on" and not _agrees(world, worker.place):
            saw = "stay"
        yield f"sees: {saw}", _with(world, rest, worker._replace(phase="saw", saw=saw))
        return
    at, verb = worker.todo[0]
    after = written(world.clusters[at], verb, worker.epoch, off)
    if after is None and "look" not in off:
        yield f"{verb} in {at} is refused", _with(world._replace(leased=_kept(world, worker)), rest, IDLE)
        return
    moved = _put(world, at, after) if after else world
    if after and after.share > world.clusters[at].share and (world.place in (BACK, GONE) or after.mark):
        moved = moved._replace(broken="I2 more traffic after a failure was recorded")
    yield f"{verb} in {at}", _with(moved, rest, worker._replace(todo=worker.todo[1:]))


def _settled(world: World, worker: Worker, rest: tuple[Worker, ...], off: Off) -> World:
    idle = _with(world._replace(leased=_kept(world, worker)), rest, IDLE)
    if "compare and set" not in off and world.epoch != worker.epoch:
        return idle
    if worker.saw == "stay" or (world.place in TERMINAL and "compare and set" not in off):
        return idle
    after = {"back": BACK, "gone": GONE}.get(worker.saw, worker.place + 1)
    if after in (FEW_1, FEW_2) and worker.saw == "on" and not world.agreed:
        if "gate in transaction" not in off:
            return idle
        idle = idle._replace(broken="I1 a gate was crossed without its pass")
    if world.place in TERMINAL and after != world.place:
        idle = idle._replace(broken="I5 an end was left")
    reached = max(world.reached, {FEW_1: 1, FEW_2: 2}.get(after, 0))
    return idle._replace(place=after, reached=reached)


def _agrees(world: World, place: int) -> bool:
    return world.agreed or place + 1 not in (FEW_1, FEW_2)


def _kept(world: World, worker: Worker) -> bool:
    """A worker gives back its own lease only."""
    return world.leased and world.epoch != worker.epoch


def _put(world: World, at: int, one: Cluster) -> World:
    return world._replace(clusters=(*world.clusters[:at], one, *world.clusters[at + 1 :]))


def _with(world: World, rest: tuple[Worker, ...], worker: Worker) -> World:
    return world._replace(workers=tuple(sorted((*rest, worker))))
