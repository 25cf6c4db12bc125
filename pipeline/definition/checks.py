"""What must fit together inside a definition, beyond the form of each value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from ..errors import BadDefinition
from .problems import Complaint, Complaints, Path, listed, near, shown
from .weekly import parse_weekly, read_zone

if TYPE_CHECKING:
    from .app import ApprovalGate, Wave

T = TypeVar("T")


def rising(ladder: tuple[int, ...]) -> tuple[int, ...]:
    """Each share is larger than the one before."""
    return agreed(ladder, _falls(ladder))


def clusters_once(waves: tuple[Wave, ...]) -> tuple[Wave, ...]:
    """A cluster gets the release once."""
    return agreed(waves, _again(waves))


def gates_once(gates: tuple[ApprovalGate, ...]) -> tuple[ApprovalGate, ...]:
    """A group is asked once; `of` says how many must agree."""
    groups = [gate.approval.from_ for gate in gates]
    return agreed(gates, _twice(groups, "is asked twice", "keep one of the gates; of: says how many must agree"))


def once(names: tuple[str, ...]) -> tuple[str, ...]:
    """No entry is there twice."""
    return agreed(names, _twice(names, "is here twice", "keep one of them"))


def weekly_known(text: str) -> str:
    """The weekly grammar."""
    return _readable(text, parse_weekly)


def zone_known(text: str) -> str:
    """The zone is one that this machine knows."""
    return _readable(text, read_zone)


def unknown(names: Iterable[tuple[Path, str]], known: Mapping[str, object] | None, noun: str) -> Iterator[Complaint]:
    """Names that nobody has declared. `known` None: the declarations are wrong themselves, so say nothing here."""
    for path, name in names:
        if known is not None and name not in known:
            hint = near(name, known) or f"this file has {listed(sorted(known)[:10])}"
            yield Complaint(path, f'there is no {noun} "{shown(name)}"', hint)


def said_in_manifests(said: Mapping[str, object]) -> Iterator[Complaint]:
    """What the app's own objects say is not said here too, and they come from one place. `said`: of each key."""
    for own, says in (("manifests", "the manifests of the app say"), ("chart", "the chart of the app says")):
        for key in ("cpu", "memory", "secrets"):
            if said[own] and said[key]:
                yield Complaint((key,), f"{says} {key}", "write it there, and remove it here")
    if said["manifests"] and said["chart"]:
        yield Complaint(("chart",), "there are manifests already", "keep one of both", of_key=True)


def agreed(value: T, found: Iterable[Complaint]) -> T:
    """`value`, if nothing was found."""
    if wrong := tuple(found):
        raise Complaints(*wrong)
    return value


def _falls(ladder: tuple[int, ...]) -> Iterator[Complaint]:
    for number, (before, share) in enumerate(pairwise(ladder), start=1):
        if share <= before:
            what = f"{share}% is not more than the {before}% before it"
            yield Complaint((number,), what, "let each share be larger, like [5%, 25%, 50%]")


def _again(waves: tuple[Wave, ...]) -> Iterator[Complaint]:
    seen: dict[str, int] = {}
    for number, wave in enumerate(waves):
        for place, cluster in enumerate(wave.clusters):
            if cluster in seen:
                what = f"{cluster} is in waves[{seen[cluster]}] already"
                yield Complaint((number, "clusters", place), what, "name each cluster once")
            seen.setdefault(cluster, number)


def _twice(names: Iterable[str], what: str, hint: str) -> Iterator[Complaint]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield Complaint((number,), f"{shown(name)} {what}", hint)
        seen.add(name)


def _readable(text: str, read: Callable[[str], object]) -> str:
    try:
        read(text)
    except BadDefinition as wrong:
        what, hint = str(wrong).rsplit("; ", 1)
        raise Complaints(Complaint((), what, hint)) from wrong
    return text
