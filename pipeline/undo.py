"""When and in which order to go back."""

from .decision import Finish, Halt, Undo
from .facts import Facts
from .release import Release, Target
from .states import Reason, State


def retreat(release: Release, facts: Facts, why: str, reason: Reason) -> Undo | Halt | Finish:
    """
    What to do with a release that must not go on because of `why`.

    Nothing touched: it ends at once. No version to go back to, or the new one is the only healthy copy: halt,
    since both ways would hurt. Else undo: every wave, or the failing one where the definition says so and no person
    asked for more.
    """
    if not release.targets:
        return Finish(State.ROLLED_BACK, why, reason)
    waves = sorted({target.wave for target in release.targets})
    if release.spec.undo == "wave" and reason is not Reason.CANCELLED:
        waves = waves[-1:]
    for target in order(release, tuple(waves)):
        if danger := _danger(target, release, facts):
            return Halt(f"{why}; but {danger}")
    return Undo(why, reason, tuple(waves))


def order(release: Release, waves: tuple[int, ...]) -> tuple[Target, ...]:
    """The targets to take back, last touched first."""
    return tuple(target for target in reversed(release.targets) if target.wave in waves)


def _danger(target: Target, release: Release, facts: Facts) -> str:
    """Why going back would hurt in this cluster, "" if it would not. A cluster out of sight is no reason to stay."""
    seen = facts.clusters.get(target.cluster)
    if seen is None or seen.trouble:
        return ""
    serving = seen.weights.get(target.slot, 0) > 0
    if not target.previous:
        return f"nothing ran in {target.cluster} before, so there is nothing to roll back to" if serving else ""
    old = seen.slot(target.other)
    if old.digest != target.previous:
        return f"{target.cluster} no longer holds the version before" if serving else ""
    dead = old.wanted > 0 and old.ready == 0
    alive = seen.slot(target.slot).ready > 0
    if serving and dead and alive:
        return f"no replica of the version before is ready in {target.cluster}, the new one is the only healthy copy"
    return ""
