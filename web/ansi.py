"""Log bytes become lines of plain text with a few colours; nothing in them can move, hide or forge a line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

LONGEST = 4000  # characters shown of one line; the download has them all
BRIGHT = 170  # a grey above it is the normal colour of text
HUES = {0: "a-d", 1: "a-r", 2: "a-g", 3: "a-y", 4: "a-b", 5: "a-b", 6: "a-b", 7: ""}

_SEQUENCE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]*)m"  # colours: the one thing we follow
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # cursor moves, erasing, modes
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # titles, links, device strings
    r"|\x1b[ -/]*[0-~]?"  # all else that begins with ESC
)
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Look:
    """How text is shown: the class of its hue, and whether it is strong or faint."""

    hue: str = ""
    strong: bool = False
    faint: bool = False

    @property
    def classes(self) -> str:
        """CSS classes, all from our own list."""
        hue = self.hue or ("a-d" if self.faint else "")
        return " ".join(name for name in (hue, "a-s" if self.strong else "") if name)


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one look. Templates escape it; it holds no control character."""

    text: str
    classes: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line with its number, counted from 1."""

    number: int
    spans: tuple[Span, ...] = field(default=())

    @property
    def text(self) -> str:
        """The line without its colours."""
        return "".join(span.text for span in self.spans)


def lines(data: bytes, first: int = 1) -> Iterator[LogLine]:
    """
    The lines of `data`, numbered from `first`. Each is shown on its own: a colour ends with its line.

    >>> [line.text for line in lines(b"one\\ntwo")]
    ['one', 'two']
    """
    pieces = data.split(b"\n")
    if pieces[-1] == b"":
        pieces.pop()
    for number, piece in enumerate(pieces, first):
        yield LogLine(number, tuple(spans(piece.decode("utf-8", "replace"))))


def spans(line: str) -> Iterator[Span]:
    """
    One line as spans. A carriage return starts it anew, as progress bars do.

    >>> list(spans("\\x1b[31mno\\x1b[0m, 10 %\\r\\x1b[32myes"))
    [Span(text='yes', classes='a-g')]
    """
    line = _last_drawn(line)
    look, at, room = Look(), 0, LONGEST
    for found in _SEQUENCE.finditer(line):
        yield from _span(line[at : found.start()][:room], look)
        room -= min(room, found.start() - at)
        if found["sgr"] is not None:
            look = after(look, found["sgr"])
        at = found.end()
    yield from _span(line[at:][:room], look)
    if len(line) - at > room:
        yield Span(f" … {len(line) - at - room} characters more, see the download", "a-d")


def after(look: Look, parameters: str) -> Look:
    """
    The look after the parameters of one SGR sequence.

    >>> after(Look(), "1;31").classes
    'a-r a-s'
    """
    codes = [int(code) if code and len(code) < 4 else 0 for code in re.split("[;:]", parameters)]
    while codes:
        code = codes.pop(0)
        if code in (38, 48):
            hue = _extended(codes)
            look = replace(look, hue=hue) if code == 38 else look
        else:
            look = _simple(look, code)
    return look


def _simple(look: Look, code: int) -> Look:
    match code:
        case 0:
            return Look()
        case 1:
            return replace(look, strong=True)
        case 2:
            return replace(look, faint=True)
        case 22:
            return replace(look, strong=False, faint=False)
        case 39:
            return replace(look, hue="")
    if 30 <= code <= 37 or 90 <= code <= 97:
        return replace(look, hue=HUES[code % 10])
    return look


def _extended(codes: list[int]) -> str:
    """The hue after 38 or 48; takes its parameters from `codes`."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return _of_256(codes.pop(0))
    if kind == 2 and len(codes) >= 3:
        return _nearest(codes.pop(0), codes.pop(0), codes.pop(0))
    codes.clear()
    return ""


def _of_256(code: int) -> str:
    if code < 16:
        return HUES[code % 8]
    if code > 231:
        return "" if code > 250 else "a-d"
    code -= 16
    return _nearest(*(51 * part for part in (code // 36, code // 6 % 6, code % 6)))


def _nearest(red: int, green: int, blue: int) -> str:
    most, least = max(red, green, blue), min(red, green, blue)
    if most - least < 40:
        return "" if most > BRIGHT else "a-d"
    if blue == most:
        return "a-b"
    if red == most:
        return "a-y" if green > (red + blue) / 2 else "a-r"
    return "a-g"


def _last_drawn(line: str) -> str:
    return next((part for part in reversed(line.split("\r")) if part), "")


def _span(text: str, look: Look) -> Iterator[Span]:
    if text:
        yield Span(_HIDDEN.sub(_shown, text), look.classes)


def _shown(found: re.Match[str]) -> str:
    """A sign for a character that would act or hide."""
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else f"<U+{code:04X}>"
