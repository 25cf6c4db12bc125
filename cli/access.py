"""`sluice login`, `token …`, `user …`, `whoami`: who may, and how the terminal proves it."""

import platform
import sys

import click

from . import credentials
from .calling import Group, Talk, calls, server_option
from .client import Api, Json
from .credentials import Kept
from .exits import EPILOG, Exit, Stop
from .terminal import Screen, clock

SCOPES = ("read", "operate", "admin")
ROLES = ("viewer", "developer", "release manager", "admin")

token = Group("token", help="Tokens: for this terminal, for bots.")
user = Group("user", help="People and bots who may sign in. Needs an admin.")


def sign_in(server: str, name: str, password: str, scopes: tuple[str, ...], *, days: int, label: str) -> str:
    """A token for name and password."""
    asked = {"username": name, "password": password, "name": label, "scopes": list(scopes), "days": days}
    return str(Api(server, "").post("/sign-in", asked)["token"])


@click.command("login", epilog=EPILOG)
@server_option
@click.option("--user", "name", prompt="Name", help="Your name in Sluice.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, default=("read", "operate"))
@click.option("--days", type=click.IntRange(1, 90), default=30, show_default=True, help="How long it lasts.")
def login(server: str | None, name: str, password_stdin: bool, scopes: tuple[str, ...], days: int) -> None:
    """Sign in once; this terminal remembers it.

    The token is kept in ~/.config/sluice/credentials, for this user of this machine alone.
    """
    chosen = credentials.find(server, "").server
    word = _password(from_stdin=password_stdin, twice=False)
    label = f"sluice login on {platform.node()}"[:80]
    made = sign_in(chosen, name, word, scopes, days=days, label=label)
    kept = Kept.at(credentials.own_file())
    kept.keep(chosen, made)
    Screen().say(f"Signed in to {chosen} as {name} for {days} days. The token is in {kept.path}.")


@click.command("whoami", epilog=EPILOG)
@calls
def whoami(talk: Talk) -> None:
    """Who this terminal is for Sluice."""
    found = talk.api.get("/whoami")
    groups = f", in {', '.join(found['groups'])}" if found["groups"] else ""
    told = (
        f"{found['name']}, {found['role']}{groups}; this token may {', '.join(found['scopes'])}; at {talk.api.server}"
    )
    talk.screen.give(found, lambda: talk.screen.say(told))


@token.command("create")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, default=("read",), show_default=True)
@click.option("--days", type=click.IntRange(1, 90), default=30, show_default=True, help="How long it lasts.")
@calls
def create_token(talk: Talk, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token; it is shown this once.

    A scope contains those before it: read, operate, admin.
    """
    made = talk.api.post("/tokens", {"name": name, "scopes": list(scopes), "days": days})
    talk.screen.give(made, lambda: click.echo(made["token"]))
    talk.screen.note(f"It is valid until {clock(made['expires_at'])} UTC and is not shown again.")


@token.command("list")
@calls
def list_tokens(talk: Talk) -> None:
    """Your tokens; an admin sees all."""
    found = talk.api.get("/tokens")
    heads = ("NUMBER", "NAME", "OF", "BEGINS WITH", "MAY", "EXPIRES (UTC)", "LAST USED (UTC)")
    rows = [
        (
            str(one["id"]),
            one["name"],
            one["account"],
            f"slc_{one['prefix']}",
            ", ".join(one["scopes"]),
            clock(one["expires_at"]),
            clock(one["last_used"]) or "never",
        )
        for one in found["tokens"]
    ]
    talk.screen.give(found, lambda: talk.screen.table(heads, rows, "No token is valid."))


@token.command("revoke")
@click.argument("number", type=int)
@calls
def revoke_token(talk: Talk, number: int) -> None:
    """The token is of no use from now on."""
    gone = talk.api.delete(f"/tokens/{number}")
    talk.screen.give(gone, lambda: talk.screen.say(f"Token {number}, {gone['name']}, is revoked."))


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="developer", show_default=True)
@click.option("--email", default="", help="As in their commits: nobody approves what they wrote.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@calls
def add_user(talk: Talk, name: str, role: str, email: str, password_stdin: bool) -> None:
    """Add a person or a bot."""
    word = _password(from_stdin=password_stdin, twice=True)
    made = talk.api.post("/users", {"name": name, "role": role, "email": email, "password": word})
    talk.screen.give(made, lambda: talk.screen.say(f"{name} may sign in at {talk.api.server} as {role}."))


@user.command("change")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES))
@click.option("--disable/--enable", "disabled", default=None, help="Whether they may sign in.")
@click.option("--password-stdin", is_flag=True, help="A new password, from standard input.")
@calls
def change_user(talk: Talk, name: str, role: str | None, disabled: bool | None, password_stdin: bool) -> None:
    """Change a role or a password, or lock somebody out. Their open sessions end."""
    word = _password(from_stdin=True, twice=False) if password_stdin else None
    asked: Json = {"role": role, "disabled": disabled, "password": word}
    wanted = {key: value for key, value in asked.items() if value is not None}
    if not wanted:
        raise click.UsageError("Nothing to change: give --role, --disable, --enable or --password-stdin.")
    made = talk.api.post(f"/users/{name}", wanted)
    state = "may not sign in" if made["disabled"] else f"may sign in as {made['role']}"
    talk.screen.give(made, lambda: talk.screen.say(f"{made['name']} {state}."))


@user.command("list")
@calls
def list_users(talk: Talk) -> None:
    """Everybody who may sign in, or might."""
    found = talk.api.get("/users")
    rows = [
        (one["name"], one["role"], one["email"], "may not sign in" if one["disabled"] else "") for one in found["users"]
    ]
    talk.screen.give(found, lambda: talk.screen.table(("NAME", "ROLE", "E-MAIL", ""), rows, "Nobody."))


def _password(*, from_stdin: bool, twice: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise Stop("Nobody is here to type a password; give it with --password-stdin.", Exit.USAGE)
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=twice))
