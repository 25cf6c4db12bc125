"""How answers look in a terminal, and as JSON for programs; text of others never steers the terminal."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

STYLES = {"pass": "green", "wait": "yellow", "fail": "red", "run": "cyan", "todo": "dim"}
WIDE = 240  # columns when nobody looks: a program reads whole lines
_STEERING = re.compile(r"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


def plain(text: object) -> str:
    """
    Text of others without anything that moves the cursor, colours or rings.

    >>> plain("a\\x1b[2Jb\\x07")
    'ab'
    """
    return _STEERING.sub("", str(text))


def coloured(text: str) -> str:
    """
    The same, but colours stay: for logs.

    >>> coloured("\\x1b[31mred\\x1b[0m\\x1b[2J")
    '\\x1b[31mred\\x1b[0m'
    """
    return _STEERING.sub(lambda found: found[0] if _COLOUR.fullmatch(found[0]) else "", text)


class Screen:
    """Where one command prints. With `as_json` only data goes out, and only as JSON."""

    def __init__(self, *, as_json: bool = False, console: Console | None = None) -> None:
        self.as_json = as_json
        self.console = console or new_console()

    @property
    def colours(self) -> bool:
        """Somebody looks, and did not ask for none."""
        return self.console.is_terminal and not self.console.no_color

    def give(self, data: Mapping[str, Any], draw: Callable[[], None]) -> None:
        """The data as it is, or drawn."""
        if self.as_json:
            click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        else:
            draw()

    def news(self, data: Mapping[str, Any], draw: Callable[[], None]) -> None:
        """One of many: a line of JSON, or drawn."""
        if self.as_json:
            click.echo(json.dumps(data, ensure_ascii=False))
        else:
            draw()

    def say(self, *parts: str | tuple[str, str]) -> None:
        """One line; a part is a text or a text and its style."""
        told = [(plain(part), "") if isinstance(part, str) else (plain(part[0]), part[1]) for part in parts]
        self.console.print(Text.assemble(*told), soft_wrap=True)

    def note(self, text: str) -> None:
        """Something for the person who looks; a program reads data only."""
        if not self.as_json:
            self.say((text, "dim"))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str | tuple[str, str]]], none: str) -> None:
        """Rows under heads, or the sentence for none."""
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(_cell(cell) for cell in row))
        if table.row_count:
            self.console.print(table)
        else:
            self.note(none)


def new_console(*, stderr: bool = False) -> Console:
    """NO_COLOR and terminals without colours are respected; without a terminal lines are as long as they are."""
    console = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, markup=False, width=WIDE)


def clock(moment: str | None) -> str:
    """
    A time of the API as people read it, in UTC.

    >>> clock("2026-11-24T14:32:10Z"), clock(None)
    ('2026-11-24 14:32:10', '')
    """
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else ""


def hour(moment: str) -> str:
    """
    >>> hour("2026-11-24T14:32:10.5Z")
    '14:32:10'
    """
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%H:%M:%S}"


def ago(moment: str, now: datetime) -> str:
    """
    >>> ago("2026-11-24T14:32:10Z", datetime(2026, 11, 24, 14, 35, tzinfo=UTC))
    '2 min ago'
    """
    seconds = max(0.0, (now - datetime.fromisoformat(moment)).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def _cell(cell: str | tuple[str, str]) -> Text:
    return Text(plain(cell)) if isinstance(cell, str) else Text(plain(cell[0]), style=cell[1])
