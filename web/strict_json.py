"""Bytes from outside become JSON values, or are refused with the place and the reason."""

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any, NoReturn

DEPTH = 64
DIGITS = 64


class JsonRefused(ValueError):
    """`kind` is the last word of the error code: json, json_depth, json_number, json_value, json_text, …"""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`: UTF-8, no duplicate keys, no NaN, no NUL, nothing deeper than 64."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonRefused("json_text", f"Byte {error.start} is no UTF-8; send JSON in UTF-8.") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_constant, parse_int=_integer, parse_float=_number
        )
    except json.JSONDecodeError as error:
        raise JsonRefused("json", f"Line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise _too_deep() from None
    if not isinstance(value, dict):
        raise JsonRefused("json", "The body must be a JSON object, like {…}.")
    _look_through(value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonRefused("json_duplicate_key", f"The key {twice[:80]!r} appears twice in one object; send it once.")
    return made


def _constant(word: str) -> NoReturn:
    raise JsonRefused("json_value", f"{word} is no JSON value; send a number or null.")


def _integer(digits: str) -> int:
    if len(digits) > DIGITS:
        raise JsonRefused("json_number", f"A number of {len(digits)} digits; at most {DIGITS} are read.")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if len(digits) > DIGITS or not isfinite(value):
        raise JsonRefused("json_number", f"{digits[:20]}… is too large or too long for a number.")
    return value


def _too_deep() -> JsonRefused:
    return JsonRefused("json_depth", f"Nested deeper than {DEPTH} levels; send a flatter object.")


def _look_through(value: object) -> None:
    """Without recursion, so that a deep value cannot break us either."""
    level: list[object] = [value]
    for _ in range(DEPTH + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise _too_deep()


def _inside(value: object) -> Iterator[object]:
    match value:
        case dict():
            yield from value.keys()
            yield from value.values()
        case list():
            yield from value
        case str():
            _readable(value)


def _readable(text: str) -> None:
    if "\0" in text:
        raise JsonRefused("json_text", "A text holds the character NUL; remove it.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise JsonRefused("json_text", "A text holds half of a surrogate pair; send whole characters.") from None
