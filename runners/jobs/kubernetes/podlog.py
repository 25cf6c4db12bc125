"""Which lines of a container's log are new. Pure.

A server gives the lines from a whole second on, each with its time. Lines of one second may come in several answers,
and those of two streams may be noted a little out of order. So times do not tell old from new: an answer repeats those
lines that were taken of its seconds before, in the same order, and as many of them as were taken are left out.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

MARGIN = timedelta(seconds=2)  # asked for again: so much may one stream be noted behind the other
STAMP = re.compile(rb"[0-9-]{10}T[0-9:]{8}(\.[0-9]{1,9})?(Z|[+-][0-9:]{5})")
LOST = "» Lines are missing here: the node began another log before they were read.\n".encode()


@dataclass(frozen=True, slots=True)
class Position:
    """How far a log was taken. `since`: the second to ask from, "" all; `taken`: how many lines from then on are taken
    already; `last`: the time of the last of them, to the nanosecond."""

    since: str = ""
    taken: int = 0
    last: str = ""


class _Line(NamedTuple):
    stamp: str
    text: bytes


def fresh(answer: bytes, position: Position, *, whole: bool, cut: bool = False) -> tuple[bytes, Position]:
    """What is new in this answer, without times, and the position after it.

    `whole`: the container has ended, so a last line without an end is a line. `cut`: the answer was too long to be
    given in full; when all of it is old, the rest of its last second is left out rather than asked for for ever.
    """
    lines = _lines(answer, whole=whole and not cut)
    begin = _first_new(lines, position)
    new = b"".join(line.text for line in lines[max(begin, 0) :])
    if begin < 0:
        new = LOST + new
    if not lines:
        return b"", position
    last = lines[-1].stamp
    if cut and begin >= len(lines):
        return LOST, Position(_second(last, timedelta(seconds=-1)))
    since = max(position.since, _second(last, MARGIN))
    taken = sum(_second(line.stamp) >= since for line in lines)
    return new, Position(since, taken, last)


def _first_new(lines: list[_Line], position: Position) -> int:
    """The number of the first new line, -1 if those before it are not there any more."""
    if not position.taken:
        return 0
    if len(lines) >= position.taken and lines[position.taken - 1].stamp == position.last:
        return position.taken
    known = [number for number, line in enumerate(lines) if line.stamp == position.last]
    return known[-1] + 1 if known else -1


def _lines(answer: bytes, *, whole: bool) -> list[_Line]:
    pieces = [piece + b"\n" for piece in answer.split(b"\n")]
    last = pieces.pop()[:-1]
    found: list[_Line] = []
    for piece in [*pieces, last] if last and whole else pieces:
        stamp, _, text = piece.partition(b" ")
        if STAMP.fullmatch(stamp):
            found.append(_Line(stamp.decode(), text))
        elif found:  # the server gives each line a time; what has none goes on where the line before ended
            found[-1] = _Line(found[-1].stamp, found[-1].text + piece)
    return found


def _second(stamp: str, before: timedelta = timedelta()) -> str:
    """The whole second of a time, in UTC, as the server is asked for it."""
    moment = datetime.fromisoformat(stamp).astimezone(UTC) - before
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
