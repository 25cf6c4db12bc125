"""`sluice release start`: ask for a release of the head of an app's branch, and find it."""

import time

import click

from . import following
from .calling import Group, Talk, calls
from .client import Json
from .exits import Exit, Stop

FOUND = 30.0  # seconds in which a release that was asked for must appear
LOOK = 0.25


def add_to(group: Group) -> None:
    """Make `start` a command of `group`."""

    @group.command("start")
    @click.argument("app")
    @click.option("--reason", default="", help="For those who ask why.")
    @click.option("--watch", is_flag=True, help="Follow it until it ends; the exit code says how it went.")
    @calls
    def start(talk: Talk, app: str, reason: str, watch: bool) -> None:
        """Make a release of the head of the app's branch."""
        before = _newest(talk, app)
        told = talk.api.post(f"/apps/{app}/start", {"reason": reason})
        found = _appeared(talk, app, before)
        show = talk.screen.news if watch else talk.screen.give
        show({**told, "release": found["id"]}, lambda: _say(talk, found))
        if watch:
            raise SystemExit(following.watch(talk, found["id"], people=False, timeout=None))


def _say(talk: Talk, found: Json) -> None:
    talk.screen.say((f"R-{found['id']}", "bold"), f" is {found['app']} {found['version']}. ", (found["subject"], "dim"))


def _newest(talk: Talk, app: str) -> int:
    found = talk.api.get("/releases", app=app, limit=1)["releases"]
    return int(found[0]["id"]) if found else 0


def _appeared(talk: Talk, app: str, before: int) -> Json:
    """The release that came of the wish: the first one of the app after it that the asker began."""
    me = talk.api.get("/whoami")["name"]
    give_up = time.monotonic() + FOUND
    while time.monotonic() < give_up:
        newer: list[Json] = talk.api.get("/releases", app=app)["releases"]
        for found in reversed(newer):
            if found["id"] > before and _began(talk, found["id"]) == me:
                return found
        time.sleep(LOOK)
    raise Stop(
        f"No release of {app} appeared in {FOUND:.0f} s. The workers may be busy; see `sluice release list`.",
        Exit.FAILED,
    )


def _began(talk: Talk, number: int) -> str:
    events = talk.api.get(f"/releases/{number}/journal", limit=100)["events"]
    return str(events[-1]["actor"]) if events else ""
