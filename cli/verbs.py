"""`sluice release approve …` and the other verbs: one command for each thing that people may do to a release."""

from dataclasses import dataclass
from typing import Literal

import click

from .calling import Group, Talk, calls, release_argument
from .client import Json
from .exits import Stop

Need = Literal["no", "may", "must"]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: what it does, whether it needs a reason."""

    name: str
    says: str
    reason: Need


VOTES = (
    Verb(
        "approve",
        "Say yes to exactly what is there now.\n\nTo this image, definition and configuration; a change makes it void.",
        "may",
    ),
    Verb("reject", "Say no; what it touched is taken back.", "must"),
)
ORDERS = (
    Verb("pause", "Keep its share of the traffic.\n\nIt is still judged, and taken back when it is worse.", "must"),
    Verb("resume", "Let it go on.", "may"),
    Verb("promote", "Skip the waiting of judge and soak, once.\n\nNever approvals, capacity or freezes.", "must"),
    Verb("cancel", "End it; what it touched is taken back.", "may"),
)
RERUN = Verb("rerun", "Make a new release of the same commit.\n\nAll gates are asked again.", "may")
ROLLBACK = Verb(
    "rollback",
    "Give all traffic back to the version before.\n\nData and configuration stay as they are. No freeze holds it up.",
    "may",
)


def add_to(group: Group) -> None:
    """Make each verb a command of `group`."""
    for verb in VOTES:
        _add_vote(group, verb)
    for verb in ORDERS:
        _add_order(group, verb)
    _add_rerun(group, RERUN)
    _add_rollback(group, ROLLBACK)


def _add_vote(group: Group, verb: Verb) -> None:
    @group.command(verb.name, help=verb.says)
    @release_argument
    @click.option("--comment", default="", required=verb.reason == "must", help="For those who ask why.")
    @click.option("--digest", default="", help="Only if this is the image, whole or from its first characters on.")
    @calls
    def vote(talk: Talk, number: int, comment: str, digest: str) -> None:
        seen = talk.api.get(f"/releases/{number}")["shown"]
        if not seen["digest"].removeprefix("sha256:").startswith(digest.removeprefix("sha256:")):
            raise Stop(f"The image of R-{number} is {seen['digest'] or 'not built yet'}; nothing was said about it.")
        _act(talk, number, verb, {"comment": comment, **seen})


def _add_order(group: Group, verb: Verb) -> None:
    @group.command(verb.name, help=verb.says)
    @release_argument
    @click.option("--reason", default="", required=verb.reason == "must", help="For those who ask why.")
    @calls
    def order(talk: Talk, number: int, reason: str) -> None:
        _act(talk, number, verb, {"reason": reason})


def _add_rerun(group: Group, verb: Verb) -> None:
    @group.command(verb.name, help=verb.says)
    @release_argument
    @click.option("--reason", default="", help="For those who ask why.")
    @click.option("--from", "start", type=click.Choice(["build", "test"]), default="build", help="Where it begins.")
    @calls
    def rerun(talk: Talk, number: int, reason: str, start: str) -> None:
        _act(talk, number, verb, {"reason": reason, "from": start})


def _add_rollback(group: Group, verb: Verb) -> None:
    @group.command(verb.name, help=verb.says)
    @release_argument
    @click.option("--reason", default="", help="For those who ask why.")
    @click.option("--to", type=int, metavar="RELEASE", help="Of a live release: the release to go back to.")
    @calls
    def rollback(talk: Talk, number: int, reason: str, to: int | None) -> None:
        _act(talk, number, verb, {"reason": reason, **({"to": to} if to else {})})


def _act(talk: Talk, number: int, verb: Verb, body: Json) -> None:
    told = talk.api.post(f"/releases/{number}/{verb.name}", body)
    talk.screen.give(told, lambda: talk.screen.say(told["told"]))
