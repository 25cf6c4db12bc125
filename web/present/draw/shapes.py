"""The shapes a drawing is made of. They hold numbers and text; `_draw.html` writes and escapes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line. Units: pixels of the drawing, as everywhere here."""

    kind: ClassVar[str] = "line"
    x1: str
    y1: str
    x2: str
    y2: str
    cls: str


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points."""

    kind: ClassVar[str] = "path"
    d: str
    cls: str


@dataclass(frozen=True, slots=True)
class Rect:
    """A box."""

    kind: ClassVar[str] = "rect"
    x: str
    y: str
    width: str
    height: str
    cls: str
    radius: int = 0


@dataclass(frozen=True, slots=True)
class Dot:
    """A small circle."""

    kind: ClassVar[str] = "dot"
    x: str
    y: str
    cls: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words, their base line at y."""

    kind: ClassVar[str] = "text"
    x: str
    y: str
    text: str
    cls: str = ""
    anchor: Anchor = "start"


@dataclass(frozen=True, slots=True)
class Icon:
    """One of the icons of the pages, 16 wide and high."""

    kind: ClassVar[str] = "icon"
    x: str
    y: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """Shapes that lead somewhere together. `label` begins with the text that is seen."""

    kind: ClassVar[str] = "link"
    href: str
    label: str
    cls: str
    shapes: "tuple[Shape, ...]"


Shape = Line | Path | Rect | Dot | Text | Icon | Link


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole drawing. `label` says the same in a sentence; `role` is group where links are inside."""

    width: int
    height: int
    label: str
    shapes: tuple[Shape, ...]
    cls: str = "chart"
    role: Literal["img", "group"] = "img"


def px(value: float) -> str:
    """
    A number as SVG has it, to a tenth of a pixel.

    >>> px(12.0), px(3.14159), px(-0.04)
    ('12', '3.1', '0')
    """
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> Line:
    return Line(px(x1), px(y1), px(x2), px(y2), cls)


def rect(x: float, y: float, width: float, height: float, cls: str, radius: int = 0) -> Rect:
    return Rect(px(x), px(y), px(width), px(height), cls, radius)


def dot(x: float, y: float, cls: str) -> Dot:
    return Dot(px(x), px(y), cls)


def text(x: float, y: float, words: str, cls: str = "", anchor: Anchor = "start") -> Text:
    return Text(px(x), px(y), words, cls, anchor)


def path(points: Sequence[tuple[float, float]], cls: str) -> Path:
    """
    A line through `points`.

    >>> path([(0, 1), (2.25, 3)], "can").d
    'M0 1L2.2 3'
    """
    return Path("M" + "L".join(f"{px(x)} {px(y)}" for x, y in points), cls)
