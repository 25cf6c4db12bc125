"""What pages show, as frozen values; `pages.py` reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..facts import FreezeSpan, Said
from ..judge.planned import Traffic
from ..release import Release
from ..states import Kind, Reason, State


@dataclass(frozen=True, slots=True)
class Head:
    """One release as a list shows it. Every text but the state words may come from outsiders."""

    id: int
    app: str
    tenant: str
    kind: Kind
    version: str
    commit: str
    subject: str
    authors: frozenset[str]
    digest: str
    def_hash: str
    state: State
    reason: Reason | None
    why: str
    who: str
    until: datetime | None
    waiting: str  # why it waits, "" = it does not
    attempt: int
    since: datetime
    created_at: datetime
    ended_at: datetime | None

    @property
    def name(self) -> str:
        return f"R-{self.id} {self.app} {self.version}"


@dataclass(frozen=True, slots=True)
class Result:
    """What one gate of one passage said last."""

    passage: str
    gate: str
    verdict: str  # pass, wait, fail
    why: str
    who: str
    until: datetime | None
    actor: str
    at: datetime
    digest: str
    rules: int | None  # of the judge: which version of its rules said so


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a journal."""

    number: int
    release_id: int
    kind: str
    actor: str
    at: datetime
    told: Mapping[str, Any]  # what was kept with it

    @property
    def text(self) -> str:
        return str(self.told.get("text") or "")


@dataclass(frozen=True, slots=True)
class JobShown:
    """One long thing and how far its log is."""

    name: str
    step: str
    attempt: int
    state: str
    why: str
    started_at: datetime
    ended_at: datetime | None
    log_size: int
    log_done: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """What a release has in one cluster, as last seen."""

    cluster: str
    slot: str
    previous: str
    wave: int
    open: bool
    touched_at: datetime
    share: int
    trouble: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """Everything one release's page shows. `release` is None where the definition was refused: there is no plan."""

    head: Head
    release: Release | None
    said: Said
    results: tuple[Result, ...]
    events: tuple[Event, ...]
    jobs: tuple[JobShown, ...]
    placed: tuple[Placed, ...]
    now: datetime
    traffic: Mapping[str, Traffic] = field(
        default_factory=dict
    )  # what each cluster is asked now, as far as it is known
    first_read: datetime | None = None  # when it was counted first what its canary does


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of releases is narrowed to."""

    app: str = ""
    state: str = ""
    text: str = ""
    author: str = ""
    cluster: str = ""  # it touched this cluster


@dataclass(frozen=True, slots=True)
class Newest:
    """The last release that touched one app in one cluster."""

    head: Head
    placed: Placed


@dataclass(frozen=True, slots=True)
class Ended:
    """A release that has ended. `touched`: a cluster served it; `undone`: when going back began."""

    kind: Kind
    state: State
    reason: Reason | None
    created_at: datetime
    ended_at: datetime
    touched: bool
    undone: datetime | None


@dataclass(frozen=True, slots=True)
class Entered:
    """A freeze as it is stored."""

    id: int
    source: str  # people or platform
    span: FreezeSpan
    who: str
    at: datetime
