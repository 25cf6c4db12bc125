"""Recorded counts as a CSV file → the ticks of each series, or every row that is bad, by line."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from math import isfinite
from pathlib import Path

from pipeline.judge.samples import Unit
from pipeline.judge.series import Row

from .exits import Exit, Stop

COUNTS = ("canary_requests", "canary_bad", "stable_requests", "stable_bad")
COLUMNS = ("t", *COUNTS)
OPTIONAL = ("series", "pod")
MOST = 20  # bad rows that are told
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Tick:
    """All rows that end at `t`; `seconds` since the tick before."""

    t: float
    seconds: float
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Recorded:
    """A file that was read. `pods`: its rows name pods."""

    pods: bool
    rows: dict[str | None, list[Row]] = field(default_factory=dict)  # by series, each in the order of time

    def ticks(self, series: str | None) -> list[Tick]:
        """The ticks of one series. The first one took as long as the second, or its own `t` if it is alone."""
        groups = [(t, tuple(rows)) for t, rows in groupby(self.rows[series], key=lambda row: row.t)]
        ends = [t for t, _ in groups]
        first = ends[1] - ends[0] if len(ends) > 1 else ends[0] if ends[0] > 0 else 1.0
        spans = [first, *(after - before for before, after in pairwise(ends))]
        return [Tick(t, span, rows) for (t, rows), span in zip(groups, spans, strict=True)]


class _Bad(ValueError):
    """What is wrong with a row."""


def read(file: Path) -> Recorded:
    """The counts in `file`. Stop names every bad row by its line, and nothing is judged then."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            return _read(csv.reader(opened, strict=True), file)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise Stop(f"{file} cannot be read: {why}.", Exit.USAGE) from None


def _read(reader: Iterator[list[str]], file: Path) -> Recorded:
    try:
        head = [name.strip() for name in next(reader, [])]
        places = _places(head, file)
        found, bad = Recorded("pod" in places), []
        last: dict[str | None, set[str]] = {}
        for line, cells in _numbered(reader):
            try:
                series, row = _row(cells, places, len(head))
                _in_order(found.rows.setdefault(series, []), row, last.setdefault(series, set()))
            except _Bad as wrong:
                bad.append(f"{file}:{line}: {wrong}")
    except csv.Error as error:
        raise Stop(f"{file} is no CSV file: {error}.", Exit.USAGE) from None
    if bad:
        more = [f"… and {len(bad) - MOST:,} more"] if len(bad) > MOST else []
        raise Stop("\n".join([f"{len(bad):,} bad rows; nothing was judged.", *bad[:MOST], *more]), Exit.USAGE)
    if not found.rows:
        raise Stop(f"{file} has no rows; give it one for each tick, below the line of columns.", Exit.USAGE)
    return found


def _numbered(reader: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for cells in reader:
        if cells:
            yield reader.line_num, cells  # type: ignore[attr-defined]  # csv's reader counts lines


def _places(head: Sequence[str], file: Path) -> dict[str, int]:
    places = {name: head.index(name) for name in (*COLUMNS, *OPTIONAL) if name in head}
    if missing := [name for name in COLUMNS if name not in places]:
        what = f"{file}:1: the column {missing[0]} is missing" if head else f"{file} is empty"
        raise Stop(f"{what}; the first line must name the columns {', '.join(COLUMNS)}.", Exit.USAGE)
    return places


def _row(cells: list[str], places: dict[str, int], width: int) -> tuple[str | None, Row]:
    if len(cells) != width:
        raise _Bad(f"{len(cells)} cells, but {width} columns")
    t = _time(cells[places["t"]])
    pod = cells[places["pod"]].strip() if "pod" in places else ""
    numbers = [_count(cells[places[name]], name, blank="pod" in places) for name in COUNTS]
    for arm, (requests, failed) in (("canary", numbers[:2]), ("stable", numbers[2:])):
        if failed > requests:
            raise _Bad(f"{arm}_bad is {failed}, but there were {requests} requests")
    series = cells[places["series"]].strip() if "series" in places else None
    return series, Row(t, Unit(*numbers[:2]), Unit(*numbers[2:]), pod)


def _in_order(before: list[Row], row: Row, pods: set[str]) -> None:
    """Add `row`; `pods` are those of the latest tick."""
    if before and row.t < before[-1].t:
        raise _Bad(f"t is {row.t:g}, which is before the {before[-1].t:g} above it; sort the rows of a series by t")
    if before and row.t == before[-1].t and row.pod in pods:
        of = f" of pod {row.pod}" if row.pod else ""
        raise _Bad(f"a second row{of} for t = {row.t:g}; rows of one tick differ in their pod, series in their name")
    if before and row.t > before[-1].t:
        pods.clear()
    pods.add(row.pod)
    before.append(row)


def _time(text: str) -> float:
    try:
        t = float(text)
    except ValueError:
        t = float("nan")
    if not isfinite(t):
        raise _Bad(f"t is {text.strip() or 'empty'!r}, which is no number of seconds")
    return t


def _count(text: str, name: str, *, blank: bool) -> int:
    """A whole number; in a file of pods a cell may be empty, as a pod belongs to one arm."""
    if text.isdecimal() and text.isascii():
        count = int(text)
    elif not text.strip() and blank:
        return 0
    else:
        count = _whole(text)
    if not 0 <= count <= _LARGEST:
        raise _Bad(f"{name} is {text.strip() or 'empty'!r}, which is no number of requests")
    return count


def _whole(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        return -1
    return int(number) if number.is_integer() else -1
