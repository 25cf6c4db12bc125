"""What an action asks before it is done: what will happen, to what, and what stays as it is."""

from dataclasses import dataclass

from pipeline.explain import colour
from pipeline.release import Target
from pipeline.states import State
from pipeline.store.shown import Told

from ..actions import ACTIONS, Action
from .words import percent, short

ORDER = ("approve", "resume", "pause", "promote", "rerun", "reject", "cancel", "rollback")
DANGER = frozenset({"reject", "cancel", "rollback"})
PRIMARY = frozenset({"approve", "resume", "rerun"})


@dataclass(frozen=True, slots=True)
class Start:
    """Where a new release of the same commit may begin."""

    value: str
    label: str
    open: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """One action on one release, asked."""

    action: Action
    title: str
    says: tuple[str, ...]
    targets: tuple[tuple[str, str], ...]  # cluster, what happens there
    field: str  # comment or reason
    label: str
    must: bool
    look: str  # btn-primary, btn-danger or ""
    shown: tuple[tuple[str, str], ...]  # hidden fields: exactly what was looked at
    starts: tuple[Start, ...] = ()  # where a new release may begin


def _starts(told: Told) -> tuple[Start, ...]:
    image = short(told.head.digest)
    build = Start("build", "Build: same commit, built anew, all gates again")
    if not told.head.digest:
        return (build, Start("test", "Tests: there is no image yet, as it was never built", open=False))
    return (build, Start("test", f"Tests: image {image} as it is, all gates again"))


def ask(told: Told, name: str, versions: dict[str, str]) -> Question:
    """The question of action `name`. `versions`: what people call each digest."""
    action = ACTIONS[name]
    votes = action.shown
    field = "comment" if votes else "reason"
    label = "Comment" if votes else "Reason"
    must = action.reason == "must"
    look = "btn-danger" if name in DANGER else "btn-primary" if name in PRIMARY else ""
    return Question(
        action=action,
        title=f"{action.label} R-{told.head.id} {told.head.app} {told.head.version}?",
        says=_says(told, action),
        targets=_targets(told, versions) if name in ("rollback", "cancel", "reject") else (),
        field=field,
        label=label if must else f"{label}, optional",
        must=must,
        look=look,
        shown=_shown(told) if votes else (),
        starts=_starts(told) if name == "rerun" else (),
    )


def _shown(told: Told) -> tuple[tuple[str, str], ...]:
    return (
        ("expect_digest", told.head.digest),
        ("expect_def", told.head.def_hash),
        ("expect_cfg", told.said.cfg_hash),
    )


def _says(told: Told, action: Action) -> tuple[str, ...]:
    release = told.release
    match action.name:
        case "approve" if release is not None:
            entered = release.plan[min(release.ahead.at, len(release.plan) - 1)]
            return (f"For {'+'.join(entered.clusters)}, image {short(told.head.digest)}.", action.says)
        case "promote" if release is not None:
            share = percent(release.ahead.percent)
            return (f"{'+'.join(release.step.clusters)} goes from {percent(release.percent)} to {share}.", action.says)
        case "rollback" | "cancel" | "reject":
            extra = "No approval is needed, and no freeze holds it."
            return (action.says, extra) if release is not None and release.targets else (action.says,)
    return (action.says,)


def _targets(told: Told, versions: dict[str, str]) -> tuple[tuple[str, str], ...]:
    release = told.release
    if release is None:
        return ()
    found = [(target.cluster, _target(told, target, versions)) for target in reversed(release.targets)]
    touched = {target.cluster for target in release.targets}
    clusters = [cluster for step in release.plan for cluster in step.clusters]
    rest = [cluster for cluster in dict.fromkeys(clusters) if cluster not in touched]
    return (*found, *((cluster, "not touched, stays as it is") for cluster in rest))


def _target(told: Told, target: Target, versions: dict[str, str]) -> str:
    if not target.previous:
        return "nothing ran there before, so there is nothing to go back to"
    old = versions.get(target.previous) or short(target.previous)
    placed = next(one for one in told.placed if one.cluster == target.cluster)
    if told.head.state is not State.LIVE and target.open:
        return f"canary from {percent(placed.share)} to 0 %, {old} serves all"
    return f"from {told.head.version} back to {old}"


def shade(told: Told) -> str:
    """The colour of the note on top of a release."""
    return {"todo": ""}.get(word := colour(told.head.state, told.head.reason), word)
