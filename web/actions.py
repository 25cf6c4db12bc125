"""Every verb once: its words, who may, what it needs. Pages, API and terminal are made from this table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.store.shown import Told

from . import permits
from .roles import Role, Scope, User

Need = Literal["no", "may", "must"]
Verb = Literal[
    "approve",
    "reject",
    "pause",
    "resume",
    "promote",
    "rollback",
    "cancel",
    "rerun",
    "start",
    "choose",
    "freeze",
    "unfreeze",
]


def _always(_: User, __: Told) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Action:
    """One verb. `rule` is its address: `/api` before it is the API's, without it a form's."""

    name: Verb
    label: str  # on the button
    says: str  # what will happen, before the button
    role: Role
    on: Literal["release", "app", "installation", "freeze"]
    rule: str
    cli: str
    reason: Need = "may"  # a comment for votes, a reason for everything else
    shown: bool = False  # it posts the digest and hashes it was shown
    possible: Callable[[User, Told], str | None] = _always
    scope: Scope = Scope.OPERATE


def _release(
    name: Verb,
    label: str,
    says: str,
    role: Role,
    possible: Callable[[User, Told], str | None],
    reason: Need,
    *,
    shown: bool = False,
) -> Action:
    rule = f"/releases/<int:release_id>/{name}"
    return Action(name, label, says, role, "release", rule, f"release {name}", reason, shown, possible)


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        _release(
            "approve",
            "Approve",
            "Counts your approval for exactly this image, definition and target configuration.",
            Role.DEVELOPER,
            permits.may_approve,
            "may",
            shown=True,
        ),
        _release(
            "reject",
            "Reject",
            "Stops it here; what it touched is taken back.",
            Role.DEVELOPER,
            permits.may_reject,
            "must",
            shown=True,
        ),
        _release(
            "pause",
            "Pause",
            "Keeps its share of the traffic; it is still judged and taken back when it is worse.",
            Role.DEVELOPER,
            permits.may_pause,
            "must",
        ),
        _release("resume", "Resume", "Lets it go on.", Role.RELEASE_MANAGER, permits.may_resume, "may"),
        _release(
            "promote",
            "Promote now",
            "Skips the waiting of judge and soak once; never approvals, capacity or freezes.",
            Role.RELEASE_MANAGER,
            permits.may_promote,
            "must",
        ),
        _release(
            "rollback",
            "Roll back",
            "Gives all traffic back to the version before. Data and configuration stay as they are.",
            Role.DEVELOPER,
            permits.may_roll_back,
            "may",
        ),
        _release(
            "cancel", "Cancel", "Ends it; what it touched is taken back.", Role.DEVELOPER, permits.may_cancel, "may"
        ),
        _release(
            "rerun",
            "Run again",
            "Makes a new release of the same commit, from the build or from the tests on. All gates are asked again.",
            Role.DEVELOPER,
            permits.may_run_again,
            "may",
        ),
        Action(
            "start",
            "Start a release",
            "Makes a release of the head of the app's branch.",
            Role.DEVELOPER,
            "app",
            "/apps/<string:app>/start",
            "release start",
        ),
        Action(
            "choose",
            "Choose the unit",
            "Replays the app's own history against itself: which unit keeps the budget of false rollbacks?",
            Role.DEVELOPER,
            "app",
            "/apps/<string:app>/unit",
            "unit choose",
        ),
        Action(
            "freeze",
            "Freeze",
            "Holds every raise of traffic it covers; going back stays possible.",
            Role.RELEASE_MANAGER,
            "installation",
            "/freezes",
            "freeze add",
            "must",
        ),
        Action(
            "unfreeze",
            "Lift the freeze",
            "Lets releases go on at once.",
            Role.RELEASE_MANAGER,
            "freeze",
            "/freezes/<int:freeze_id>/lift",
            "freeze lift",
        ),
    )
}


def may(action: Action, user: User, told: Told | None = None) -> str | None:
    """Why `user` may not do this now, in words; None when they may."""
    if why := user.lacks(action.role, action.scope):
        return why
    if told is None:
        return None
    return action.possible(user, told)


def described() -> list[dict[str, object]]:
    """The table as the OpenAPI document carries it, for the terminal's parity test."""
    return [
        {
            "name": action.name,
            "label": action.label,
            "says": action.says,
            "role": action.role,
            "scope": action.scope,
            "on": action.on,
            "reason": action.reason,
            "shown": action.shown,
            "method": "POST",
            "path": "/api" + action.rule.replace("<int:", "{").replace("<string:", "{").replace(">", "}"),
            "cli": action.cli,
        }
        for action in ACTIONS.values()
    ]
