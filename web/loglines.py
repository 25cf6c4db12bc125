"""Where the lines and sections of a long log are: found once in its bytes, then any page of it is one short read."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

STRIDE = 256  # every so many lines the place is kept
MOST_MARKS = 5000  # of one log; what comes later is plain lines
LONGEST_MARK = 400  # bytes of a line that are looked at for a mark of a section

_MARK = re.compile(
    rb"^(?:\x1b\[0K)?(?:"
    rb"section_start:(?P<began>\d{1,12}):(?P<opens>[\w.-]{1,100})(?P<options>\[[^\]]{0,100}\])?\r(?:\x1b\[0K)?(?P<header>[^\r\n]*)"
    rb"|section_end:(?P<ended>\d{1,12}):(?P<closes>[\w.-]{1,100})(?:\r|$)"
    rb"|(?:::group::|##\[group\])(?P<group>[^\r\n]*)"
    rb"|(?P<endgroup>::endgroup::|##\[endgroup\])"
    rb"|(?P<dashes>---|\+\+\+|~~~) (?P<title>(?!a/|b/|/dev/null)[^\r\n\t]+)$"
    rb"|(?P<reopen>\^\^\^ \+\+\+)"
    rb")"
)
_STARTS = (b"\x1b", b"section_", b"::", b"##[", b"--- ", b"+++ ", b"~~~ ", b"^^^")


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that opens or closes a section. `at`: seconds since 1970, where the line itself says so."""

    line: int
    opens: bool
    title: str = ""
    folded: bool | None = None  # None: as the page likes
    at: int | None = None
    reopens: bool = False  # the section before is to be open
    place: int = 0  # byte of the log at which the line begins


@dataclass(frozen=True, slots=True)
class Index:
    """What is known of the first `size` bytes. `places[n]`: where line n · STRIDE + 1 begins."""

    size: int = 0
    lines: int = 0  # that have ended
    places: tuple[int, ...] = (0,)
    marks: tuple[Mark, ...] = ()
    rest: bytes = b""  # the beginning of the line that has not ended

    def total(self) -> int:
        """All lines, the one that has not ended among them."""
        return self.lines + (1 if self.rest else 0)


def extended(index: Index, data: bytes) -> Index:
    """
    The index once `data`, which follows what it knows, is known as well.

    >>> extended(extended(Index(), b"one\\ntw"), b"o\\n").lines
    2
    """
    places, marks = list(index.places), list(index.marks)
    lines, start, rest = index.lines, 0, index.rest
    while (end := data.find(b"\n", start)) >= 0:
        text = (rest + data[start : min(end, start + LONGEST_MARK)])[:LONGEST_MARK] if rest else None
        lines += 1
        if text is not None or data.startswith(_STARTS, start):
            found = mark_of(text if text is not None else data[start : min(end, start + LONGEST_MARK)], lines)
            if found and len(marks) < MOST_MARKS:
                marks.append(replace(found, place=index.size + start - len(rest)))
        rest, start = b"", end + 1
        if lines % STRIDE == 0:
            places.append(index.size + start)
    kept = (rest + data[start : start + LONGEST_MARK])[:LONGEST_MARK]
    return Index(index.size + len(data), lines, tuple(places), tuple(marks), kept)


def mark_of(line: bytes, number: int) -> Mark | None:
    """
    What this line opens or closes, in the forms of GitLab, GitHub and Buildkite.

    >>> mark_of(b"::group::Install", 7)
    Mark(line=7, opens=True, title='Install', folded=True, at=None, reopens=False, place=0)
    >>> mark_of(b"--- a/shop.py", 1) is None
    True
    """
    found = _MARK.match(line.rstrip(b"\r") if line.endswith(b"\r") and b"section_" not in line else line)
    if found is None:
        return None
    if found["opens"] is not None:
        folded = b"collapsed=true" in (found["options"] or b"")
        title = _plain(found["header"]) or _plain(found["opens"])
        return Mark(number, True, title, folded, int(found["began"]))
    if found["closes"] is not None:
        return Mark(number, False, at=int(found["ended"]))
    if found["group"] is not None:
        return Mark(number, True, _plain(found["group"]) or "Group", True)
    if found["endgroup"] is not None:
        return Mark(number, False)
    if found["reopen"] is not None:
        return Mark(number, False, reopens=True)
    return Mark(number, True, _plain(found["title"]), found["dashes"] != b"+++")


def _plain(text: bytes) -> str:
    return re.sub(r"\x1b\[[0-9;:]*[A-Za-z]", "", text.decode("utf-8", "replace")).strip()[:200]


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that belong together, its own marks among them. `title` "": lines of no section."""

    first: int
    last: int
    title: str = ""
    folded: bool | None = None
    began: int | None = None  # seconds since 1970, where its own marks say so
    ended: int | None = None
    places: tuple[int, int] | None = None  # bytes at which its marks begin, once both are there


def sections(marks: Iterable[Mark], total: int) -> tuple[Section, ...]:
    """The whole log as sections, one after the other; one inside another is named by both."""
    done: list[Section] = []
    opened: list[Mark] = []
    first = 1
    for mark in marks:
        if mark.reopens:
            done, opened = _reopened(done, opened)
            continue
        last = mark.line - 1 if mark.opens else mark.line
        if last >= first:
            done.append(_section(first, last, opened, mark))
            first = last + 1
        if mark.opens:
            opened = [*(one for one in opened if one.at is not None), mark]  # GitLab's alone stand inside each other
        elif opened:
            opened.pop()
    if total >= first:
        done.append(_section(first, total, opened))
    return tuple(done)


def _section(first: int, last: int, opened: list[Mark], end: Mark | None = None) -> Section:
    if not opened:
        return Section(first, last)
    title, mine = " / ".join(one.title for one in opened), opened[-1]
    ended = None if end is None or end.opens else end.at
    places = None if end is None else (mine.place, end.place)
    return Section(first, last, title, mine.folded, mine.at, ended, places)


def _reopened(done: list[Section], opened: list[Mark]) -> tuple[list[Section], list[Mark]]:
    if opened:
        return done, [*opened[:-1], replace(opened[-1], folded=False)]
    if done:
        return [*done[:-1], replace(done[-1], folded=False)], opened
    return done, opened


_SEQUENCES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")


def hits(pieces: Iterable[bytes], wanted: str, most: int = 10_000) -> tuple[int, ...]:
    """The numbers of the lines that say `wanted`, whatever its case and colours; at most `most` of them."""
    return tuple(_hits(pieces, wanted.lower().encode("utf-8", "replace"), most))


def _hits(pieces: Iterable[bytes], wanted: bytes, most: int) -> Iterator[int]:
    before, rest, found = 0, b"", 0
    for piece in chain(pieces, (b"\n",)):
        whole = rest + piece
        end = whole.rfind(b"\n") + 1
        lines, rest = whole[:end], whole[end:]
        plain = (_SEQUENCES.sub(b"", lines) if b"\x1b" in lines else lines).lower()
        if wanted in plain:
            for number, line in enumerate(plain.split(b"\n"), before + 1):
                if wanted in line:
                    yield number
                    found += 1
                    if found == most:
                        return
        before += lines.count(b"\n")
