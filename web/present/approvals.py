"""Who agreed to what, who can still agree, and which votes are outdated."""

from dataclasses import dataclass
from datetime import datetime

from pipeline import approval
from pipeline.facts import Vote
from pipeline.plan import Passage, passages
from pipeline.release import Release
from pipeline.settings import Approval
from pipeline.states import State
from pipeline.store.shown import Told

from .changes import News
from .words import people, short


@dataclass(frozen=True, slots=True)
class Voice:
    """One person's vote."""

    who: str
    at: datetime
    yes: bool
    comment: str
    outdated: str  # why it does not count, "" if it does
    mine: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One approval that the plan asks for."""

    where: str
    group: str
    verdict: str
    tally: str
    voices: tuple[Voice, ...]
    act: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A release in the inbox, with exactly what a vote would be for."""

    told: Told
    asked: tuple[Asked, ...]
    clusters: str
    since: datetime
    mine: tuple[Voice, ...]  # outdated votes of the reader
    news: News | None  # what is new in it


def asked(told: Told, reader: str) -> tuple[Asked, ...]:
    """Every approval of the plan, the one that is due first."""
    release = told.release
    if release is None:
        return ()
    found = [
        _asked(told, release, ahead, gate, reader)
        for ahead in passages(release.plan)
        for gate in ahead.gates
        if isinstance(gate, Approval)
    ]
    return tuple(sorted(found, key=lambda one: not one.blocking))


def waiting(told: Told) -> bool:
    """It waits for people now."""
    release = told.release
    if release is None or release.state is not State.RUNNING:
        return False
    return any(isinstance(gate, Approval) for gate in release.ahead.gates) and not _all_agreed(told, release)


def mine(told: Told, reader: str, groups: frozenset[str]) -> bool:
    """It waits for people, and the reader is one who can still help."""
    release = told.release
    if release is None or not waiting(told) or not release.digest or reader in release.authors:
        return False
    return any(gate.group in groups and not _voted(told, release, gate, reader) for gate in _gates(release))


def card(told: Told, reader: str, new: News | None) -> Card:
    """One release of the inbox."""
    release = told.release
    assert release is not None
    due = tuple(one for one in asked(told, reader) if one.blocking)
    entered = release.plan[min(release.ahead.at, len(release.plan) - 1)]
    asked_at = [result.at for result in told.results if result.passage == release.ahead.name]
    outdated = tuple(voice for one in due for voice in one.voices if voice.mine and voice.outdated)
    return Card(told, due, people(entered.clusters), min(asked_at, default=release.since), outdated, new)


def _gates(release: Release) -> tuple[Approval, ...]:
    return tuple(gate for gate in release.ahead.gates if isinstance(gate, Approval))


def _all_agreed(told: Told, release: Release) -> bool:
    ahead = release.ahead
    return all(len(_counting(told, release, ahead.name, gate)) >= gate.of for gate in _gates(release))


def _voted(told: Told, release: Release, gate: Approval, reader: str) -> bool:
    return any(vote.who == reader for vote in _counting(told, release, release.ahead.name, gate))


def _counting(told: Told, release: Release, passage: str, gate: Approval) -> list[Vote]:
    last = _last(told, passage)
    return [vote for vote in last if vote.yes and approval.counts(vote, gate, release, told.said, told.now)]


def _last(told: Told, passage: str) -> list[Vote]:
    return list({vote.who: vote for vote in told.said.votes if vote.step == passage}.values())


def _asked(told: Told, release: Release, ahead: Passage, gate: Approval, reader: str) -> Asked:
    votes = [vote for vote in _last(told, ahead.name) if gate.group in vote.groups]
    voices = tuple(_voice(told, release, gate, vote, reader) for vote in votes)
    agreed = len(_counting(told, release, ahead.name, gate))
    due = ahead.name == release.ahead.name and release.state is State.RUNNING
    crossed = ahead.at <= release.at
    verdict = "pass" if crossed or agreed >= gate.of else "wait" if due else "todo"
    if any(not voice.yes and not voice.outdated for voice in voices) and not crossed:
        verdict = "fail"
    step = release.plan[ahead.at]
    where = f"Wave {step.wave}, {'+'.join(step.clusters)}"
    voices = tuple(sorted(voices, key=lambda voice: voice.at, reverse=True))
    return Asked(where, gate.group, verdict, f"{agreed} of {gate.of}", voices, _act(release, gate), due)


def _act(release: Release, gate: Approval) -> str:
    who = f"Members of {gate.group} can approve."
    if not release.authors:
        return who
    verb = "is the author" if len(release.authors) == 1 else "are authors"
    return f"{who} {people(release.authors)} {verb} and cannot."


def _voice(told: Told, release: Release, gate: Approval, vote: Vote, reader: str) -> Voice:
    outdated = "" if approval.counts(vote, gate, release, told.said, told.now) else _why_not(told, release, vote)
    return Voice(vote.who, vote.at, vote.yes, vote.comment, outdated, vote.who == reader)


def _why_not(told: Told, release: Release, vote: Vote) -> str:
    if vote.yes and vote.who in release.authors:
        return "An author's approval does not count."
    if vote.digest != release.digest:
        return f"Outdated: it was for image {short(vote.digest)}, the image is now {short(release.digest)}."
    if vote.def_hash != release.def_hash:
        return "Outdated: the definition changed since."
    if vote.cfg_hash != told.said.cfg_hash:
        return "Outdated: the configuration of the target changed since."
    return "Outdated: it expired."
