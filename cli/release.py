"""`sluice release …`: look at releases."""

from datetime import UTC, datetime

import click

from . import changed, following, starting, verbs
from .calling import Group, Talk, calls, release_argument
from .client import Json
from .terminal import STYLES, ago

MARKS = {"done": ("✓", "green"), "here": ("●", "cyan"), "ahead": ("·", "dim")}
STATES = ("running", "rolling back", "halted", "live", "rolled back")

release = Group("release", help="Look at releases, and move them.")


@release.command("list")
@click.option("--app", help="Of one app.")
@click.option("--state", type=click.Choice(STATES), help="In one state.")
@click.option("--text", help="With this in number, version, commit or subject.")
@click.option("--limit", type=click.IntRange(1, 100), default=25, show_default=True)
@calls
def show_list(talk: Talk, app: str | None, state: str | None, text: str | None, limit: int) -> None:
    """Releases, newest first."""
    found = talk.api.get("/releases", app=app, state=state, text=text, limit=limit)
    now = datetime.now(UTC)
    heads = ("RELEASE", "APP", "VERSION", "STATE", "SINCE", "SUBJECT")
    rows = [
        (
            f"R-{one['id']}",
            one["app"],
            one["version"],
            (one["state"], STYLES[one["colour"]]),
            ago(one["since"], now),
            one["subject"][:60],
        )
        for one in found["releases"]
    ]
    none = "No release yet. `sluice release start APP` makes one of the head of the app's branch."
    talk.screen.give(found, lambda: talk.screen.table(heads, rows, none))


@release.command("show")
@release_argument
@click.option("--exit-status", is_flag=True, help="Tell by the exit code where it stands: 0, 1 or 3.")
@calls
def show(talk: Talk, number: int, exit_status: bool) -> None:
    """One release: where it stands, its plan, what you may do."""
    found = talk.api.get(f"/releases/{number}")
    talk.screen.give(found, lambda: _draw(talk, found))
    if exit_status:
        raise SystemExit(following.stands(found))


@release.command("explain")
@release_argument
@calls
def explain(talk: Talk, number: int) -> None:
    """Its story in sentences: what happened, and why."""
    found = talk.api.get(f"/releases/{number}/explain")
    talk.screen.give(found, lambda: talk.screen.say("\n".join(found["lines"])))


@release.command("diff")
@release_argument
@calls
def diff(talk: Talk, number: int) -> None:
    """What is new in it: commits, definition, and the objects in each cluster.

    Compared with what is live there now. What looks like a secret is hidden; a sign stands for it that changes with it.
    """
    found = talk.api.get(f"/releases/{number}/changes")
    talk.screen.give(found, lambda: changed.draw(talk.screen, found))


@release.command("watch")
@release_argument
@click.option("--until", type=click.Choice(("ended", "waiting")), default="ended", show_default=True)
@click.option("--timeout", type=float, metavar="SECONDS", help="Look no longer than that; then the code is 3.")
@calls
def watch(talk: Talk, number: int, until: str, timeout: float | None) -> None:
    """Follow a release until it ends.

    Or until it waits for a person, or for a time. The exit code says how it went.
    """
    raise SystemExit(following.watch(talk, number, people=until == "waiting", timeout=timeout))


@release.command("log")
@release_argument
@click.option("--step", help="Of one step, like build or test; without it all, one after the other.")
@click.option("--follow/--no-follow", default=True, help="Go on until it is complete.  [default: follow]")
@calls
def log(talk: Talk, number: int, step: str | None, follow: bool) -> None:
    """The output of its build and its tests, as it grows."""
    following.log(talk, number, step, follow=follow)


starting.add_to(release)
verbs.add_to(release)


def _draw(talk: Talk, found: Json) -> None:
    """A release on one screen: first what needs a person, then the plan, then the rest."""
    screen = talk.screen
    by = f" by {', '.join(found['authors'])}" if found["authors"] else ""
    screen.say((f"R-{found['id']} ", "bold"), f"{found['app']} {found['version']}{by}  ", (found["subject"], "dim"))
    screen.say((found["stands"], STYLES[found["colour"]]))
    if found["plan"]:
        screen.say("")
    for step in found["plan"]:
        _draw_step(talk, step, found)
    rows = [
        (one["cluster"], one["slot"], f"{one['share']} %", one["previous"][:19], one["trouble"])
        for one in found["targets"]
    ]
    if rows:
        screen.say("")
        screen.table(("CLUSTER", "SLOT", "SHARE", "BEFORE", ""), rows, "")
    if may := [one["name"] for one in found["actions"] if not one["why_not"]]:
        screen.say("")
        screen.note(f"You may: {', '.join(may)}.")


def _draw_step(talk: Talk, step: Json, found: Json) -> None:
    mark, style = MARKS[step["place"]]
    rungs = ", ".join(f"{rung} %" for rung in step["rungs"])
    where = f" on {'+'.join(step['clusters'])}" if step["clusters"] else ""
    ladder = f" through {rungs}" if step["stage"] == "canary" and rungs else ""
    now = f", now at {found['percent']} %" if step["place"] == "here" and step["clusters"] else ""
    talk.screen.say((f"  {mark} ", style), f"{step['stage']}{where}", (f"{ladder}{now}", "dim"))
