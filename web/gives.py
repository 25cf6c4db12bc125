"""What the API gives, as models: the contract of the terminal and of everybody's scripts."""

from datetime import datetime
from typing import Literal

from pipeline.facts import Reading
from pipeline.settings import Judge

from .endpoint import Out
from .gives_units import PathOut


class ReleaseOut(Out):
    """One release in a list."""

    id: int
    app: str
    tenant: str
    kind: str
    version: str
    commit: str
    subject: str
    authors: list[str]
    digest: str
    state: str
    reason: str | None
    why: str
    waiting: str
    who: str
    until: datetime | None
    colour: str
    created_at: datetime
    since: datetime
    ended_at: datetime | None


class ReleasesOut(Out):
    releases: list[ReleaseOut]
    next: str | None


class GateOut(Out):
    """What one gate of one passage said last."""

    passage: str
    gate: str
    verdict: str
    why: str
    who: str
    until: datetime | None
    at: datetime
    rules: int | None  # of the judge: the version of its rules


class TargetOut(Out):
    """What the release has in one cluster, as last seen."""

    cluster: str
    wave: int
    slot: str
    previous: str
    share: int
    trouble: str


class JobOut(Out):
    """One long thing of a step."""

    name: str
    step: str
    attempt: int
    state: str
    why: str
    started_at: datetime
    ended_at: datetime | None
    log_size: int
    log_done: bool


class WaitOut(Out):
    """Seconds that the judge will need at one share and the traffic there is now; null: never."""

    percent: int
    promote: float | None  # until a canary as good as stable may go on
    double: float | None  # until one that fails twice as often is found
    deadline: float


class StepOut(Out):
    """One step of the plan. `waits`: planned, of a canary that has not started, where the traffic is known."""

    name: str
    stage: str
    wave: int
    clusters: list[str]
    rungs: list[int]
    place: Literal["done", "here", "ahead"]
    waits: list[WaitOut]


class PossibleOut(Out):
    """One verb: `why_not` is empty when the asker may."""

    name: str
    label: str
    why_not: str


class ShownOut(Out):
    """What an approval is for; send it back with the vote."""

    digest: str
    def_hash: str
    cfg_hash: str


class WholeReleaseOut(ReleaseOut):
    """One release with everything that belongs to it."""

    stands: str  # where it stands and why it waits there, in one sentence
    percent: int
    plan: list[StepOut]
    targets: list[TargetOut]
    gates: list[GateOut]
    paths: list[PathOut]  # of the clusters in which it is compared
    jobs: list[JobOut]
    actions: list[PossibleOut]
    shown: ShownOut


class EventOut(Out):
    """One line of a journal."""

    id: int
    release: int
    kind: str
    text: str
    actor: str
    at: datetime


class EventsOut(Out):
    events: list[EventOut]
    next: int


class ExplainOut(Out):
    """The causal chain in sentences, oldest first, and where it stands now."""

    lines: list[str]


class SharesOut(Out):
    """The shares of the traffic that a release had, or was to have, in one cluster, and who guards the way on."""

    cluster: str
    judges: dict[int, Judge]  # by percent
    compared: bool  # with an older version beside it, or with what was promised


class ReadingsOut(Out):
    """What the judge was given, oldest first: cumulative counts of both arms, as they were read."""

    release: ReleaseOut
    rules: int | None  # the version of the judge's rules that judged it last; null: it was not judged
    clusters: list[SharesOut]
    readings: list[Reading]
    next: int | None  # offset of the next part


class LogOut(Out):
    """A part of a log. Read on from `next`; the end is reached when `done`."""

    job: str
    offset: int
    next: int
    text: str
    done: bool


class OutcomeOut(Out):
    """What a verb did. `new`: false when the same was said before and nothing was written."""

    action: str
    told: str
    new: bool
    release: int | None
    delivery: int | None


class AppOut(Out):
    name: str
    tenant: str
    branch: str
    webhook: str | None
    last: ReleaseOut | None


class AppsOut(Out):
    apps: list[AppOut]


class WaitingOut(Out):
    """A release that waits for people."""

    release: ReleaseOut
    passage: str
    groups: list[str]
    shown: ShownOut
    why_not: str


class WaitingsOut(Out):
    approvals: list[WaitingOut]


class FreezeOut(Out):
    id: int
    name: str
    reason: str
    starts: datetime | None
    ends: datetime | None
    weekly: str
    zone: str
    apps: list[str]
    clusters: list[str]
    source: str
    who: str


class DeliveryOut(Out):
    id: int
    source: str
    state: str
    reason: str
    release: int | None
    received_at: datetime


class FreezesOut(Out):
    freezes: list[FreezeOut]


class VersionOut(Out):
    version: str
