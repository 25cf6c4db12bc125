"""`sluice`: the command."""

from importlib.metadata import PackageNotFoundError, version

import click

from . import access, cluster, definition, freezes, release, running, unit
from .calling import Group
from .exits import EPILOG
from .judge import judge
from .replay import backtest, replay

ABOUT = """Sluice takes commits to clusters in small, judged steps, and takes them back when they are worse.

`sluice demo` shows it on this machine; `sluice init` and `sluice up` begin with an app of your own.

Colours follow NO_COLOR. Completion: `eval "$(_SLUICE_COMPLETE=bash_source sluice)"`, also zsh_source, fish_source.
"""


def own_version() -> str:
    """As installed; a checkout that was never installed says so."""
    try:
        return version("sluice")
    except PackageNotFoundError:
        return "0+checkout"


@click.group(
    cls=Group,
    help=ABOUT,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(own_version(), message="%(version)s")
def sluice() -> None:
    """Only its commands do something."""


for each in (running.demo, definition.init, definition.validate, judge, running.up, running.down):
    sluice.add_command(each)
for each in (
    access.login,
    access.whoami,
    release.release,
    replay,
    backtest,
    unit.unit,
    freezes.freeze,
    access.user,
    access.token,
    cluster.cluster,
):
    sluice.add_command(each)


def main() -> None:
    """The entry point."""
    sluice(prog_name="sluice")


if __name__ == "__main__":
    main()
