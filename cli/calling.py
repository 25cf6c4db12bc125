"""What every command that calls the API has in common: whom it asks, as whom, and how it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click
from click.shell_completion import CompletionItem

from . import credentials
from .client import Api
from .exits import EPILOG, Stop
from .terminal import Screen

Command = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Talk:
    """The API and the terminal of one command."""

    api: Api
    screen: Screen


def server_option(command: Command) -> Command:
    """`--server`."""
    return click.option("--server", envvar="SLUICE_URL", metavar="URL", help="Address of Sluice; or SLUICE_URL.")(
        command
    )


def calls(command: Command) -> Command:
    """Give a command the API and a screen, and the options that choose them."""

    @server_option
    @click.option("--token", envvar="SLUICE_TOKEN", metavar="TOKEN", help="Who asks; better SLUICE_TOKEN or a log-in.")
    @click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
    @wraps(command)
    def run(*, server: str | None, token: str | None, as_json: bool, **more: Any) -> None:
        login = credentials.find(server, token)
        command(Talk(Api(login.server, login.token), Screen(as_json=as_json)), **more)

    return run


class Group(click.Group):
    """A group whose commands tell the exit codes at the end of their help."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        cmd.epilog = cmd.epilog or EPILOG
        super().add_command(cmd, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were added: the ones to begin with first."""
        return list(self.commands)


class Number(click.ParamType[int]):
    """A number of a release, as people write it: 12 or R-12."""

    name = "release"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).upper().removeprefix("R-")
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            self.fail(f"{value!r} is no release; write its number, like 12 or R-12.", param, ctx)
        return int(text)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The newest releases, if a server is known and answers."""
        try:
            login = credentials.find(ctx.params.get("server"), ctx.params.get("token"))
            found = Api(login.server, login.token).get("/releases")["releases"]
        except Stop:
            return []
        items = [(f"R-{one['id']}", f"{one['app']} {one['version']}, {one['state']}") for one in found]
        return [
            CompletionItem(name, help=told)
            for name, told in items
            if name.startswith(incomplete.upper()) or name.removeprefix("R-").startswith(incomplete)
        ]


release_argument = click.argument("number", metavar="RELEASE", type=Number())
