"""What is wrong in a definition, where it is, and what to do: one value per problem, all problems at once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ..errors import BadDefinition

Path = tuple[str | int, ...]

MOST = 50  # problems told in full; more than that is a broken file, not a list to work through
LONGEST = 100  # characters of a source line that are shown
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_STEP = re.compile(r'\["([^"]*)"\]|\[(\d{1,9})\]|([^.\[\]]+)')


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the text, from 1 on, and how many characters the caret underlines."""

    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong at a path, before anyone looked where that is in the text."""

    path: Path
    what: str
    hint: str = ""
    of_key: bool = False  # the key is wrong, not its value


class Complaints(ValueError):
    """What a check of ours found; the paths begin at the value that was checked."""

    def __init__(self, *found: Complaint) -> None:
        super().__init__("; ".join(f"{one.what}; {one.hint}" if one.hint else one.what for one in found))
        self.found = found


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with its place, the line it is in and what to do."""

    line: int
    column: int
    path: str
    what: str
    hint: str = ""
    source_line: str = ""
    width: int = 1
    name: str = "sluice.yaml"

    def text(self) -> str:
        """The problem as people read it: place, line, caret, hint."""
        where = f"{self.name}:{self.line}:{self.column}" + (f" {self.path}" if self.path else "")
        shown, before = _cropped(self.source_line, self.column - 1)
        caret = "^" * max(1, min(self.width, len(shown) - before))
        told = [f"{where}: {self.what}", f"{self.line:>5} | {shown}".rstrip(), f"      | {' ' * before}{caret}"]
        return "\n".join([*told, f"   {self.hint}"] if self.hint else told)


def bad(name: str, problems: Iterable[Problem]) -> BadDefinition:
    """The error that tells all `problems`, in the order of the text."""
    found = sorted(problems, key=lambda one: (one.line, one.column))
    told = [problem.text() for problem in found[:MOST]]
    if len(found) > 1:
        told.insert(0, f"{name} has {len(found):,} problems")
    if len(found) > MOST:
        told.append(f"… and {len(found) - MOST:,} more")
    return BadDefinition("\n\n".join(told), tuple(found[:MOST]))


def shown(text: object, most: int = 60) -> str:
    """`text` made fit for one line: cropped, and without signs that would not be seen as they are."""
    cut = str(text)[: most + 1]
    seen = "".join(sign if sign.isprintable() else "�" for sign in cut)
    return seen if len(cut) <= most else f"{seen[: most - 1]}…"


def spoken(value: object) -> str:
    """
    A value as it is called in a sentence.

    >>> [spoken(value) for value in (None, True, "x", 3, [], {})]
    ['nothing', 'true', 'x', '3', 'a list', 'a set of keys']
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case list():
            return "a list"
        case dict():
            return "a set of keys"
    return shown(value) or "an empty text"


def near(word: str, known: Iterable[str]) -> str:
    """`did you mean "gates"?` if one of `known` is near, else nothing."""
    found = get_close_matches(word[:60].lower().replace("_", "-"), list(known), n=1, cutoff=0.6)
    return f'did you mean "{found[0]}"?' if found else ""


def listed(words: Sequence[str]) -> str:
    """
    >>> listed(["a", "b", "c"])
    'a, b or c'
    """
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def path_text(path: Path) -> str:
    """
    >>> path_text(("waves", 2, "gates", 0))
    'waves[2].gates[0]'
    """
    told = ""
    for step in path:
        if isinstance(step, int):
            told += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            told += f".{shown(step)}" if told else shown(step)
        else:
            told += f'["{shown(step)}"]'
    return told


def parse_path(text: str) -> Path:
    """
    >>> parse_path("waves[2].gates[0]")
    ('waves', 2, 'gates', 0)
    """
    return tuple(int(number) if number else odd or plain for odd, number, plain in _STEP.findall(text))


def _cropped(line: str, column: int) -> tuple[str, int]:
    """The part of `line` around `column`, fit to be shown, and where the column is in it."""
    start = 0 if len(line) <= LONGEST else max(0, min(column - LONGEST // 2, len(line) - LONGEST))
    part = "".join(sign if sign.isprintable() else " " if sign == "\t" else "�" for sign in line[start:][:LONGEST])
    left = "…" if start else ""
    right = "…" if start + LONGEST < len(line) else ""
    return left + part + right, column - start + len(left)
