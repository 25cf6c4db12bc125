"""Releases in motion, those that need a person first, and how the page sums them up."""

from dataclasses import dataclass

from pipeline.explain import standing
from pipeline.states import State
from pipeline.store.shown import Head, Told
from pipeline.verdict import NOBODY

from . import approvals, signs, steps
from .words import many


@dataclass(frozen=True, slots=True)
class Motion:
    """One release on its way."""

    head: Head
    sign: signs.Sign
    why: str
    act: str
    pips: tuple[str, ...]
    stands: str
    needs: str  # "you", "somebody" or ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at the page."""

    name: str
    groups: frozenset[str]
    manages: bool  # may resume what is halted


def rows(found: tuple[Told, ...], reader: Reader) -> tuple[Motion, ...]:
    """All of them; those that wait for the reader first, then those that wait for somebody."""
    rank = {"you": 0, "somebody": 1, "": 2}
    made = [_motion(told, reader) for told in found]
    return tuple(sorted(made, key=lambda row: (rank[row.needs], row.head.id)))


def summary(moving: tuple[Motion, ...], apps: int, clusters: int) -> str:
    """The sentence under the heading."""
    mine = sum(row.needs == "you" for row in moving)
    others = sum(row.needs == "somebody" for row in moving)
    parts = [f"{many(len(moving), 'release')} in motion."]
    if mine:
        parts.append(f"{mine} cannot go on without you.")
    if others:
        parts.append(f"{others} {'waits' if others == 1 else 'wait'} for somebody else.")
    parts.append(f"{many(apps, 'app')} in {many(clusters, 'cluster')}.")
    return " ".join(parts)


def needs(told: Told, reader: Reader) -> str:
    """Whom it waits for."""
    if approvals.mine(told, reader.name, reader.groups):
        return "you"
    if told.head.state is State.HALTED or paused(told):
        return "you" if reader.manages else "somebody"
    return "somebody" if told.head.who not in ("", NOBODY) and told.head.waiting else ""


def why(told: Told) -> str:
    """Where it stands and why, in the words every face uses."""
    head = told.head
    if told.release is None:
        return head.why
    waiting = "" if paused(told) and head.waiting.startswith("Paused") else head.waiting
    return " ".join(part for part in (standing(told.release, waiting, "", head.until), paused(told)) if part)


def act(told: Told) -> str:
    """Who can act."""
    release = told.release
    if release is None or release.ended:
        return ""
    if paused(told):
        return "Release managers can resume it or roll it back."
    if release.state is State.HALTED:
        return f"Release managers can {'roll it back' if release.undo_waves else 'resume it or roll it back'}."
    return f"{(told.head.who if told.head.waiting else '') or NOBODY}."


def paused(told: Told) -> str:
    """Who paused it and why, "" while nobody did."""
    orders = [order for order in told.said.orders if order.verb in ("pause", "resume")]
    if not orders or orders[-1].verb != "pause" or told.head.state is not State.RUNNING:
        return ""
    reason = f': "{orders[-1].reason}"' if orders[-1].reason else ""
    return f"Paused by {orders[-1].who}{reason}; it is still judged."


def _motion(told: Told, reader: Reader) -> Motion:
    sign = signs.state(told.head)
    asked = needs(told, reader)
    return Motion(told.head, sign, why(told), act(told), steps.pips(told), steps.stands(told), asked)
