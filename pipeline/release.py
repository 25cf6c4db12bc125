"""A release: a version on its way, with its pinned plan, and what it becomes after a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .decision import Decision, Finish, Halt, Hold, Resume, Shift, Start, Undo
from .definition.app import App
from .errors import TryLater
from .facts import Facts
from .plan import Passage, Plan, Stage, Step, passage
from .states import TERMINAL, Kind, Reason, State, move


@dataclass(frozen=True, slots=True)
class Target:
    """One service in one cluster that the release touches. `previous`: digest that served before, "" = nothing."""

    cluster: str
    service: str
    slot: str
    previous: str
    wave: int
    open: bool = True  # the canary is there and not yet promoted or taken back

    @property
    def other(self) -> str:
        """The slot of the version before."""
        return "a" if self.slot == "b" else "b"


@dataclass(frozen=True, slots=True)
class Release:
    """Where a version is on its way. Immutable: `after` gives the next one."""

    id: int
    app: str
    spec: App  # the definition, as pinned
    plan: Plan
    state: State
    at: int
    percent: int
    since: datetime  # when this position and state were entered
    raised: datetime  # when the last raise of traffic was decided
    read_at: datetime  # database time when the row was read
    kind: Kind = Kind.NORMAL
    version: str = ""  # what people call it: v12 or a short hash
    commit: str = ""
    digest: str = ""  # "" until it is built
    def_hash: str = ""
    cfg_hash: str = ""  # target configuration when it was created
    authors: frozenset[str] = frozenset()
    targets: tuple[Target, ...] = ()
    reason: Reason | None = None
    why: str = ""
    undo_waves: tuple[int, ...] = ()
    attempt: int = 1
    objects: Mapping[str, Any] = field(default_factory=dict)  # its own Kubernetes objects, as pinned
    rendered: frozenset[tuple[str, str]] = frozenset()  # cluster and target configuration of what is stored

    @property
    def step(self) -> Step:
        return self.plan[min(self.at, len(self.plan) - 1)]

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL

    @property
    def ahead(self) -> Passage:
        """What it has to pass next."""
        return passage(self.plan, self.at, self.percent, first=self.first_here)

    @property
    def here(self) -> tuple[Target, ...]:
        """The targets of the current step."""
        return tuple(target for target in self.targets if target.cluster in self.step.clusters)

    @property
    def everywhere(self) -> tuple[str, ...]:
        """The clusters of its plan, in the order in which they come."""
        return tuple(dict.fromkeys(cluster for step in self.plan for cluster in step.clusters))

    @property
    def first_here(self) -> bool:
        """Nothing ran in the clusters of this step before."""
        return bool(self.here) and not any(target.previous for target in self.here)

    def target(self, cluster: str) -> Target | None:
        return next((target for target in self.targets if target.cluster == cluster), None)

    def after(self, decision: Decision, facts: Facts) -> "Release":
        """The release once `decision`, made on `facts`, is written down."""
        match decision:
            case Hold():
                return self
            case Start(at, percent):
                return self._entered(at, percent, facts)
            case Shift(percent):
                return replace(self, percent=percent, since=facts.now, raised=facts.now)
            case Undo(why, reason, waves):
                return self._became(State.ROLLING_BACK, facts, why=why, reason=reason, undo_waves=waves)
            case Halt(why):
                return self._became(State.HALTED, facts, why=why)
            case Resume():
                return self._became(State.RUNNING, facts, why="", reason=None, undo_waves=())
            case Finish(state, why, reason):
                closed = tuple(replace(target, open=False) for target in self.targets)
                return self._became(state, facts, why=why, reason=reason, targets=closed)

    def _became(self, state: State, facts: Facts, **changes: object) -> "Release":
        since = self.since if state is self.state else facts.now
        return replace(self, state=move(self.state, state), since=since, **changes)  # type: ignore[arg-type]

    def _entered(self, at: int, percent: int, facts: Facts) -> "Release":
        step = self.plan[at]
        leaves = self.step.stage is Stage.ROLLOUT
        kept = tuple(replace(target, open=target.open and not leaves) for target in self.targets)
        known = {target.cluster for target in kept}
        fresh = tuple(_target(step, cluster, facts) for cluster in step.clusters if cluster not in known)
        return replace(
            self,
            at=at,
            percent=percent,
            since=facts.now,
            raised=facts.now,
            targets=kept + fresh,
            digest=facts.digest or self.digest,
        )


def _target(step: Step, cluster: str, facts: Facts) -> Target:
    seen = facts.clusters.get(cluster)
    if seen is None or seen.trouble:
        raise TryLater(f"{cluster} must be seen before it is touched: {seen.trouble if seen else 'not looked at'}")
    previous = seen.slot(seen.stable).digest if seen.stable else ""
    return Target(cluster, step.service, seen.free, previous, step.wave)
