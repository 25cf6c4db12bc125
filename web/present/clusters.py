"""Clusters as people run them: what each is asked, what runs in it, how full it is, who guards it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.definition.platform import ClusterEntry
from pipeline.store.looks import Rate, Shown, SlotShown
from pipeline.store.shown import Told

from .bars import Part, bar
from .draw.shapes import Drawing
from .draw.spark import spark
from .words import clock, many, percent, short

OLD = 30.0  # seconds after which what was seen is no longer what is


@dataclass(frozen=True, slots=True)
class Traffic:
    """One cluster at the front door."""

    name: str
    bar: tuple[Part, ...]
    label: str
    measured: str
    wanted: str
    requests: str
    errors: str
    spark: Drawing | None


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of one app."""

    app: str
    name: str
    version: str
    digest: str
    role: str  # stable, canary, empty or kept
    ready: str
    weight: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Card:
    """One cluster."""

    name: str
    place: str
    word: str
    colour: str
    icon: str
    trouble: str
    guard: str
    used: str
    free: str
    full: tuple[Part, ...]
    slots: tuple[Slot, ...]
    seen: str


def traffic(looks: Sequence[Shown], clusters: Iterable[str]) -> tuple[Traffic, ...]:
    """What each cluster is asked now: its share of all requests, as counted, beside what the front door was told."""
    rates = {name: _sum(looks, name) for name in clusters}
    whole = sum(rate.requests for rate in rates.values() if rate)
    return tuple(_traffic(name, rate, whole, looks) for name, rate in rates.items())


def cards(
    looks: Sequence[Shown],
    platform: Mapping[str, ClusterEntry],
    moving: Sequence[Told],
    versions: Mapping[tuple[str, str], str],
    now: datetime,
) -> tuple[Card, ...]:
    """Every cluster of platform.yaml, in its order. `versions`: what people call a digest of an app."""
    return tuple(_card(name, entry, looks, moving, versions, now) for name, entry in platform.items())


def summary(platform: Mapping[str, ClusterEntry], found: Sequence[Card]) -> str:
    """The sentence under the heading."""
    bad = [card.name for card in found if card.trouble]
    seen = f"{', '.join(bad)} cannot be seen." if bad else "All of them are seen."
    last = [name for name, entry in platform.items() if entry.dr]
    dr = f" {', '.join(last)} is for disasters and gets every release last." if last else ""
    guard = " A guard in each takes an unfinished canary back by itself when Sluice is silent."
    return f"{many(len(platform), 'cluster')}. {seen}{dr}{guard}"


def _sum(looks: Sequence[Shown], cluster: str) -> Rate | None:
    latest = [look.rates[-1] for look in looks if look.cluster == cluster and look.rates and not look.trouble]
    if not latest:
        return None
    total = sum(rate.requests for rate in latest)
    bad = sum(rate.requests * rate.bad for rate in latest) / total if total else 0.0
    return Rate(total, bad)


def _traffic(name: str, rate: Rate | None, whole: float, looks: Sequence[Shown]) -> Traffic:
    wanted = next((look.share for look in looks if look.cluster == name and look.share is not None), None)
    share = 100 * rate.requests / whole if rate and whole else None
    measured = "not counted" if share is None else percent(round(share, 1))
    return Traffic(
        name=name,
        bar=bar([(round(share or 0.0, 1), "a")]),
        label=f"measured share of {name} {measured}",
        measured=measured,
        wanted="not set" if wanted is None else percent(wanted),
        requests="–" if rate is None else f"{rate.requests:,.1f}",
        errors="–" if rate is None else f"{rate.bad:.2f} %",
        spark=_spark(name, looks),
    )


def _spark(name: str, looks: Sequence[Shown]) -> Drawing | None:
    mine = [look.rates for look in looks if look.cluster == name and look.rates]
    length = min((len(rates) for rates in mine), default=0)
    if length < 2:
        return None
    sums = [sum(rates[-at].requests for rates in mine) for at in range(length, 0, -1)]
    return spark(sums, f"requests a second in {name}, the last {length} looks, now {sums[-1]:.1f}")


def _card(
    name: str,
    entry: ClusterEntry,
    looks: Sequence[Shown],
    moving: Sequence[Told],
    versions: Mapping[tuple[str, str], str],
    now: datetime,
) -> Card:
    mine = [look for look in looks if look.cluster == name]
    trouble = next((look.trouble for look in mine if look.trouble), "")
    slots = tuple(_slot(look, slot, versions) for look in mine for slot in look.slots)
    ready = sum(slot.ready for look in mine for slot in look.slots)
    part = min(100, round(100 * ready / entry.capacity))
    word, colour, icon = _state(mine, trouble, now)
    seen = max((look.seen_at for look in mine if look.seen_at), default=None)
    place = "for disasters" if entry.dr else f"group {entry.group}" if entry.group else entry.kind
    return Card(
        name=name,
        place=place,
        word=word,
        colour=colour,
        icon=icon,
        trouble=trouble,
        guard=_guard(name, mine, moving),
        used=f"{ready} of {entry.capacity} replicas run",
        free=f"{100 - part} % free",
        full=bar([(part, "s")]),
        slots=slots,
        seen=f"seen {clock(seen)}" if seen else "not seen yet",
    )


def _state(mine: Sequence[Shown], trouble: str, now: datetime) -> tuple[str, str, str]:
    if not mine:
        return "not looked at yet", "", "todo"
    if trouble:
        return "not seen", "wait", "wait"
    if all((now - look.tried_at).total_seconds() > OLD for look in mine):
        return f"last seen {clock(max(look.tried_at for look in mine))}", "wait", "wait"
    if any(slot.ready < slot.wanted for look in mine for slot in look.slots):
        return "replicas missing", "wait", "wait"
    if any(look.moving for look in mine):
        return "release in motion", "run", "run"
    return "healthy", "pass", "pass"


def _guard(name: str, mine: Sequence[Shown], moving: Sequence[Told]) -> str:
    watched = [
        f"watches R-{told.head.id}" + (f", heartbeat {clock(one.seen_at)}" if one.seen_at else "")
        for told in moving
        for one in told.placed
        if one.cluster == name and one.open
    ]
    if watched:
        return "; ".join(watched)
    marked = max((look.marked for look in mine), default=0)
    return f"nothing to guard; took back R-{marked}" if marked else "nothing to guard"


def _slot(look: Shown, slot: SlotShown, versions: Mapping[tuple[str, str], str]) -> Slot:
    if not slot.digest:
        role, version = "empty", ""
    else:
        version = versions.get((look.service, slot.digest)) or short(slot.digest)
        role = "stable" if slot.name == look.stable else "canary" if slot.weight else "kept"
    ready = f"{slot.ready}/{slot.wanted}"
    return Slot(look.service, slot.name, version, slot.digest, role, ready, percent(slot.weight), slot.trouble)
