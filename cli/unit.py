"""`sluice unit …`: by which unit an app can be judged, as a replay of its own history says."""

import time

import click

from .calling import Group, Talk, calls
from .client import Json
from .exits import Exit, Stop
from .terminal import STYLES

CHOSEN = 120.0  # seconds in which the sweeper must have chosen
LOOK = 0.25

unit = Group("unit", help="What is one observation to the judge: a request, or a pod in a window.")


@unit.command("show")
@click.argument("app")
@calls
def show(talk: Talk, app: str) -> None:
    """The unit that the app's history allows.

    As chosen last: how much is recorded, and how many good lives each unit took back when some of the app's own pods
    were called a canary.
    """
    found = talk.api.get(f"/apps/{app}/unit")
    talk.screen.give(found, lambda: _draw(talk, found))


@unit.command("choose")
@click.argument("app")
@click.option("--reason", default="", help="For those who ask why.")
@calls
def choose(talk: Talk, app: str, reason: str) -> None:
    """Choose it anew now, as happens each night, and show it.

    Releases that have begun keep the unit they began with.
    """
    before = talk.api.get(f"/apps/{app}/unit")["at"]
    talk.api.post(f"/apps/{app}/unit", {"reason": reason})
    give_up = time.monotonic() + CHOSEN
    while time.monotonic() < give_up:
        if (found := talk.api.get(f"/apps/{app}/unit"))["at"] != before:
            return talk.screen.give(found, lambda: _draw(talk, found))
        time.sleep(LOOK)
    raise Stop(f"Nothing was chosen in {CHOSEN:.0f} s. Does the sweeper run? `sluice unit show {app}`.", Exit.FAILED)


def _draw(talk: Talk, found: Json) -> None:
    screen, how = talk.screen, f"pod by pod in windows of {found['window']:g} s"
    chosen = {"": "undecided", "request": "request by request"}.get(found["unit"], how)
    screen.say((f"{found['app']}: {chosen}", "bold"), f", since {found['why']}")
    rows = [
        (
            one["unit"] if one["unit"] == "request" else f"{one['unit']} {one['window']:g} s",
            f"{one['lives']:,}",
            f"{one['alarms']:,}",
            ("kept", STYLES["pass"]) if one["alarms"] <= found["alpha"] * one["lives"] else ("spent", STYLES["fail"]),
        )
        for one in found["trials"]
    ]
    screen.table(("UNIT", "GOOD LIVES", "TAKEN BACK", f"BUDGET OF {100 * found['alpha']:g} %"), rows, "")
    if found["at"]:
        screen.note(f"Chosen {found['at'][:16].replace('T', ' ')} UTC from {found['seconds'] / 3600:.1f} h of history.")
