"""What a person can do now: every way there is, and why one is closed. Nothing is hidden."""

from dataclasses import dataclass

from pipeline.states import State
from pipeline.store.shown import Told

from ..actions import ACTIONS, may
from ..roles import User

ORDER = ("approve", "reject", "resume", "pause", "promote", "rollback", "cancel", "rerun")
PUSH = "Each push to the released branch starts a new release, with all gates again."


@dataclass(frozen=True, slots=True)
class Way:
    """One way. `why_not` "": it is open. `action` "": it is done elsewhere."""

    name: str
    says: str
    action: str = ""
    why_not: str = ""


def after(told: Told, user: User) -> tuple[Way, ...]:
    """What this person can do about the release, open ways first."""
    found = [_way(name, told, user) for name in ORDER if _fits(name, told)]
    if told.head.state is State.ROLLED_BACK:
        found.insert(0, Way("Push a fix", PUSH))
    return tuple(sorted(found, key=lambda way: bool(way.why_not)))


def _way(name: str, told: Told, user: User) -> Way:
    action = ACTIONS[name]
    return Way(action.label, action.says, name, may(action, user, told) or "")


def _fits(name: str, told: Told) -> bool:
    """Whether the verb has to do with the state it is in: the others would only be noise."""
    match told.head.state:
        case State.RUNNING:
            touched = told.release is not None and bool(told.release.targets)
            return name not in ("rerun", "resume", "cancel" if touched else "rollback")
        case State.HALTED:
            return name in ("resume", "rollback")
        case State.ROLLING_BACK:
            return name == "rollback"
        case State.LIVE:
            return name == "rollback"
        case State.ROLLED_BACK:
            return name == "rerun"
