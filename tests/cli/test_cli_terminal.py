"""What is printed: plain for programs, moving only where somebody looks, never more than is meant."""

import doctest
import io
import re

import pytest
from rich.console import Console
from rich.text import Text

from cli import moving, terminal
from cli.moving import Moving
from cli.story.crowd import Tally
from cli.story.seen import Seen
from cli.story.shop import Commit
from cli.story.telling import Teller
from cli.terminal import Screen

LOOKS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def somebody_looks(width: int = 100) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system="truecolor", highlight=False)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("module", [terminal, moving], ids=lambda module: module.__name__)
def test_the_examples_are_true(module):
    assert doctest.testmod(module).failed == 0


def test_lines_move_where_somebody_looks_and_are_never_longer_than_the_terminal():
    console = somebody_looks(40)
    with Moving(console) as lines:
        lines.show(Text("x" * 90))

    assert "x" * 39 + "…" in LOOKS.sub("", printed(console))


def test_nothing_moves_where_nobody_looks():
    console = Console(file=io.StringIO())
    with Moving(console) as lines:
        lines.show(Text("x"))

    assert printed(console) == ""


def test_colours_are_for_those_who_look_and_did_not_ask_for_none():
    plain = Console(file=io.StringIO(), force_terminal=True, no_color=True)

    assert Screen(console=somebody_looks()).colours
    assert not Screen(console=plain).colours
    assert not Screen(console=Console(file=io.StringIO())).colours


def test_words_in_brackets_are_words_and_no_markup():
    console = somebody_looks()

    Screen(console=console).say("[red]not red[/red] :smile:")

    assert printed(console) == "[red]not red[/red] :smile:\n"


def test_the_demo_shows_the_share_of_each_cluster_as_it_goes():
    console = somebody_looks()
    on_its_way = Seen(Commit("v2", "b", "x"))
    on_its_way.found = {"targets": [{"cluster": "az1", "share": 25}], "stands": "Canary on az1 at 25 %."}
    with Teller(console) as teller:
        teller.now(("az1", "dr"), on_its_way, "v1", Tally())

    told = LOOKS.sub("", printed(console))
    assert "az1 ████████████ v2  25 %   dr  ████████████ v2   0 %" in told
    assert "Canary on az1 at 25 %." in told
