"""What to do next, as a value. Nobody acts here: the ledger writes it down, the next tick makes it so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .states import Reason, State
from .verdict import NOBODY, Verdict


@dataclass(frozen=True, slots=True)
class Start:
    """Enter step number `at`, with `percent` of the traffic as it is there."""

    at: int
    percent: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """Give the canary `percent` of the traffic."""

    percent: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Stay where it is, say why, and look again."""

    why: str
    who: str = NOBODY
    until: datetime | None = None
    look_again: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Undo:
    """Take it back. `waves`: the waves to undo, all touched ones or the failing one."""

    why: str
    reason: Reason
    waves: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Halt:
    """Neither way is safe: stop and wait for a person."""

    why: str


@dataclass(frozen=True, slots=True)
class Resume:
    """A person looked at a halted release and lets it go on."""

    why: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end: LIVE, or ROLLED_BACK with its reason."""

    state: State
    why: str
    reason: Reason | None = None


Decision = Start | Shift | Hold | Undo | Halt | Resume | Finish


@dataclass(frozen=True, slots=True)
class Judged:
    """What one gate of the next passage said."""

    gate: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision, and what each gate of `passage` said on the way to it.

    `crosses`: the decision lets the release cross `passage`; the ledger then writes the gate results, seals the set
    and the crossing in the same transaction.
    """

    decision: Decision
    passage: str = ""
    judged: tuple[Judged, ...] = ()
    crosses: bool = False
