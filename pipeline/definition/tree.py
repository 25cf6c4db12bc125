"""What was read of a text: the value, where everything in it is, and what is wrong so far."""

from dataclasses import dataclass, field
from typing import Any

from .problems import Complaint, Path, Problem, Spot, path_text
from .scalars import Scalar

Value = Scalar | list[Any] | dict[str, Any]


@dataclass(slots=True)
class Tree:
    """A text that was read."""

    name: str
    lines: list[str]
    value: Value = None
    keys: dict[Path, Spot] = field(default_factory=dict)
    values: dict[Path, Spot] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)  # scalars as they stand in the text
    refused: set[Path] = field(default_factory=set)  # values that are refused already: say nothing more of them
    problems: list[Problem] = field(default_factory=list)

    def problem(self, spot: Spot, what: str, hint: str = "", path: Path = ()) -> Problem:
        """A problem at `spot`, with its line."""
        line = self.lines[spot.line - 1] if spot.line <= len(self.lines) else ""
        return Problem(spot.line, spot.column, path_text(path), what, hint, line, spot.width, self.name)

    def place(self, found: Complaint) -> Problem:
        """`found` with its place in the text."""
        return self.problem(self.spot(found.path, of_key=found.of_key), found.what, found.hint, found.path)

    def spot(self, path: Path, *, of_key: bool = False) -> Spot:
        """Where `path` is in the text, or the nearest above it that is there."""
        here = (self.keys, self.values) if of_key else (self.values, self.keys)
        above = [path[:length] for length in reversed(range(len(path)))]
        found = [places.get(path) for places in here]
        found += [places.get(near) for near in above for places in (self.keys, self.values)]
        return next(filter(None, found))
