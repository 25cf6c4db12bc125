"""Whatever the API can do, the terminal can."""

import click
import pytest

from cli.__main__ import sluice
from web.actions import ACTIONS


def command(words: str) -> click.Command | None:
    """The command of these words, if there is one."""
    found: click.Command | None = sluice
    for word in words.split():
        found = found.commands.get(word) if isinstance(found, click.Group) else None
    return found


def every(group: click.Group, *words: str):
    for name, found in group.commands.items():
        if isinstance(found, click.Group):
            yield from every(found, *words, name)
        else:
            yield " ".join((*words, name)), found


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.name)
def test_every_action_of_the_table_is_a_command(action):
    found = command(action.cli)

    assert found is not None
    options = {option for param in found.params for option in param.opts}
    if action.reason != "no":
        assert options & {"--reason", "--comment"}
    if action.reason == "must":
        asked = next(param for param in found.params if set(param.opts) & {"--reason", "--comment"})
        assert asked.required


@pytest.mark.parametrize(
    ("words", "found"), list(every(sluice)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_says_what_it_does_and_tells_its_exit_codes(words, found):
    said = found.get_help(click.Context(found, info_name=words))

    assert found.help
    assert "Exit codes:" in said
    assert "3  the release still waits for a gate" in said


def test_every_command_that_prints_data_prints_it_as_json_too():
    local = {
        "up",
        "down",
        "demo",
        "init",
        "login",
        *(f"cluster {verb}" for verb in ("add", "check", "rotate", "remove")),
    }

    without = {words for words, found in every(sluice) if not any("--json" in param.opts for param in found.params)}

    assert without == local
