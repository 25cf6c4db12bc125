"""The plan as a graph: steps left to right, waves as groups, what people or freezes hold as gates before them."""

from collections.abc import Sequence
from dataclasses import dataclass

from .shapes import Drawing, Icon, Link, Shape, line, px, rect, text

WIDTH, HEIGHT, GAP, PAD = 1140, 50, 16, 12
HEAD = 34  # above the steps of a wave: its name
ROW = HEAD + HEIGHT + PAD + 14  # one line of waves
ICONS = {"done": "pass", "now": "run", "hold": "wait", "bad": "fail", "back": "back", "todo": "todo", "off": "todo"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One step or gate. `status` is a key of `ICONS`, `word` says the same to who does not see it."""

    href: str
    title: str
    note: str
    status: str
    word: str

    @property
    def width(self) -> int:
        """Wide enough for its words at 12 and 11 pixels."""
        return max(98, 31 + PAD + round(max(6.6 * len(self.title), 5.9 * len(self.note))))


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that belong together: a wave with its clusters, or one step alone (no name)."""

    name: str
    note: str
    cells: tuple[Cell, ...]

    @property
    def width(self) -> int:
        inner = sum(cell.width for cell in self.cells) + GAP * (len(self.cells) - 1)
        if not self.name:
            return inner
        words = 2 * PAD + round(6.8 * len(self.name) + 5.9 * len(self.note)) + (PAD if self.note else 0)
        return max(inner + 2 * PAD, words)


def plan_graph(groups: Sequence[Group], width: int = WIDTH) -> Drawing:
    """All groups in rows of at most `width` pixels, joined by lines; a row that ends joins the next."""
    rows = _rows(groups, width)
    shapes: list[Shape] = []
    for number, row in enumerate(rows):
        shapes += _row(row, number * ROW + HEAD + 8, first=number == 0, last=number == len(rows) - 1)
    widest = max((sum(group.width + GAP for group in row) - GAP + 4 for row in rows), default=width)
    label = "Plan of the release as a graph"
    return Drawing(max(width, widest), len(rows) * ROW, label, tuple(shapes), "graph", "group")


def _rows(groups: Sequence[Group], width: int) -> list[list[Group]]:
    rows: list[list[Group]] = [[]]
    used = 0
    for group in groups:
        if rows[-1] and used + group.width > width - 4:
            rows.append([])
            used = 0
        rows[-1].append(group)
        used += group.width + GAP
    return rows


def _row(groups: Sequence[Group], y: float, *, first: bool, last: bool) -> list[Shape]:
    middle, x = y + HEIGHT / 2, 2.0
    shapes: list[Shape] = []
    edge: float | None = None if first else 0.0
    for group in groups:
        start = x
        if group.name:
            shapes.append(rect(x, y - HEAD, group.width, HEIGHT + HEAD + PAD, "wave", 8))
            shapes.append(text(x + PAD, y - HEAD / 2 + 3, group.name))
            if group.note:
                shapes.append(text(x + group.width - PAD, y - HEAD / 2 + 3, group.note, "t2", "end"))
            start += PAD
        for cell in group.cells:
            if edge is not None:
                shapes.append(line(edge, middle, start, middle, "edge"))
            shapes.append(_cell(cell, start, y))
            start += cell.width + GAP
            edge = start - GAP
        x += group.width + GAP
    if not last and edge is not None:
        shapes.append(line(edge, middle, edge + GAP, middle, "edge"))
    return shapes


def _cell(cell: Cell, x: float, y: float) -> Link:
    label = f"{cell.title} {cell.note}, {cell.word}".replace(" ,", ",")
    box = rect(x, y, cell.width, HEIGHT, "box", 6)
    sign = Icon(px(x + 9), px(y + 8), ICONS[cell.status])
    words = (text(x + 31, y + 20.5, cell.title), text(x + 31, y + 37, cell.note, "t2"))
    return Link(cell.href, label, cell.status, (box, sign, *words))
