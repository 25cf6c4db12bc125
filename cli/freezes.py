"""`sluice freeze …`: times in which no release raises its share of the traffic."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from .calling import Group, Talk, calls
from .client import Json
from .terminal import clock

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LENGTH = re.compile(r"([0-9]{1,5})([smhd])")

freeze = Group("freeze", help="Times in which no release raises its share.")


class Length(click.ParamType[timedelta]):
    """A length of time, like 30m, 2h or 3d."""

    name = "length"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        found = _LENGTH.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no length of time; write it like 30m, 2h or 3d.", param, ctx)
        return timedelta(**{UNITS[found[2]]: int(found[1])})


class Moment(click.ParamType[datetime]):
    """A time with its zone, like 2026-11-28T04:00+01:00."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; write it like 2026-11-28T04:00+01:00.", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no zone; add one, like {value}Z for UTC or {value}+01:00.", param, ctx)
        return moment


@freeze.command("add")
@click.argument("name")
@click.option("--reason", required=True, help="For those who wait.")
@click.option("--from", "starts", type=Moment(), help="When it begins.  [default: now]")
@click.option("--until", type=Moment(), help="When it ends.  [default: when it is lifted]")
@click.option("--for", "length", type=Length(), help="How long it holds, instead of --until.")
@click.option("--weekly", default="", metavar="TIMES", help='Each week, like "Fri 16:00 - Mon 08:00".')
@click.option("--zone", default="UTC", show_default=True, help="The time zone of --weekly.")
@click.option("--app", "apps", multiple=True, help="Only this app; may be repeated.")
@click.option("--cluster", "clusters", multiple=True, help="Only this cluster; may be repeated.")
@calls
def add(
    talk: Talk,
    name: str,
    reason: str,
    starts: datetime | None,
    until: datetime | None,
    length: timedelta | None,
    weekly: str,
    zone: str,
    apps: tuple[str, ...],
    clusters: tuple[str, ...],
) -> None:
    """Hold every raise of traffic."""
    if until is not None and length is not None:
        raise click.UsageError("Give --until or --for, not both.")
    ends = until if length is None else (starts or datetime.now(UTC)) + length
    body: Json = {"name": name, "reason": reason, "weekly": weekly, "zone": zone}
    body |= {"apps": list(apps), "clusters": list(clusters)}
    body |= {key: at.isoformat() for key, at in (("starts", starts), ("ends", ends)) if at is not None}
    told = talk.api.post("/freezes", body)
    talk.screen.give(told, lambda: talk.screen.say(told["told"]))


@freeze.command("list")
@calls
def show_list(talk: Talk) -> None:
    """Freezes that hold now or will."""
    found = talk.api.get("/freezes")
    heads = ("NUMBER", "NAME", "WHEN (UTC)", "HOLDS", "BY", "REASON")
    rows = [
        (str(one["id"]), one["name"], _when(one), _whom(one), one["who"] or one["source"], one["reason"])
        for one in found["freezes"]
    ]
    talk.screen.give(found, lambda: talk.screen.table(heads, rows, "No freeze holds, and none is planned."))


@freeze.command("lift")
@click.argument("number", type=int)
@click.option("--reason", default="", help="For those who ask why.")
@calls
def lift(talk: Talk, number: int, reason: str) -> None:
    """End a freeze; releases go on at once."""
    told = talk.api.post(f"/freezes/{number}/lift", {"reason": reason})
    talk.screen.give(told, lambda: talk.screen.say(told["told"]))


def _when(one: Json) -> str:
    if one["weekly"]:
        return f"{one['weekly']} {one['zone']}"
    return f"{clock(one['starts']) or 'now'} to {clock(one['ends']) or 'its lifting'}"


def _whom(one: Json) -> str:
    return ", ".join([*one["apps"], *one["clusters"]]) or "everything"
