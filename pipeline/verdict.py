"""What a gate or a stage says: pass, not yet, or no."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .states import Reason

NOBODY = "Nobody needs to act"


@dataclass(frozen=True, slots=True)
class Pass:
    """Agreed. `why` is the evidence in one sentence."""

    why: str = ""
    by: str = ""  # the person, when a person said so
    until: datetime | None = None  # when this pass expires, None = never


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet. Says why, who can act, until when, and when to look again."""

    why: str
    who: str = NOBODY
    until: datetime | None = None
    look_again: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Fail:
    """No. `why` and `reason` end up as the reason of the release."""

    why: str
    reason: Reason = Reason.FAILED


Verdict = Pass | Wait | Fail

_RANK = {Pass: 0, Wait: 1, Fail: 2}


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """One no is a no; otherwise one not-yet is a not-yet. The first of equals wins."""
    return max(verdicts, key=lambda verdict: _RANK[type(verdict)], default=Pass())
