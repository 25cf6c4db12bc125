"""One question about all counters of a service, and what a Prometheus answers, checked.

All is asked at once, since a Prometheus answers one query from one moment: what failed is then never more than what
was asked, and canary and stable are compared over the same scrapes. Raw counters are asked for, never `rate` or
`increase`: those guess what happened outside of the scrapes they see, and a guess is no count. Where a series began
anew or went away within `MEMORY` is asked beside them, so that the difference of two answers can be trusted or left.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite

MEMORY = "1h"  # longer than Sluice may be away from a canary: the guard takes it back within 90 s
LARGEST = 2**53  # beyond it a counter that was ever a float is not exact
_PART = "sluice_part"
_WHO = "instance, pod"  # the labels that name a process which counts
_TWICE = "job, monitor, prometheus, prometheus_replica"  # labels of whoever scraped: the same process again
Where = tuple[str, str]  # instance and pod


class Unusable(Exception):
    """Why an answer cannot be used, as a part of a sentence."""


class _NoCount(Exception):
    """A value that counts nothing."""


@dataclass(slots=True)
class Answer:
    """
    What is known of one group of series of one slot.

    `sums`: counts by the process that counted; `edges`: counts by `le`, as written; `resets`, `gone`: how often series
    of a process began anew, and how many went away, by the number of their selector. `age`: seconds since the scrape
    that is longest ago. `wrong`: why none of this can be used.
    """

    sums: dict[Where, int] = field(default_factory=dict)
    edges: dict[float, int] = field(default_factory=dict)
    resets: dict[tuple[Where, int], int] = field(default_factory=dict)
    gone: dict[tuple[Where, int], int] = field(default_factory=dict)
    age: float = 0.0
    wrong: str = ""

    @property
    def total(self) -> int:
        """Of all processes."""
        return sum(self.sums.values())

    def of(self, who: Where) -> "Answer":
        """What is known of one process alone: its sum, and what happened to its series."""
        resets, gone = ({key: n for key, n in known.items() if key[0] == who} for known in (self.resets, self.gone))
        return Answer({who: self.sums[who]}, resets=resets, gone=gone)

    def history(self, name: str) -> Iterator[tuple[str, ...]]:
        """Who counts, and what happened to their series: as long as it stays the same, counts can be subtracted."""
        yield from self.sums
        for kind, known in (("resets", self.resets), ("gone", self.gone)):
            yield from ((*where, f"{name} {kind} {at}", str(count)) for (where, at), count in known.items() if count)


@dataclass(frozen=True, slots=True)
class Asked:
    """A group of series that count one thing: selectors, filled. `edges`: they are the buckets of a histogram."""

    selectors: tuple[str, ...]
    watched: tuple[str, ...] = ()
    edges: bool = False


def query(groups: Mapping[str, Asked]) -> str:
    """The question about all groups, by name."""
    return " or ".join(
        f'label_replace({text}, "{_PART}", "{name} {part}", "", "")'
        for name, group in groups.items()
        for part, text in _parts(group)
    )


def _parts(group: Asked) -> Iterator[tuple[str, str]]:
    by = "le" if group.edges else _WHO
    yield "sum", f"sum by ({by}) (max without ({_TWICE}) ({' or '.join(group.selectors)}))"
    for number, one in enumerate(group.watched):
        yield f"resets {number}", f"sum by ({_WHO}) (resets({one}[{MEMORY}]))"
        yield f"gone {number}", f"count by ({_WHO}) (present_over_time({one}[{MEMORY}]) unless {one})"
        yield f"age {number}", f"max by ({_WHO}) (time() - timestamp({one}))"


def read(result: object, names: Iterable[str]) -> Mapping[str, Answer]:
    """The answer, by the name of each group. One in which anything but whole counts stands says so."""
    answers = {name: Answer() for name in names}
    if not isinstance(result, list):
        raise Unusable("it answered something else than a list of series")
    for one in result:
        labels, value = _series(one)
        name, _, part = labels.get(_PART, "").partition(" ")
        if name not in answers:
            raise Unusable("it answered with series that nobody asked for")
        try:
            _take(answers[name], part, labels, value)
        except _NoCount as wrong:
            answers[name].wrong = str(wrong)
    return answers


def _take(answer: Answer, part: str, labels: Mapping[str, str], value: float) -> None:
    kind, _, number = part.partition(" ")
    where = (labels.get("instance", ""), labels.get("pod", ""))
    match kind:
        case "sum" if "le" in labels:
            answer.edges[_edge(labels["le"])] = _count(value)
        case "sum":
            answer.sums[where] = _count(value)
        case "resets":
            answer.resets[where, int(number)] = _count(value)
        case "gone":
            answer.gone[where, int(number)] = _count(value)
        case _:
            answer.age = max(answer.age, value)


def _series(one: object) -> tuple[Mapping[str, str], float]:
    match one:
        case {"metric": dict(labels), "value": [_, str(value)]}:
            return labels, _number(value)
    raise Unusable("it answered with a series that has no value, or a histogram of the newer kind")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unusable(f"it answered {text[:20]!r} where a number should be") from None


def _count(value: float) -> int:
    if not isfinite(value) or value != int(value) or not 0 <= value <= LARGEST:
        raise _NoCount(f"a counter stands at {value:g}, which counts nothing")
    return int(value)


def _edge(text: str) -> float:
    edge = _number(text)
    if edge != edge or edge == -inf:
        raise _NoCount(f"a bucket ends at {text[:20]}")
    return edge
