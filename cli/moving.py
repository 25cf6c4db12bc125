"""A few lines at the bottom of a terminal that move while the others scroll by; nothing where nobody looks."""

from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

CELLS = 12  # width of a bar


class Moving:
    """The moving lines of one console, until its end."""

    def __init__(self, console: Console, *, wanted: bool = True) -> None:
        self._console = console
        self._live: Live | None = None
        self._wanted = wanted and console.is_terminal

    def __enter__(self) -> "Moving":
        if self._wanted:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, *lines: Text) -> None:
        """These lines from now on, none of them longer than the terminal is wide."""
        if self._live is not None:
            for line in lines:
                line.no_wrap, line.overflow = True, "ellipsis"
            self._live.update(Group(Text(""), *lines), refresh=True)


def bar(share: int, style: str, rest: str = "dim", *, filled_up: bool = True) -> Text:
    """
    A share as a bar: never full before it is all, never empty once it is something.

    >>> [bar(share, "", filled_up=False).plain for share in (0, 1, 99)]
    ['░░░░░░░░░░░░', '█░░░░░░░░░░░', '███████████░']
    """
    cells = round(CELLS * share / 100)
    if 0 < share < 100:
        cells = max(1, min(CELLS - 1, cells))
    return Text("█" * cells, style).append(("█" if filled_up else "░") * (CELLS - cells), rest)
