"""What the YAML parser complains of, in plain words, and the signs that no definition may hold."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .problems import Spot

TABS = re.compile(r" *(\t+)[ \t]*[^ \t]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A complaint of the parser in our words. `at_begin`: its place is where the quote or bracket was opened."""

    theirs: str
    what: str
    hint: str
    at_begin: bool = False


_KNOWN = (
    Wrong(
        "mapping values are not allowed",
        'a ":" is not allowed here',
        "put the text in quotes, or begin a new line for a new key",
    ),
    Wrong("but found '}'", "this bracket closes nothing", "remove it, or put the text in quotes"),
    Wrong("but found ']'", "this bracket closes nothing", "remove it, or put the text in quotes"),
    Wrong(
        "expected <block end>",
        "the indentation does not fit what is above",
        "give what belongs together the same indentation, two spaces per level",
    ),
    Wrong(
        "could not find expected ':'",
        'this is neither a key with ":" nor an entry of a list',
        'write "key: value", or "- " before an entry',
    ),
    Wrong("unexpected end of stream", "this quote is never closed", "close it", at_begin=True),
    Wrong("but got '<stream end>'", "this bracket is never closed", "close it", at_begin=True),
    Wrong("but found '<stream end>'", "the file ends where a value or a bracket is missing", "close what is open"),
    Wrong(
        "expected ',' or", "a comma or a closing bracket is missing", "put commas between entries, close the bracket"
    ),
    Wrong("cannot start any token", "a text cannot begin with this sign", "put the text in quotes"),
    Wrong("escape", "a wrong escape in double quotes", "use single quotes, or write the backslash twice"),
    Wrong("", "this is not YAML as it is understood here", "put texts with special signs in quotes"),
)


def reworded(problem: str) -> Wrong:
    """The complaint `problem` of the parser in our words."""
    return next(known for known in _KNOWN if known.theirs in problem)


def unprintable(lines: list[str]) -> Iterator[tuple[Spot, str, str]]:
    """Where signs are that nobody sees: the first of each, and how many there are."""
    text = "\n".join(lines)
    for sign, count in Counter(_UNSEEN.findall(text)).items():
        number = next(number for number, line in enumerate(lines) if sign in line)
        more = f", here and in {count - 1:,} more places" if count > 1 else ""
        hint = "save the file as UTF-8" if sign == "\0" else "remove it"
        yield Spot(number + 1, lines[number].index(sign) + 1), f"U+{ord(sign):04X} is not allowed{more}", hint
