"""What was seen to run where, for people: written by the lookout, read by the pages, never decided on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..facts import ClusterSeen, Count
from ..judge.planned import Traffic
from .records import LookRow
from .session import Sessions, insert_once

KEPT = 60  # rates kept of each service in each cluster
LATEST = 4  # rates that "now" means: about a minute
LATELY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Look:
    """One service in one cluster. `counts`: requests by slot, as far as they could be read; `share`: of the front."""

    seen: ClusterSeen
    counts: Mapping[str, Count]
    share: int | None = None


@dataclass(frozen=True, slots=True)
class SlotShown:
    """One slot as last seen. `weight`: percent of the cluster's traffic for the service."""

    name: str
    digest: str
    wanted: int
    ready: int
    weight: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Traffic between two looks: requests a second, and percent of them that went bad."""

    requests: float
    bad: float


@dataclass(frozen=True, slots=True)
class Shown:
    """One service in one cluster as the pages show it. `trouble` "": the last try saw it."""

    cluster: str
    service: str
    tried_at: datetime
    seen_at: datetime | None
    trouble: str
    share: int | None
    stable: str
    moving: int
    marked: int
    slots: tuple[SlotShown, ...]
    rates: tuple[Rate, ...]


def note(sessions: Sessions, looks: Iterable[Look]) -> None:
    """Keep what was seen. What could not be seen leaves the last sight in place and says why."""
    with sessions.writing() as session:
        now = sessions.now(session)
        for look in looks:
            key = (look.seen.cluster, look.seen.service)
            _begin(session, *key, now)  # another sweeper may see it for the first time at the same moment
            _note(session.get_one(LookRow, key), look, now)


def _begin(session: Session, cluster: str, service: str, now: datetime) -> None:
    """A row of what nobody has seen yet, unless there is one."""
    empty = {"slots_json": "{}", "counts_json": "{}", "rates_json": "[]", "stable": "", "moving": 0, "marked": 0}
    insert_once(session, LookRow, cluster=cluster, service=service, tried_at=now, trouble="", **empty)


def shown(session: Session) -> tuple[Shown, ...]:
    """All that was ever seen, by cluster and service."""
    rows = session.scalars(select(LookRow).order_by(LookRow.cluster, LookRow.service))
    return tuple(_shown(row) for row in rows)


def traffic(session: Session, service: str, now: datetime) -> dict[str, Traffic]:
    """What each cluster is asked of a service, as counted lately; nothing about clusters that were not seen lately."""
    rows = session.scalars(select(LookRow).where(LookRow.service == service, LookRow.seen_at > now - LATELY))
    found = {row.cluster: [Rate(*values) for values in json.loads(row.rates_json)[-LATEST:]] for row in rows}
    return {
        cluster: Traffic(median(one.requests for one in rates), fmean(one.bad for one in rates) / 100)
        for cluster, rates in found.items()
        if rates
    }


def newest(session: Session) -> datetime | None:
    """When anything was looked at last."""
    return session.scalars(select(LookRow.tried_at).order_by(LookRow.tried_at.desc()).limit(1)).first()


def _note(row: LookRow, look: Look, now: datetime) -> None:
    seen, before = look.seen, row.tried_at
    row.tried_at, row.trouble, row.share = now, seen.trouble, look.share
    if seen.trouble:
        return
    row.seen_at, row.stable, row.moving, row.marked = now, seen.stable or "", seen.release, seen.marked
    slots = {
        name: [slot.digest, slot.wanted, slot.ready, seen.weights.get(name, 0), slot.trouble]
        for name, slot in seen.slots.items()
    }
    row.slots_json = json.dumps(slots, sort_keys=True)
    seconds = (now - before).total_seconds()
    old = {name: Count(*values) for name, values in json.loads(row.counts_json).items()}
    if rate := _rate(old, look.counts, seconds):
        row.rates_json = json.dumps([*json.loads(row.rates_json), rate][-KEPT:])
    counts = {name: [count.source, count.total, count.bad] for name, count in look.counts.items()}
    row.counts_json = json.dumps(counts, sort_keys=True)


def _rate(old: Mapping[str, Count], new: Mapping[str, Count], seconds: float) -> list[float] | None:
    """Requests a second and percent bad; None while there is nothing to count from."""
    if seconds <= 0 or not new or not old:
        return None
    total = bad = 0
    for name, now in new.items():
        before = old.get(name, Count())
        if before.source == now.source and before.total <= now.total:
            total, bad = total + now.total - before.total, bad + max(0, now.bad - before.bad)
    return [round(total / seconds, 2), round(100 * bad / total, 3) if total else 0.0]


def _shown(row: LookRow) -> Shown:
    slots = tuple(SlotShown(name, *values) for name, values in sorted(json.loads(row.slots_json).items()))
    return Shown(
        cluster=row.cluster,
        service=row.service,
        tried_at=row.tried_at,
        seen_at=row.seen_at,
        trouble=row.trouble,
        share=row.share,
        stable=row.stable,
        moving=row.moving,
        marked=row.marked,
        slots=slots,
        rates=tuple(Rate(*values) for values in json.loads(row.rates_json)),
    )
