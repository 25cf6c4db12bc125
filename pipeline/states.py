"""Five states, and what each may become."""

from enum import StrEnum

from .errors import IllegalMove


class State(StrEnum):
    """Where a release stands. "Waiting" is no state: it is the last decision's `Wait`."""

    RUNNING = "running"  # a step is being carried out
    ROLLING_BACK = "rolling back"  # the last good version is being restored
    HALTED = "halted"  # neither way is safe; a person must look
    LIVE = "live"  # everyone has the new version
    ROLLED_BACK = "rolled back"  # everyone has the last good version


class Kind(StrEnum):
    """What a release is for."""

    NORMAL = "normal"  # a new commit
    RETURN = "return"  # back to a digest that was live and verified before


class Reason(StrEnum):
    """Why a release did not become live."""

    FAILED = "failed"  # build, test, definition or readiness
    CANCELLED = "cancelled"  # a person cancelled or rejected it, or rolled it back
    SUPERSEDED = "superseded"  # a newer release made it pointless
    HARMED = "harmed"  # the judge found it worse than stable
    GUARD = "guard"  # the guard in a cluster took it back: Sluice was silent, or a person asked the guard


MAY_BECOME: dict[State, frozenset[State]] = {
    State.RUNNING: frozenset(State),
    State.ROLLING_BACK: frozenset({State.ROLLING_BACK, State.ROLLED_BACK, State.HALTED}),
    State.HALTED: frozenset({State.HALTED, State.RUNNING, State.ROLLING_BACK}),
    State.LIVE: frozenset(),
    State.ROLLED_BACK: frozenset(),
}

TERMINAL = frozenset(state for state, after in MAY_BECOME.items() if not after)


def move(state: State, target: State) -> State:
    """`target`, if a release in `state` may become it."""
    if target not in MAY_BECOME[state]:
        raise IllegalMove(f"a release that is {state} cannot become {target}")
    return target
