"""Lines of the audit in words, and what a check of their chain found."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.store.audit import Entry, Verified

from . import journal

OF_RELEASES = {
    "submit": "release.submit",
    "refuse": "release.refuse",
    "start": "release.start",
    "shift": "release.shift",
    "hold": "release.wait",
    "undo": "release.roll_back",
    "halt": "release.halt",
    "finish": "release.end",
    "vote": "release.vote",
}
OF_THE_INSTALLATION = {"freeze": "freeze.create", "unfreeze": "freeze.lift", "configure": "platform.change"}
HASH = 6  # signs of a hash that people compare


@dataclass(frozen=True, slots=True)
class Row:
    """One line."""

    number: int
    at: datetime
    who: str
    action: str
    release: int  # 0: of the installation
    text: str
    hash: str
    before: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Whether every link holds."""

    holds: bool
    word: str
    broken: tuple[str, ...]


def row(entry: Entry) -> Row:
    """One line as the table has it."""
    event = entry.event
    return Row(
        number=event.number,
        at=event.at,
        who=event.actor or "unknown",
        action=action(event.kind, event.release_id),
        release=event.release_id,
        text=said(entry),
        hash=entry.hash[:HASH],
        before=entry.before[:HASH],
    )


def action(kind: str, release: int) -> str:
    """
    What was done, as one word with its subject.

    >>> action("undo", 4), action("pause", 4), action("freeze", 0), action("token", 0)
    ('release.roll_back', 'release.pause', 'freeze.create', 'token')
    """
    if release:
        return OF_RELEASES.get(kind, f"release.{kind}")
    return OF_THE_INSTALLATION.get(kind, kind)


def said(entry: Entry) -> str:
    """What and why, in a sentence."""
    event = entry.event
    if event.release_id:
        return journal.text(event)
    told = {name: value for name, value in event.told.items() if value not in ("", None, [], {})}
    return "; ".join(f"{name.replace('_', ' ')}: {_short(value)}" for name, value in told.items()) or event.kind


def chain(found: Verified, at: str) -> Chain:
    """The verdict in words."""
    if not found.broken:
        return Chain(True, f"Chain verified, {found.lines:,} lines, at {at}", ())
    broken = tuple(_where(one.release_id, one.seq, one.why) for one in found.broken[:20])
    return Chain(False, f"Chain broken at {len(found.broken):,} places, checked at {at}", broken)


def exported(entry: Entry) -> dict[str, object]:
    """Everything that is hashed, and the hashes: enough to check the chain without Sluice."""
    event = entry.event
    return {
        "id": event.number,
        "release": event.release_id,
        "seq": entry.seq,
        "epoch": entry.epoch,
        "kind": event.kind,
        "actor": event.actor,
        "at": event.at.isoformat(),
        "told": dict(event.told),
        "prev_hash": entry.before,
        "hash": entry.hash,
    }


def _where(release: int, seq: int, why: str) -> str:
    journal_of = f"the journal of R-{release}" if release else "the journal of the installation"
    return f"Line {seq} of {journal_of}: {why}. Compare with a backup, and ask who can write to the database."


def _short(value: object) -> str:
    if isinstance(value, float):  # moments are kept as seconds since 1970
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
