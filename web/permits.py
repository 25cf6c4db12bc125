"""Why a person may not do something to a release now, in words; None when they may."""

from pipeline.facts import Said
from pipeline.release import Release
from pipeline.settings import Approval, Judge, Soak
from pipeline.states import Kind, State
from pipeline.store.shown import Told

from .roles import User

PLAN_LESS = "Its definition was refused, so it never had a plan; push a corrected one."


def may_approve(user: User, told: Told) -> str | None:
    """Of the group that is asked, not an author, and there is something to approve."""
    if why := may_reject(user, told):
        return why
    if user.name in told.head.authors:
        return "You are an author of it; somebody else has to approve."
    return None


def may_reject(user: User, told: Told) -> str | None:
    """Of the group that is asked, and there is something to say no to."""
    if told.release is None:
        return PLAN_LESS
    if told.head.state is not State.RUNNING:
        because = f": {told.head.why.rstrip('.')}" if told.head.reason else ""
        return f"It is {told.head.state}, so there is nothing to approve{because}."
    groups = {gate.group for gate in approvals_ahead(told.release)}
    if not groups:
        return "It does not ask for an approval now."
    if not told.head.digest:
        return "It is not built yet, so there is nothing to look at."
    if not groups & user.groups:
        return f"Only {' or '.join(sorted(groups))} can say that; you are not one of them."
    return None


def may_pause(_: User, told: Told) -> str | None:
    if told.head.state is not State.RUNNING:
        return f"It is {told.head.state}; only a running release can be paused."
    return "It is paused already." if is_paused(told.said) else None


def may_resume(_: User, told: Told) -> str | None:
    if told.head.state is State.HALTED:
        undone = told.release is not None and told.release.undo_waves
        return "Part of it was taken back, so it cannot go on; roll it back." if undone else None
    if told.head.state is State.RUNNING and is_paused(told.said):
        return None
    return "It is neither paused nor halted."


def may_promote(_: User, told: Told) -> str | None:
    if told.release is None or told.head.state is not State.RUNNING:
        return f"It is {told.head.state}; only a running release can be promoted."
    if not any(isinstance(gate, Judge | Soak) for gate in told.release.ahead.gates):
        return "It does not wait for the judge or a soak now; nothing else can be skipped."
    return None


def may_roll_back(_: User, told: Told) -> str | None:
    match told.head.state:
        case State.RUNNING | State.HALTED:
            return None
        case State.LIVE:
            return PLAN_LESS if told.release is None else None
        case State.ROLLING_BACK:
            return "It is being rolled back already."
        case State.ROLLED_BACK:
            return "It is rolled back already."


def may_cancel(_: User, told: Told) -> str | None:
    match told.head.state:
        case State.RUNNING:
            return None
        case State.HALTED:
            return "It is halted; resume it or roll it back."
        case State.ROLLING_BACK:
            return "It is being rolled back already."
        case State.LIVE | State.ROLLED_BACK:
            return f"It has ended: it is {told.head.state}."


def may_run_again(_: User, told: Told) -> str | None:
    if told.head.state is not State.ROLLED_BACK:
        return f"It is {told.head.state}; only a release that was rolled back can be run again."
    if told.head.kind is Kind.RETURN:
        return "It went back to an older version; roll back the live release again instead."
    return None


def approvals_ahead(release: Release) -> tuple[Approval, ...]:
    """The approvals it has to get before it may go on."""
    return tuple(gate for gate in release.ahead.gates if isinstance(gate, Approval))


def is_paused(said: Said) -> bool:
    """Somebody paused it and nobody resumed it since."""
    verbs = [order.verb for order in said.orders if order.verb in ("pause", "resume")]
    return bool(verbs) and verbs[-1] == "pause"
