"""What was seen outside, and what people said: everything a decision may depend on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from .states import Kind
from .verdict import Pass, Verdict

if TYPE_CHECKING:
    from .judge.case import Case


@dataclass(frozen=True, slots=True)
class SlotSeen:
    """One slot of a service in a cluster. `digest` is "" while the slot is empty."""

    digest: str = ""
    wanted: int = 0  # replicas asked for
    ready: int = 0  # replicas that answer their readiness probe
    trouble: str = ""  # why a replica is not ready, as a person would ask
    scaled: bool = False  # an autoscaler gave it as many as it needs


@dataclass(frozen=True, slots=True)
class ClusterSeen:
    """One service in one cluster, read back from the cluster and its gateway; never from the reply of a write.

    `weights`: percent of the requests the gateway routes to each slot *now* (as the gateway reports, sums to 100, or
    all 0 while nothing is routed). `stable`: slot named by the anchor, None before the first release. `release`: the
    release in motion by the anchor, 0 = none. `marked`: the release the guard took back last, 0 = none; a raise for
    it is refused for ever. `trouble`: why the cluster cannot be seen; then everything else is as last seen or empty.
    """

    cluster: str
    service: str
    stable: str | None = None
    slots: Mapping[str, SlotSeen] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    release: int = 0
    epoch: int = 0
    marked: int = 0
    trouble: str = ""

    def slot(self, name: str) -> SlotSeen:
        """The slot `name`, empty if the cluster knows nothing of it."""
        return self.slots.get(name, SlotSeen())

    def carries(self, name: str, asked: int) -> int:
        """
        Replicas that carry all of the traffic: `asked`, or as many as an autoscaler found slot `name` to need for it.

        >>> ClusterSeen("az1", "shop", slots={"a": SlotSeen("sha256:1", 9, 9, scaled=True)}).carries("a", 4)
        9
        """
        slot = self.slot(name)
        return max(asked, slot.wanted) if slot.scaled else asked

    @property
    def free(self) -> str:
        """The slot a new release takes: the one that is not stable."""
        return "b" if self.stable == "a" else "a"


@dataclass(frozen=True, slots=True)
class Count:
    """Counters of one arm since `source` began: they only grow, or the source changed. Unit: requests."""

    source: str = ""  # names the series (slot, digest, gateway start); a change is a reset
    total: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class PodCount:
    """Counters of one pod since `name` began; after a new beginning it has another one. Unit: requests."""

    name: str
    canary: bool  # else it is stable's
    total: int
    bad: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters of both arms of one metric in one cluster, read at one moment. `None`: could not be read.

    `pods`: of the metric "errors", the same by pod, as far as pods are told apart and could be read.
    """

    at: datetime
    cluster: str
    percent: int  # share routed to the canary when read
    canary: Count | None
    stable: Count | None
    healthy: bool = True  # all replicas wanted were ready in both arms
    metric: str = "errors"
    pods: tuple[PodCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """One object as a release brings it into a cluster, for people: YAML, in which what looks secret is hidden."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a release brings into clusters, by cluster, under the target configuration `cfg_hash`."""

    cfg_hash: str = ""
    objects: Mapping[str, tuple[Rendered, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at the world. `ran` is what the stage of the current step said."""

    now: datetime
    ran: Verdict = Pass()
    clusters: Mapping[str, ClusterSeen] = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()  # taken in this look, not stored yet
    digest: str = ""  # what the build made, once it is made
    rendering: Rendering = Rendering()  # made in this look, not stored yet


@dataclass(frozen=True, slots=True)
class Vote:
    """A person's yes or no to one entry of a wave, for exactly this content."""

    step: str
    who: str
    yes: bool
    at: datetime
    groups: frozenset[str] = frozenset()  # the groups the voter belongs to now
    digest: str = ""
    def_hash: str = ""
    cfg_hash: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person or bot asked for: cancel, pause, resume, promote, rollback."""

    verb: str
    who: str
    at: datetime
    reason: str = ""
    passage: str = ""  # for promote: the passage it was asked at; it counts there only


@dataclass(frozen=True, slots=True)
class FreezeSpan:
    """A freeze that was entered by people: one-time, or weekly in a time zone (see windows.py)."""

    name: str
    reason: str
    starts: datetime | None = None
    ends: datetime | None = None
    weekly: str = ""  # e.g. "Fri 16:00 - Mon 08:00"
    zone: str = "UTC"
    apps: frozenset[str] = frozenset()  # empty = all
    clusters: frozenset[str] = frozenset()  # empty = all


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another unfinished release of the same app."""

    id: int
    kind: Kind
    touched: bool  # it changed a cluster
    tested: bool  # it passed its tests


@dataclass(frozen=True, slots=True)
class Said:
    """What people and the ledger say, read inside the deciding transaction."""

    votes: tuple[Vote, ...] = ()
    orders: tuple[Order, ...] = ()
    freezes: tuple[FreezeSpan, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    cases: Mapping[str, "Case"] = field(default_factory=dict)  # what the judge has of each cluster, this look included
    readings: tuple[Reading, ...] = ()  # those behind the cases, for whoever decides without any
    verified: frozenset[str] = frozenset()  # clusters where this digest was live before
    cfg_hash: str = ""  # target configuration as it is now, with what was rendered for it
