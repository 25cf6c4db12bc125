"""The difference of two texts, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff

AROUND = 2  # lines that stayed, above and below


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference. `sign`: + new, − gone, @ a place, "" unchanged."""

    sign: str
    text: str


def unified(before: str, after: str) -> str:
    """The same as programs write it, without the names of files."""
    return "\n".join(list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=AROUND))[2:])


def difference(before: str, after: str) -> Iterator[Line]:
    """What changed, and a little around it."""
    return map(_line, unified(before, after).splitlines())


def _line(text: str) -> Line:
    if text.startswith("@@"):
        return Line("@", f"line {text.split()[2].lstrip('+').partition(',')[0]}")
    return Line({"+": "+", "-": "−"}.get(text[0], ""), text[1:])
