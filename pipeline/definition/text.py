"""YAML text → a tree with the place of every key and value. Hostile input is refused, never a traceback."""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamStartEvent,
)

from .problems import Path, Problem, Spot, bad, shown
from .scalars import Scalar, Unfit, resolve
from .syntax import TABS, reworded, unprintable
from .tree import Tree, Value

MOST_BYTES = 128 * 1024
MOST_NODES = 10_000
DEEPEST = 20


def read_tree(text: str | bytes, name: str) -> Tree:
    """The tree of `text`. BadDefinition if there is none; smaller problems are kept in the tree."""
    lines = _decoded(text, name).split("\n")
    tree = Tree(name, lines)
    if trouble := [tree.problem(*found) for found in unprintable(lines)]:
        raise bad(name, trouble)
    builder = _Builder(tree)
    try:
        builder.document(YAML(typ="safe", pure=True).parse("\n".join(lines)))
    except MarkedYAMLError as wrong:
        found = reworded(wrong.problem or "")
        mark = (found.at_begin and wrong.context_mark) or wrong.problem_mark
        builder.broken(Spot(mark.line + 1, mark.column + 1) if mark else builder.last, found.what, found.hint)
    except _Enough as wrong:
        tree.problems.append(tree.problem(builder.last, *wrong.args))
    except Exception:  # noqa: BLE001 - the one border where the parser may fail in any way at text from outside
        builder.broken(builder.last, "this cannot be read as YAML from here on")
    else:
        builder.check_tabs()
        return tree
    raise bad(name, tree.problems)


def _decoded(text: str | bytes, name: str) -> str:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(raw) > MOST_BYTES:
        size = f"the file has {len(raw):,} bytes; the limit is {MOST_BYTES:,}"
        raise bad(
            name, [Problem(1, 1, "", size, "a definition is written by people; is this the right file?", name=name)]
        )
    try:
        plain = raw.decode("utf-8-sig", "strict" if isinstance(text, bytes) else "surrogatepass")
    except UnicodeDecodeError as wrong:
        before = raw[: wrong.start].decode("utf-8", "replace").split("\n")
        what = f"byte {wrong.start + 1} of the file is not UTF-8"
        place = (len(before), len(before[-1]) + 1)
        raise bad(name, [Problem(*place, "", what, "save the file as UTF-8", before[-1], name=name)]) from wrong
    return plain.replace("\r\n", "\n")


class _Enough(Exception):
    """The text is larger or deeper than any definition: stop reading."""


