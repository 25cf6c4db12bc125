"""Colour, word and shape of a verdict or a state: always all three together."""

from dataclasses import dataclass

from pipeline.explain import colour
from pipeline.states import Reason, State
from pipeline.store.shown import Head

WORDS = {Reason.FAILED: "failed", Reason.CANCELLED: "cancelled", Reason.SUPERSEDED: "superseded"}
ICONS = {State.RUNNING: "run", State.ROLLING_BACK: "back", State.HALTED: "halt", State.LIVE: "pass"}


@dataclass(frozen=True, slots=True)
class Sign:
    """A pill or a short line: `colour` is pass, wait, fail, run or "" for none."""

    word: str
    colour: str
    icon: str


def state(head: Head, *, touched: bool = True) -> Sign:
    """Where a release stands. One that touched nothing was not rolled back: it failed or was called off."""
    shade = colour(head.state, head.reason)
    word = str(head.state)
    if head.state is State.ROLLED_BACK and head.reason and not (touched and head.reason is Reason.CANCELLED):
        word = WORDS.get(head.reason, word)
    icon = ICONS.get(head.state, "fail" if word == "failed" else "back")
    return Sign(word, "" if shade == "todo" else shade, icon)
