"""What runs where: each app in each cluster, its version, and the share of a canary."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.definition.platform import Platform
from pipeline.states import State
from pipeline.store.looks import Shown
from pipeline.store.shown import Newest

from .bars import Part, bar
from .words import clock, percent, short


@dataclass(frozen=True, slots=True)
class Cell:
    """One app in one cluster. `canary` None: one version serves all."""

    version: str
    digest: str
    share: str  # of the stable version, while a canary runs
    canary: str
    canary_share: str
    release: int
    parts: tuple[Part, ...]
    label: str
    held: bool
    trouble: str
    seen: str
    ready: str = ""  # replicas, as last looked at
    missing: bool = False
    errors: str = ""


def matrix(
    found: Iterable[Newest], versions: Mapping[tuple[str, str], str], looks: Iterable[Shown] = ()
) -> tuple[tuple[str, ...], "Rows"]:
    """The clusters, and each app with its cells. `versions`: what people call a digest of an app."""
    known = {(one.head.app, one.placed.cluster): one for one in found}
    clusters = tuple(dict.fromkeys(cluster for _, cluster in sorted(known, key=lambda key: _rank(known[key]))))
    seen = {(look.service, look.cluster): look for look in looks}
    rows = []
    for app in sorted({app for app, _ in known}):
        cells = [
            looked(_cell(known[app, name], versions), seen.get((app, name))) if (app, name) in known else None
            for name in clusters
        ]
        rows.append((app, tuple(cells)))
    return clusters, tuple(rows)


Rows = tuple[tuple[str, tuple[Cell | None, ...]], ...]


def grouped(rows: Rows, platform: Platform) -> tuple[tuple[str, Rows], ...]:
    """The apps by tenant and plane, as platform.yaml has them; those it lists no longer come last."""
    found: dict[str, list[tuple[str, tuple[Cell | None, ...]]]] = {}
    for app, cells in rows:
        entry = platform.apps.get(app)
        name = f"{entry.tenant} · {platform.tenants[entry.tenant].plane}" if entry else "not in platform.yaml any more"
        found.setdefault(name, []).append((app, cells))
    return tuple((name, tuple(found[name])) for name in sorted(found, key=lambda one: ("·" not in one, one)))


def places(platform: Platform) -> dict[str, str]:
    """What is said of each cluster beside its name."""
    return {name: "for disasters" if one.dr else one.group or "" for name, one in platform.clusters.items()}


def looked(cell: Cell, look: Shown | None) -> Cell:
    """The cell with what the lookout saw there: replicas that are ready, and errors of both versions together."""
    if look is None or look.trouble:
        return cell
    slots = [slot for slot in look.slots if slot.weight or slot.name == look.stable]
    ready, wanted = sum(slot.ready for slot in slots), sum(slot.wanted for slot in slots)
    errors = f"{look.rates[-1].bad:.2f} % errors" if look.rates and look.rates[-1].requests else "no requests"
    return replace(cell, ready=f"{ready}/{wanted}", missing=ready < wanted, errors=errors)


def _rank(one: Newest) -> tuple[int, str]:
    return one.placed.wave, one.placed.cluster


def _cell(one: Newest, versions: Mapping[tuple[str, str], str]) -> Cell:
    head, placed = one.head, one.placed
    share = _share(one)
    old = versions.get((head.app, placed.previous)) or short(placed.previous) or "nothing"
    seen = f"seen {clock(placed.seen_at)}" if placed.seen_at else "not seen yet"
    if share in (0, 100):
        version, digest = (head.version, head.digest) if share else (old, placed.previous)
        return Cell(version, digest, "", "", "", head.id, (), "", False, placed.trouble, seen)
    return Cell(
        version=old,
        digest=placed.previous,
        share=percent(100 - share),
        canary=head.version,
        canary_share=percent(share),
        release=head.id,
        parts=bar([(100 - share, "s"), (share, "a")]),
        label=f"stable {percent(100 - share)}, canary {percent(share)}",
        held=head.state is State.HALTED,
        trouble=placed.trouble,
        seen=seen,
    )


def _share(one: Newest) -> int:
    match one.head.state:
        case State.LIVE:
            return 100
        case State.ROLLED_BACK:
            return 0
        case State.RUNNING | State.ROLLING_BACK | State.HALTED:
            return one.placed.share
