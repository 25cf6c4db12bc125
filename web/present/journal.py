"""The journal: one line an event, in the words that were stored with it."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.store.shown import Event

from .words import clock

ICONS = {
    "start": ("run", "run"),
    "shift": ("run", "run"),
    "hold": ("wait", "wait"),
    "undo": ("back", "wait"),
    "halt": ("halt", "wait"),
    "resume": ("run", "run"),
    "refuse": ("fail", "fail"),
    "vote": ("ok", "mut"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    at: datetime
    clock: str
    icon: str
    colour: str
    text: str


def entries(events: tuple[Event, ...]) -> tuple[Entry, ...]:
    """All of them, as they come."""
    return tuple(_entry(event) for event in events)


def _entry(event: Event) -> Entry:
    icon, colour = ICONS.get(event.kind, ("info", "mut"))
    if event.kind == "finish":
        icon, colour = ("pass", "pass") if event.told.get("state") == "live" else ("back", "fail")
    return Entry(event.at, clock(event.at), icon, colour, text(event))


def text(event: Event) -> str:
    """The sentence of one event."""
    if event.text:
        return event.text
    told = event.told
    said = f': "{told["reason"]}"' if told.get("reason") else ""
    comment = f': "{told["comment"]}"' if told.get("comment") else ""
    match event.kind:
        case "submit":
            return f"{event.actor} submitted {told.get('version', '')}, commit {str(told.get('commit', ''))[:7]}."
        case "refuse":
            return f"Refused: {told.get('why', '')}"
        case "vote":
            verb = "approved" if told.get("yes") else "rejected"
            return f"{event.actor} {verb} {told.get('passage') or told.get('step') or 'it'}{comment}"
        case "cancel" | "pause" | "resume" | "promote" | "rollback":
            verb = {"rollback": "roll back", "promote": "promote without waiting"}.get(event.kind, event.kind)
            return f"{event.actor} asked to {verb}{said}"
    return f"{event.actor}: {event.kind.replace('_', ' ')}{said or comment}"
