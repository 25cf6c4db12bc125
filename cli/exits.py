"""What the exit code of `sluice` says, for scripts."""

from enum import IntEnum

import click


class Exit(IntEnum):
    """The five codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    NOT_ALLOWED = 4


SAYS = {
    Exit.OK: "done; with watch: the release is live",
    Exit.FAILED: "it failed; with watch: the release was rolled back",
    Exit.USAGE: "the command was not understood",
    Exit.WAITING: "the release still waits for a gate",
    Exit.NOT_ALLOWED: "you may not do this, or nobody is logged in",
}

EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code:d}  {says}" for code, says in SAYS.items())


class Stop(click.ClickException):
    """The command ends here; the text says what, where and what to do next."""

    def __init__(self, why: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(why)
        self.exit_code = int(code)  # type: ignore[misc]  # click means it to be set, see click.exceptions.Exit