class _Builder:
    """Goes through the events of one document and fills the tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.nodes = 0
        self.last = Spot(1, 1)
        self.blocks: set[int] = set()  # lines of block texts, where a tab is content
        self.events: Iterator[Event] = iter(())

    def document(self, events: Iterator[Event]) -> None:
        """Read the only document there may be."""
        self.events = events
        start = next(event for event in events if not isinstance(event, StreamStartEvent))
        if not isinstance(start, DocumentStartEvent):
            raise _Enough("the file is empty", "`sluice init` writes one to start from")
        if start.version or start.tags:
            number = next(number for number, line in enumerate(self.tree.lines, start=1) if line.startswith("%"))
            self.complain(Spot(number, 1), "a line that begins with % is refused", "remove the line")
        self.tree.value = self.node(self.next(), ())
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self.last = _spot(event, 3)
                raise _Enough("a second document begins here", "keep one document in the file; remove the line ---")

    def next(self) -> Event:
        """The next event; its place is where trouble is shown."""
        event = next(self.events)
        self.last = _spot(event)
        return event

    def node(self, event: Event, path: Path) -> Value:
        """The value that begins with `event`."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise _Enough(
                f"more than {MOST_NODES:,} values", "a definition is written by people; is this the right file?"
            )
        if len(path) > DEEPEST:
            raise _Enough(f"nested deeper than {DEEPEST} levels", "a definition needs less; is a bracket left open?")
        if path not in self.tree.keys or event.start_mark.index < event.end_mark.index:  # else there is nothing to see
            self.tree.values.setdefault(path, self.last)
        self._refuse(event, path)
        match event:
            case ScalarEvent():
                return self._scalar(event, path)
            case MappingStartEvent():
                return self._mapping(path)
            case CollectionStartEvent():
                return self._sequence(path)
        return None  # an alias, refused above

    def complain(self, spot: Spot, what: str, hint: str, path: Path = ()) -> None:
        """Note a problem and read on."""
        self.tree.problems.append(self.tree.problem(spot, what, hint, path))

    def broken(self, spot: Spot, what: str, hint: str = "") -> None:
        """The text ends to make sense at `spot`; a tab before it is the likely cause."""
        known = len(self.tree.problems)
        self.check_tabs()
        if len(self.tree.problems) > known:
            return
        if self.tree.lines[spot.line - 1][spot.column - 1 :].startswith("\t"):
            what, hint = "a tab where a value should begin", "use spaces"
        self.complain(spot, what, hint)

    def check_tabs(self) -> None:
        """Tabs indent nothing in YAML, and editors show them in any width."""
        for number, line in enumerate(self.tree.lines, start=1):
            if number not in self.blocks and (tab := TABS.match(line)):
                spot = Spot(number, tab.start(1) + 1, len(tab[1]))
                self.complain(spot, "a tab in the indentation", "indent with spaces, two per level")

    def _refuse(self, event: Event, path: Path) -> None:
        """What one value writes once and another repeats is not read: people review what stands there."""
        match event:
            case AliasEvent():
                told = f"*{shown(event.anchor)} refers to another value", "write the value out here"
            case ScalarEvent(anchor=str()) | CollectionStartEvent(anchor=str()):
                told = f"the anchor &{shown(event.anchor)} is refused", "write the value out in each place"
            case ScalarEvent(tag=str()) | CollectionStartEvent(tag=str()):
                told = f"the tag {shown(_tag(event))} is refused", "remove it; types follow from the value"
            case _:
                return
        width = len(event.anchor) + 1 if event.anchor else self.last.width
        self.complain(Spot(self.last.line, self.last.column, width), *told, path)
        self.tree.refused.add(path)

    def _scalar(self, event: ScalarEvent, path: Path) -> Scalar:
        self.tree.written.setdefault(path, event.value)
        if event.style in ("|", ">"):
            self.blocks.update(range(event.start_mark.line + 2, event.end_mark.line + 1))
        if event.style:
            return self._checked(event.value, path)
        value = resolve(event.value)
        if not isinstance(value, Unfit):
            return value
        self.complain(self.last, value.what, value.hint, path)
        self.tree.refused.add(path)
        return None

    def _checked(self, value: str, path: Path) -> str | None:
        if unseen := next(unprintable(value.split("\n")), None):
            self.complain(self.last, unseen[1], "remove it", path)
            self.tree.refused.add(path)
            return None
        return value

    def _sequence(self, path: Path) -> list[Any]:
        made: list[Any] = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            made.append(self.node(event, (*path, len(made))))
        return made

    def _mapping(self, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not isinstance(event := self.next(), MappingEndEvent):
            spot, key = self.last, self._key(event, path)
            if key is None:
                self.node(self.next(), (*path, "?"))
                continue
            here = (*path, key)
            first = self.tree.keys.setdefault(here, spot)
            value = self.node(self.next(), here)
            if key in made:
                what = f'the key "{shown(key)}" is here twice; the first is in line {first.line}'
                self.complain(spot, what, "keep one of them", here)
            made.setdefault(key, value)
        return made

    def _key(self, event: Event, path: Path) -> str | None:
        """The key as it is written: `on`, `1` and `null` are texts here. None: refused."""
        spot = self.last
        if not isinstance(event, ScalarEvent):
            self.node(event, (*path, "?"))
            self.complain(spot, "a key must be a text", "write the key as one word before the colon", path)
            return None
        key = str(event.value)
        self._refuse(event, (*path, key))
        if key == "<<" and not event.style:
            self.complain(spot, "the merge key << is refused", "write the keys out here", path)
            return None
        return self._checked(key, path)


def _spot(event: Event, width: int = 0) -> Spot:
    start, end = event.start_mark, event.end_mark
    inside = end.column - start.column if end.line == start.line else 1_000
    return Spot(start.line + 1, start.column + 1, width or max(1, inside))


def _tag(event: ScalarEvent | CollectionStartEvent) -> str:
    return str(event.tag).replace("tag:yaml.org,2002:", "!!")
