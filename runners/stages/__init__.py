"""Carry out what is already written down: one short idempotent function per kind of step."""

from pipeline.plan import Stage
from pipeline.release import Release
from pipeline.states import State
from pipeline.verdict import Pass
from runners.ports import Fence, World

from . import build, canary, rollout, test, undo
from .ran import Ran

__all__ = ["Ran", "run"]


def run(fence: Fence, release: Release, world: World) -> Ran:
    """Make it so. Going back comes first; a halted release only keeps its heartbeat."""
    match release.state:
        case State.ROLLING_BACK:
            return undo.run(fence, release, world)
        case State.HALTED:
            return canary.keep(fence, release, world)
        case State.LIVE | State.ROLLED_BACK:
            return Ran(Pass())
        case State.RUNNING:
            return _step(fence, release, world)


def _step(fence: Fence, release: Release, world: World) -> Ran:
    match release.step.stage:
        case Stage.BUILD:
            return build.run(release, world)
        case Stage.TEST:
            return test.run(release, world)
        case Stage.CANARY:
            return canary.run(fence, release, world)
        case Stage.ROLLOUT:
            return rollout.run(fence, release, world)
