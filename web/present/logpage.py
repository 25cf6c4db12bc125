"""A page of a log: its lines in their sections, what was looked for marked, one range marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from .. import ansi
from ..logbook import Part
from ..loglines import Mark, Section
from .words import clock, lasted


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look; `hit`: it is what was looked for."""

    text: str
    classes: str
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the page has it."""

    number: int
    runs: tuple[Run, ...]
    clock: str
    marked: bool  # in the range of the address
    title: bool = False  # it opens a section


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one section, or of none (title "")."""

    title: str
    sign: str
    took: str
    open: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the reader asked for: a range of lines, and words."""

    first: int = 0
    last: int = 0
    words: str = ""
    hit: int = 0  # the line of the match that is looked at


def lines(part: Part, shown: Shown, marks: Sequence[Mark]) -> tuple[Line, ...]:
    """The lines of a part. Lines that only open a section show its title; those that only close one are left out."""
    known = {mark.line: mark for mark in marks}
    found = list[Line]()
    at = 0
    for one in ansi.lines(part.data, part.first):
        when = part.when(part.start + at)
        end = part.data.find(b"\n", at)
        at = len(part.data) if end < 0 else end + 1
        mark = known.get(one.number)
        if mark is not None and not mark.opens:
            continue
        runs = (Run(mark.title, "a-s"),) if mark is not None else tuple(_runs(one, shown.words))
        inside = shown.first <= one.number <= shown.last or one.number == shown.hit
        found.append(Line(one.number, runs, clock(when) if when else "", inside, mark is not None))
    return tuple(found)


def blocks(
    part: Part, found: Sequence[Section], shown: Shown, marks: Sequence[Mark], ending: tuple[int, str]
) -> tuple[Block, ...]:
    """
    The part's lines by section. `ending`: the last line of the log, and run, pass or fail.

    A section is open when it asks to be, when something in it is looked at, when it still runs, or when the job failed
    in it; the others are folded.
    """
    told = lines(part, shown, marks)
    made = list[Block]()
    for section in found:
        mine = tuple(line for line in told if section.first <= line.number <= section.last)
        if mine:
            made.append(_block(section, mine, part, shown, ending))
    return tuple(made)


def _block(section: Section, mine: tuple[Line, ...], part: Part, shown: Shown, ending: tuple[int, str]) -> Block:
    last = section.last >= ending[0]
    sign = ending[1] if last else "pass"
    if section.title and mine[0].title:
        mine = mine[1:]
    looked = any(line.marked or any(run.hit for run in line.runs) for line in mine)
    opened = not section.title or not section.folded or looked or (last and sign != "pass")
    return Block(section.title, sign, _took(section, part), opened, mine)


def _took(section: Section, part: Part) -> str:
    """How long it took: by its own marks, else by when they were copied."""
    if section.began is not None and section.ended is not None:
        return lasted(timedelta(seconds=section.ended - section.began))
    if section.places is None:
        return ""
    began, ended = (part.when(place) for place in section.places)
    return lasted(ended - began) if began and ended else ""


def _runs(line: ansi.LogLine, words: str) -> Iterator[Run]:
    """The spans of a line, cut where what was looked for begins and ends."""
    for span in line.spans:
        if not words:
            yield Run(span.text, span.classes)
            continue
        for number, text in enumerate(re.split(f"({re.escape(words)})", span.text, flags=re.IGNORECASE)):
            if text:
                yield Run(text, span.classes, hit=number % 2 == 1)
