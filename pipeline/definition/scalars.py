"""A plain scalar as a value: YAML 1.2 core types and nothing that people read in two ways."""

import re
from dataclasses import dataclass

from .problems import shown

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]", re.ASCII)
_OTHER_BASE = re.compile(r"0(o[0-7]+|x[0-9a-fA-F]+)", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MOST_DIGITS = 15  # what a decimal keeps exactly


@dataclass(frozen=True, slots=True)
class Unfit:
    """A plain scalar that is refused."""

    what: str
    hint: str


def resolve(text: str) -> Scalar | Unfit:
    """
    What a scalar without quotes means.

    >>> [resolve(text) for text in ("on", "1:30", "2024-13-45", "1.10", "7", "true", "~")]
    ['on', '1:30', '2024-13-45', 1.1, 7, True, None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if _NO_NUMBER.fullmatch(text):
        return Unfit(f"{text} is no number that can be compared", "write a number with digits")
    if _OTHER_BASE.fullmatch(text):
        return _quoted("is a number in another base", text, "write it in decimal")
    if not _DECIMAL.fullmatch(text):
        return text
    if _LEADING_ZERO.match(text):
        return _quoted("has a leading zero, which people read in two ways", text, "write it without the zero")
    if sum(sign.isdigit() for sign in text) > _MOST_DIGITS or abs(value := float(text)) > 1e15:
        return _quoted("has too many digits", text, "write a smaller number")
    return int(text) if _INT.fullmatch(text) else value


def _quoted(what: str, text: str, advice: str) -> Unfit:
    return Unfit(f"{shown(text)} {what}", f'{advice}, or with quotes if it is a text: "{shown(text)}"')
