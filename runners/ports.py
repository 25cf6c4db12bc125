"""What the hands ask of the world, in our words.

Every method may be called twice with the effect of once. Trouble that may pass raises `TryLater`; trouble for a person
raises `NeedsHuman`; nothing else is raised. One contract suite per port (`tests/runners/contract_*.py`) runs against
the fake and every real adapter.
"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pipeline.facts import ClusterSeen, Rendered
from runners.counted import USUAL, OwnSeries, SlotCounts

# ---- Source -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `hash` is the full hash; author, committer and subject are untrusted text."""

    hash: str
    subject: str
    author_name: str
    author_email: str
    committer_email: str
    at: datetime


class Source(Protocol):
    """A git repository, mirrored on this machine."""

    def head(self, ref: str) -> str:
        """Full hash of the branch `ref` at the remote, fetched now."""
        ...

    def commit(self, commit: str) -> Commit:
        """The commit of this full hash, from the mirror."""
        ...

    def between(self, old: str, new: str) -> tuple[Commit, ...]:
        """Commits reachable from `new` and not from `old`, newest first, at most 200."""
        ...

    def file(self, commit: str, path: str) -> bytes:
        """Content of one file at a full hash (≤ 1 MiB), from the mirror. Missing: NeedsHuman."""
        ...

    def checkout(self, commit: str) -> Path:
        """A directory with the tree of `commit` without `.git`, read-only by convention; the same one each time."""
        ...


# ---- Jobs -------------------------------------------------------------------------------------------------------


class JobState(StrEnum):
    """Where a job stands. UNKNOWN: no job of that name was ever started."""

    UNKNOWN = "unknown"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A command to run detached. `argv` is never passed through a shell unless it names one."""

    name: str  # r<release>-<step>-<attempt>: taken = adopt
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)  # the whole environment, nothing is inherited but PATH
    timeout: float = 900.0  # seconds; then the process group is killed and the job FAILED
    title: str = ""  # how the first line of its log names it; "" = the argv
    image: str = ""  # it runs on this image, in a copy of cwd that it may change; "" = on this machine


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A job as it is now. `why` is a sentence when it FAILED: exit code, signal or timeout.

    `lost`: it failed through no fault of its own (the machine under it went away); another attempt may do better.
    """

    state: JobState
    exit_code: int | None = None
    why: str = ""
    seconds: float = 0.0
    lost: bool = False


class Jobs(Protocol):
    """Detached commands by name, with a log each. They outlive whoever started them."""

    def start(self, spec: JobSpec) -> None:
        """Start it, or adopt the one of that name, whatever its state."""
        ...

    def look(self, name: str) -> JobSeen: ...

    def log(self, name: str, offset: int, limit: int = 262_144) -> bytes:
        """Up to `limit` bytes of its output (stdout and stderr together) from byte `offset`."""
        ...

    def stop(self, name: str) -> None:
        """End its process group. A job that is not running stays as it is."""
        ...


# ---- Builder ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BuildSpec:
    """Build the tree at `tree` for `app`; `name` is the job's name, `recipe` the `build:` part of the definition."""

    name: str
    app: str
    commit: str
    tree: Path
    recipe: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class BuildSeen:
    """`digest` ("sha256:…") once DONE. The same tree and recipe give the same digest."""

    state: JobState
    digest: str = ""
    why: str = ""


class Builder(Protocol):
    """Tree in, immutable artifact out, named by its digest. The work is a job of the same name."""

    def start(self, spec: BuildSpec) -> None: ...

    def look(self, name: str) -> BuildSeen: ...

    def command(self, digest: str, tree: Path, name: str, run: str, timeout: float) -> JobSpec:
        """The job `name` that runs the shell command `run` where what was built as `digest` is at hand, in a throw-away
        copy of the app: of the bundle, or of `tree`, the commit that the image was built from."""
        ...

    def prune(self, keep: Set[str], older_than: timedelta) -> int:
        """Remove what was built longer ago and is not in `keep` (digests), and what else is left over; how much."""
        ...


# ---- Cluster ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fence:
    """Who writes. A cluster refuses (TryLater "fenced out") a smaller epoch than it has seen for the same or a newer
    release, and refuses every raise of traffic for a release its guard has marked (NeedsHuman)."""

    release: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Workload:
    """What a slot runs. `serve` is that part of the definition; `replicas` is asked apart."""

    digest: str
    version: str  # shown to people and given to the app as SLUICE_VERSION
    serve: Mapping[str, object]


class Cluster(Protocol):
    """One cluster. Each service has two slots, `a` and `b`, and an anchor: stable slot, release in motion, epoch,
    heartbeats, guard mark. Writes return once they are recorded; only `look` tells whether they took effect."""

    def look(self, service: str) -> ClusterSeen: ...

    def forget(self) -> None:
        """After a pause: what was read for the tick before it is not what is there now."""

    def gather(self, services: Collection[str]) -> None:
        """Looks at all of these follow now: what they need may be asked for at once. Never fails; a look says why."""
        ...

    def render(self, service: str, workload: Workload, replicas: int) -> tuple[Rendered, ...]:
        """The objects that `workload` would be here, for people to read before they agree. Asks the cluster nothing."""
        ...

    def beat(self, fence: Fence, service: str) -> None:
        """Take the anchor for the release, with this epoch, and count the heartbeat: the first write of each tick."""
        ...

    def deploy(self, fence: Fence, service: str, slot: str, workload: Workload, replicas: int) -> None:
        """Make `slot` run `workload` with `replicas`. Replaces what the slot ran only if it gets no traffic."""
        ...

    def route(self, fence: Fence, service: str, slot: str, percent: int) -> None:
        """`percent` of the traffic to `slot`, the rest to the other one. 100 when there is no other."""
        ...

    def promote(self, fence: Fence, service: str, slot: str) -> None:
        """The anchor now calls `slot` stable and the other one previous; no release is in motion any more."""
        ...

    def scale(self, fence: Fence, service: str, slot: str, replicas: int) -> None:
        """Scale a slot; to 0 only once it gets no traffic and the longest request (drain time) is over."""
        ...

    def settle(self, fence: Fence, service: str, slot: str) -> None:
        """End of going back: `slot` is (again) stable, "" = none was before; no release is in motion."""
        ...


# ---- Metrics, FrontDoor -----------------------------------------------------------------------------------------


class Metrics(Protocol):
    """Counters by slot, keyed by the digest the slot serves."""

    def read(
        self, cluster: str, service: str, counters: Collection[str] = (), own: OwnSeries = USUAL
    ) -> Mapping[str, SlotCounts]:
        """Slot name → counters now. A slot nobody has asked yet counts 0; unreadable metrics raise TryLater.
        `counters`: of the app, names that its replicas show at `/metrics`, or selectors where the cluster has a
        Prometheus; those that cannot be read are left out. `own` says what else the app counts by itself."""
        ...


class FrontDoor(Protocol):
    """Share of the traffic per cluster, percent, sums to 100."""

    def shares(self) -> Mapping[str, int]: ...

    def share(self, shares: Mapping[str, int]) -> None: ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside, as `wiring` built it. Sources and builders by app, clusters and metrics by cluster."""

    sources: Mapping[str, Source]
    builders: Mapping[str, Builder]
    jobs: Jobs
    clusters: Mapping[str, Cluster]
    metrics: Mapping[str, Metrics]
    front: FrontDoor
    configured: Mapping[str, str] = field(default_factory=dict)  # app → hash of the configuration it was built from
