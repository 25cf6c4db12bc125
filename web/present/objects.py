"""What a release changes in the objects of its clusters, in words and lines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.facts import Rendered
from pipeline.store.changes import Brought

from .lines import Line, difference
from .words import many

MOST = 200  # lines of a difference in one cluster; more are counted


@dataclass(frozen=True, slots=True)
class Object:
    """One object, and what becomes of it."""

    kind: str
    name: str
    change: Literal["new", "changed", "gone", "same"]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Objects:
    """What changes in clusters that change alike. `lines` begin each object with a line that names it."""

    clusters: tuple[str, ...]
    says: str
    lines: tuple[Line, ...] = ()
    more: int = 0


def told(brought: Iterable[Brought]) -> tuple[Objects, ...]:
    """Clusters with the same difference together; nothing about clusters that have no objects."""
    found: list[Objects] = []
    for one in (_cluster(each) for each in brought if each.after or each.before):
        alike = next((place for place, other in enumerate(found) if _same(one, other)), None)
        if alike is None:
            found.append(one)
        else:
            found[alike] = replace(found[alike], clusters=found[alike].clusters + one.clusters)
    return tuple(found)


def compared(one: Brought) -> tuple[Object, ...]:
    """Object by object, by kind and name; nothing while the new ones are not rendered."""
    if one.after is None:
        return ()
    before, after = _by_name(one.before or ()), _by_name(one.after)
    return tuple(_object(key, before.get(key), after.get(key)) for key in sorted(before | after))


def _by_name(objects: tuple[Rendered, ...]) -> dict[tuple[str, str], str]:
    return {(one.kind, one.name): one.text for one in objects}


def _object(key: tuple[str, str], before: str | None, after: str | None) -> Object:
    texts = before or "", after or ""
    if before is None or after is None:
        return Object(*key, "new" if before is None else "gone", *texts)
    return Object(*key, "same" if before == after else "changed", *texts)


def _cluster(one: Brought) -> Objects:
    lines = tuple(_lines(compared(one)))
    return Objects((one.cluster,), says(one), lines[:MOST], max(0, len(lines) - MOST))


def says(one: Brought) -> str:
    """What changes in one cluster, in one sentence."""
    if one.after is None:
        return "the objects are not rendered yet."
    objects = compared(one)
    touched = sum(found.change != "same" for found in objects)
    if one.since is None:
        return f"{many(len(objects), 'object')}, all of them new."
    if one.before is None:
        return f"the objects of {one.since.name} were not kept, so all {len(objects)} are shown."
    if not touched:
        return f"nothing changes in {many(len(objects), 'object')}."
    return f"{touched} of {many(len(objects), 'object')} {'changes' if touched == 1 else 'change'}."


def _lines(objects: tuple[Object, ...]) -> Iterator[Line]:
    for one in objects:
        for line in difference(one.before, one.after):
            yield replace(line, text=f"{one.kind} {one.name}, {line.text}") if line.sign == "@" else line


def _same(one: Objects, other: Objects) -> bool:
    return replace(one, clusters=()) == replace(other, clusters=())
