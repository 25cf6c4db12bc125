"""Following a release as it goes: its journal line by line, its logs as they grow."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import click
from rich.text import Text

from .calling import Talk
from .client import Away, Json
from .exits import Exit, Stop
from .moving import Moving, bar
from .terminal import STYLES, coloured, hour, plain

LOOK = 0.5  # seconds between two looks
PATIENCE = 120.0  # seconds in which a Sluice that is away may come back
NOBODY = ("", "Nobody needs to act")
ENDED = {"live": Exit.OK, "rolled back": Exit.FAILED}
Seen = TypeVar("Seen")
KINDS = {"start": "cyan", "shift": "cyan", "undo": "red", "halt": "red", "resume": "cyan"}


def stands(found: Json) -> Exit:
    """The exit code for where a release is: 3 while a person or a window can let it go on."""
    if found["state"] in ENDED:
        return ENDED[found["state"]]
    return Exit.WAITING if found["state"] == "halted" or found["who"] not in NOBODY else Exit.OK


def watch(talk: Talk, number: int, *, people: bool, timeout: float | None) -> Exit:
    """Print each new line of the journal. `people`: end as soon as somebody is needed."""
    with Moving(talk.screen.console, wanted=not talk.screen.as_json) as moving:
        return _follow(talk, number, moving, people=people, timeout=timeout)


def _follow(talk: Talk, number: int, moving: Moving, *, people: bool, timeout: float | None) -> Exit:
    give_up = None if timeout is None else time.monotonic() + timeout
    last = 0
    while True:
        found, events = _patiently(partial(_look, talk, number, last))
        for event in events:
            last = event["id"]
            talk.screen.news(event, partial(tell, talk, event))
        if found["ended_at"] or (people and stands(found) is Exit.WAITING):
            talk.screen.news(found, partial(talk.screen.say, (found["stands"], f"bold {STYLES[found['colour']]}")))
            return stands(found)
        if give_up is not None and time.monotonic() > give_up:
            talk.screen.note(f"R-{number} has not ended yet: {found['stands']}")
            return Exit.WAITING
        moving.show(*_now(found))
        time.sleep(LOOK)


def _now(found: Json) -> Iterator[Text]:
    """Where it is now: a bar for each cluster it has touched, and what it waits for."""
    for target in found["targets"]:
        name, trouble = plain(target["cluster"]), plain(target["trouble"])
        share = bar(target["share"], STYLES[found["colour"]])
        yield Text(f"  {name:<10} ").append_text(share).append(f" {target['share']:>3} %  {trouble}", "dim")
    yield Text(f"  {plain(found['stands'])}", "dim")


def _look(talk: Talk, number: int, last: int) -> tuple[Json, list[Json]]:
    """The release, and the lines of its journal after `last`, oldest first."""
    found = talk.api.get(f"/releases/{number}")
    if last:
        newer: list[Json] = talk.api.get("/events", since=last, limit=500)["events"]
        return found, [one for one in newer if one["release"] == number]
    return found, list(reversed(talk.api.get(f"/releases/{number}/journal", limit=100)["events"]))


def _patiently(look: Callable[[], Seen]) -> Seen:
    """What `look` sees. Sluice may be restarted meanwhile: that says nothing about the release."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return look()
        except Away:
            if time.monotonic() > give_up:
                raise
            time.sleep(LOOK)


def tell(talk: Talk, event: Json) -> None:
    """One line of the journal."""
    style = KINDS.get(event["kind"], "")
    talk.screen.say((f"{hour(event['at'])}  ", "dim"), (sentence(event), style))


def sentence(event: Json) -> str:
    """What the line says; what people did has no words of its own."""
    return event["text"] or f"{event['kind'].capitalize()} by {event['actor']}."


def log(talk: Talk, number: int, step: str | None, *, follow: bool) -> None:
    """Print the output of `step`, or of all steps that have one; with `follow` until nothing more can come."""
    printed: set[str] = set()
    while True:
        found = talk.api.get(f"/releases/{number}")
        for name in _steps(found, step, printed):
            printed.add(name)
            if step is None and not talk.screen.as_json:
                talk.screen.say((f"── {name} ", "bold"))
            _print(talk, number, name, follow=follow)
        if not follow or _complete(found, step, printed):
            break
        time.sleep(LOOK)
    if not printed:
        raise Stop(f"R-{number} has no log{f' of a step {step}' if step else ''} yet.")


def _steps(found: Json, step: str | None, printed: set[str]) -> list[str]:
    """Steps with a log that was not shown, in the order in which they began."""
    names = dict.fromkeys(job["step"] for job in found["jobs"])
    return [name for name in names if name not in printed and step in (None, name)]


def _complete(found: Json, step: str | None, printed: set[str]) -> bool:
    """No log can come any more: what was asked for is shown, or the release is past its jobs."""
    if found["ended_at"] or step in printed:
        return True
    stages = {one["stage"] for one in found["plan"] if one["place"] != "done"}
    return step is None and not stages & {"build", "test"}


def _print(talk: Talk, number: int, step: str, *, follow: bool) -> None:
    for piece in _pieces(talk, number, step, follow=follow):
        if talk.screen.as_json:
            talk.screen.news(piece, lambda: None)
        else:
            click.echo(coloured(piece["text"]), nl=False, color=talk.screen.colours)


def _pieces(talk: Talk, number: int, step: str, *, follow: bool) -> Iterator[Json]:
    offset = 0
    while True:
        piece = talk.api.get(f"/releases/{number}/log", step=step, offset=offset)
        if piece["text"]:
            yield piece
        moved, offset = piece["next"] > offset, piece["next"]
        if piece["done"] or not (follow or moved):
            return
        if not moved:
            time.sleep(LOOK)
