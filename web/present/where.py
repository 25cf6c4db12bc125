"""What runs where: each app in each cluster, its version, and the share of a canary."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.states import State
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


def matrix(
    found: Iterable[Newest], versions: Mapping[tuple[str, str], str]
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[Cell | None, ...]], ...]]:
    """The clusters, and each app with its cells. `versions`: what people call a digest of an app."""
    known = {(one.head.app, one.placed.cluster): one for one in found}
    clusters = tuple(dict.fromkeys(cluster for _, cluster in sorted(known, key=lambda key: _rank(known[key]))))
    rows = []
    for app in sorted({app for app, _ in known}):
        cells = [_cell(known[app, name], versions) if (app, name) in known else None for name in clusters]
        rows.append((app, tuple(cells)))
    return clusters, tuple(rows)


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
