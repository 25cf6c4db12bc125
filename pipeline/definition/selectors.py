"""Selectors of PromQL: which series of a Prometheus count what. Read apart and written anew, so nothing slips through.

`shop_orders_total{service="$backend", paid!="no"}` is one. It names raw counters; sums, rates and the like are no
selectors. `$words` in the values stand for what a slot is called where its requests are counted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from .words import unfit

WORDS = ("backend", "cluster", "namespace", "place", "service", "slot")
APART = ("backend", "place", "slot")  # those that tell canary and stable apart

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}"
_MATCHER = r'[a-zA-Z_][a-zA-Z0-9_]{0,99} ?(=|!=|=~|!~) ?"([^"\\\n]|\\["\\nt]){0,500}"'
SELECTOR = rf"^{_NAME}(\{{ ?{_MATCHER}( ?, ?{_MATCHER}){{0,19}} ?,? ?\}})?$"
_PARTS = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*) ?(=~|!~|!=|=) ?"((?:[^"\\\n]|\\.)*)"')
_WORD = re.compile(r"\$([a-z]+)")
_HINT = 'write the raw counter and its labels, like shop_orders_total{service="$backend"}'


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label. `value` is escaped as PromQL has it."""

    label: str
    sign: str
    value: str

    @classmethod
    def exactly(cls, label: str, value: str) -> "Matcher":
        """The label has just this value."""
        return cls(label, "=", _quoted(value))

    def filled(self, words: Mapping[str, str]) -> str:
        """The condition with its words replaced, each as that very text, also within a pattern."""
        literal = _pattern if self.sign in ("=~", "!~") else _quoted
        value = _WORD.sub(lambda found: literal(words[found[1]]), self.value)
        return replace(self, value=value).text

    @property
    def text(self) -> str:
        """The condition as PromQL has it."""
        return f'{self.label}{self.sign}"{self.value}"'


@dataclass(frozen=True, slots=True)
class Selector:
    """A counter and the conditions on its labels."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def filled(self, words: Mapping[str, str], fixed: Iterable[Matcher] = ()) -> str:
        """
        The selector for one slot, with further conditions that hold as they are.

        >>> read('orders{slot="$slot"}').filled({"slot": 'b"} or vector(1) #'})
        'orders{slot="b\\\\"} or vector(1) #"}'
        """
        conditions = [*(one.filled(words) for one in self.matchers), *(one.text for one in fixed)]
        return f"{self.name}{{{', '.join(conditions)}}}"

    def and_(self, *matchers: Matcher) -> "Selector":
        """The same with further conditions."""
        return Selector(self.name, (*self.matchers, *matchers))

    @property
    def words(self) -> Iterator[str]:
        """The words in it."""
        return (word for one in self.matchers for word in _WORD.findall(one.value))


def read(text: str) -> Selector:
    """A selector that was found to be one."""
    name, _, rest = text.partition("{")
    return Selector(name, tuple(Matcher(*found) for found in _PARTS.findall(rest)))


def selector(text: str) -> str:
    """`text`, if it is a selector that tells canary and stable apart."""
    if not _formed(text):
        raise unfit("this is no selector of PromQL", f"{_HINT}; Sluice does the sums")
    words = set(read(text).words)
    if strange := sorted(words - set(WORDS)):
        raise unfit(f"nothing is known of ${strange[0]}", f"there are {', '.join(f'${word}' for word in WORDS)}")
    if not words & set(APART):
        raise unfit("this counts the canary and stable together", 'tell them apart, like {service="$backend"}')
    return text


def counter(text: str) -> str:
    """`text`, if it is the name of a counter, or a selector of one."""
    if not _formed(text):
        raise unfit("this is no counter", "write its name, like shop_orders_total, or a selector of PromQL")
    return selector(text) if "{" in text else text


def _formed(text: str) -> bool:
    return re.fullmatch(SELECTOR, text) is not None


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _pattern(value: str) -> str:
    return _quoted(re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value))


_FORM = {"type": "string", "pattern": SELECTOR, "maxLength": 2000}
Series = Annotated[str, Field(max_length=2000), AfterValidator(selector), WithJsonSchema(_FORM)]
Counter = Annotated[str, Field(max_length=2000), AfterValidator(counter), WithJsonSchema(_FORM)]
