"""Stages on fake clusters: a release at a place of its plan, and a hand that may die after any write."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.plan import replicas_for
from pipeline.release import Release, Target
from pipeline.states import State
from pipeline.verdict import Pass, Verdict
from runners import stages
from runners.adapters import Listed
from runners.clusters.desired import Service
from runners.ports import Fence, Workload, World
from tests.fake_clusters import FakeCluster, FakeFront, FakeMetrics
from tests.fake_hands import FakeBuilder, FakeSource
from tests.rules import shop

BEFORE = Fence(6, 1)
FULL = 4  # replicas of the shop
SERVE = shop.app().serve.model_dump(mode="json")


class Dies(BaseException):
    """The process that writes is killed."""


class Mortal(FakeCluster):
    """A cluster whose writers die after `left` writes more; `late`: after the write took effect, else before it."""

    left = 10**6
    late = True

    def _change(self, service: str, turn: Any, *what: object) -> None:
        if self.left == 0 and not self.late:
            raise Dies
        super()._change(service, turn, *what)
        self.left -= 1
        if self.left < 0 or (self.left == 0 and self.late):
            raise Dies


class Bed:
    """Some clusters with the old version live in slot a, and R-7 on its way."""

    def __init__(self, *names: str, first: bool = False) -> None:
        self.clusters = {name: Mortal(name) for name in names or ("az1",)}
        builder = FakeBuilder()
        sources = {"shop": FakeSource(Path("/nonexistent"))}
        metrics = dict.fromkeys(self.clusters, FakeMetrics(self.clusters))
        self.world = World(sources, builder, builder.jobs, Listed(self.clusters), metrics, FakeFront())
        self.epoch = 0
        for cluster in () if first else self.clusters.values():
            cluster.beat(BEFORE, "shop")
            cluster.deploy(BEFORE, "shop", "a", Workload(shop.OLD, "v6", SERVE), FULL)
            cluster.route(BEFORE, "shop", "a", 100)
            cluster.promote(BEFORE, "shop", "a")
            cluster.writes.clear()

    def run(self, release: Release) -> Verdict:
        """One tick's stage, with the next epoch."""
        self.epoch += 1
        return stages.run(Fence(release.id, self.epoch), release, self.world).verdict

    def finish(self, release: Release) -> Verdict:
        """As many ticks as it takes to pass, at most twenty."""
        for _ in range(20):
            verdict = self.run(release)
            if isinstance(verdict, Pass):
                break
        return verdict

    def finish_beyond(self, release: Release) -> None:
        """As many ticks as it takes to pass, and one more."""
        self.finish(release)
        self.run(release)

    def service(self, cluster: str = "az1") -> Service:
        return self.clusters[cluster].desired.service("shop")

    def weight(self, cluster: str = "az1", slot: str = "b") -> int:
        return self.service(cluster).weights[slot]

    def routed(self, cluster: str = "az1") -> list[object]:
        """The shares that were written for slot b, in order."""
        return [write[3] for write in self.clusters[cluster].writes if write[0] == "route"]

    def state(self, cluster: str = "az1") -> tuple[object, ...]:
        """All that matters of a cluster: not who wrote it how often."""
        one = self.service(cluster)
        slots = {name: (slot.digest, slot.replicas) for name, slot in one.slots.items()}
        return slots, dict(one.weights), one.anchor.stable, one.anchor.release


def carries(service: Service) -> bool:
    """Every slot that gets traffic has the replicas for its share: true after every single write."""
    shares = service.weights.items()
    return sum(service.weights.values()) == 100 and all(
        service.slots[slot].replicas >= replicas_for(share, FULL) for slot, share in shares if share
    )


def canary(percent: int, **changes: Any) -> Release:
    return shop.release("canary az1", percent, **changes)


def rollout(percent: int, **changes: Any) -> Release:
    return shop.release("rollout az1", percent, **changes)


def back(release: Release, **changes: Any) -> Release:
    """The same release on its way back, everywhere."""
    waves = tuple(sorted({target.wave for target in release.targets}))
    return replace(release, state=State.ROLLING_BACK, undo_waves=waves, **changes)


def to(*names: str) -> tuple[Target, ...]:
    """R-7 in slot b of these clusters, a wave each."""
    return tuple(Target(name, "shop", "b", shop.OLD, wave) for wave, name in enumerate(names, 1))


def aged(release: Release, seconds: float) -> Release:
    """The same release read so long after its last raise was decided."""
    return replace(release, read_at=release.raised + timedelta(seconds=seconds))


WAY = (canary(0), canary(10), canary(50), rollout(50), rollout(95), rollout(100))
TASKS = {
    "the canary's pods": (0, canary(0)),
    "the first share": (1, canary(10)),
    "the next share": (2, canary(50)),
    "full size": (3, rollout(50)),
    "almost all": (4, rollout(95)),
    "everyone": (5, rollout(100)),
    "back from the first share": (2, back(canary(10))),
    "back from half": (3, back(canary(50))),
    "back from full size": (4, back(rollout(50))),
    "back from almost all": (5, back(rollout(95))),
    "back from everyone": (6, back(rollout(100))),
}


def bed(task: str) -> tuple[Bed, Release]:
    """The clusters as they are when the task begins."""
    way, release = TASKS[task]
    one = Bed()
    for done in WAY[:way]:
        assert isinstance(one.finish(done), Pass)
    one.clusters["az1"].writes.clear()
    return one, release
