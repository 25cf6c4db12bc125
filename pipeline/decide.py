"""The one place that decides what happens to a release next."""

from datetime import timedelta

from . import gates
from .decision import Decision, Finish, Halt, Hold, Judged, Resume, Ruling, Shift, Start, Undo
from .facts import Facts, Order, Said
from .plan import Passage, passages
from .release import Release
from .settings import Gate, Judge, Soak
from .states import Reason, State
from .undo import retreat
from .verdict import Fail, Pass, Verdict, Wait, strictest

STALE = timedelta(seconds=30)  # a raise that was not carried out for so long is decided anew
_GUARD = "Sluice was silent for too long, or a person asked the guard to"
LOOK = timedelta(seconds=10)  # the longest between two looks while a cluster is unfinished


def decide(release: Release, facts: Facts, said: Said) -> Ruling:
    """
    Say what to do next, given what was seen and what people said.

    Pure: the answer depends on the arguments alone, and nothing happens. The ledger writes the answer down in the
    transaction in which it read `said`; the next tick makes it so.
    """
    match release.state:
        case State.RUNNING:
            return _running(release, facts, said)
        case State.ROLLING_BACK:
            return Ruling(_rolling_back(release, facts, said))
        case State.HALTED:
            return Ruling(_halted(release, facts, said))
        case State.LIVE | State.ROLLED_BACK:
            return Ruling(Hold("It has ended", look_again=timedelta(days=1)))


def _running(release: Release, facts: Facts, said: Said) -> Ruling:
    if back := _must_go_back(release, facts, said):
        return Ruling(retreat(release, facts, back.why, back.reason))
    again = _unfinished_raise(release, facts)
    ahead = again or release.ahead
    judged = tuple(Judged(gate.name, _ask(gate, ahead, release, facts, said)) for gate in ahead.gates)
    hands = facts.ran if again is None or isinstance(facts.ran, Fail) else Pass()  # they wait for a raise that is void
    whole = strictest([hands, _paused(said), *(one.verdict for one in judged), _in_sight(release, ahead, facts)])
    match whole:
        case Fail(why, reason):
            return Ruling(retreat(release, facts, why, reason), ahead.name, judged)
        case Wait():
            return Ruling(_hold(whole), ahead.name, judged)
        case Pass():
            return Ruling(_cross(release, ahead, judged), ahead.name, judged, crosses=True)


def _must_go_back(release: Release, facts: Facts, said: Said) -> Fail | None:
    """The guard has spoken, or a person: both come before every gate."""
    for target in release.targets:
        seen = facts.clusters.get(target.cluster)
        if seen is not None and seen.marked == release.id:
            return Fail(f"The guard in {target.cluster} rolled it back: {_GUARD}", Reason.GUARD)
    for order in _since_resume(said):
        if order.verb in ("cancel", "rollback"):
            verb = "cancelled it" if order.verb == "cancel" else "rolled it back"
            return Fail(f"{order.who} {verb}{_because(order)}", Reason.CANCELLED)
    return None


def _since_resume(said: Said) -> tuple[Order, ...]:
    """What was asked for after the last resume: resuming a halted release answers what stopped it."""
    last = max((place for place, order in enumerate(said.orders, 1) if order.verb == "resume"), default=0)
    return said.orders[last:]


def _unfinished_raise(release: Release, facts: Facts) -> Passage | None:
    """The passage to where it stands, if that raise was never carried out and has become stale."""
    if not release.percent or facts.now - release.raised <= STALE:
        return None
    weights = [
        seen.weights.get(target.slot, 0)
        for target in release.here
        if (seen := facts.clusters.get(target.cluster)) is not None and not seen.trouble
    ]
    if all(weight >= release.percent for weight in weights):
        return None
    at = (release.at, release.percent)
    return next((one for one in passages(release.plan) if (one.at, one.percent) == at), None)


def _ask(gate: Gate, ahead: Passage, release: Release, facts: Facts, said: Said) -> Verdict:
    """What the gate says, or the person who skips its waiting: the judge's and the soak's, never their no."""
    verdict = gates.ask(gate, ahead, release, facts, said)
    if isinstance(verdict, Wait) and isinstance(gate, Judge | Soak):
        for order in said.orders:
            if order.verb == "promote" and order.passage == ahead.name:
                return Pass(f"{order.who} promoted it without waiting{_because(order)}", by=order.who)
    return verdict


def _paused(said: Said) -> Verdict:
    verbs = [order for order in said.orders if order.verb in ("pause", "resume")]
    if verbs and verbs[-1].verb == "pause":
        why = f"Paused by {verbs[-1].who}{_because(verbs[-1])}; it is still judged"
        return Wait(why, who="Release managers can resume", look_again=timedelta(seconds=2))
    return Pass()


def _in_sight(release: Release, ahead: Passage, facts: Facts) -> Verdict:
    """A cluster is seen before it is entered: its slots decide where the release goes."""
    entered = release.plan[ahead.at].clusters if ahead.at < len(release.plan) else ()
    for cluster in entered:
        seen = facts.clusters.get(cluster)
        if seen is None or seen.trouble:
            return gates.unseen(cluster, seen)
        if seen.release not in (0, release.id):
            return Wait(f"{cluster} is still busy with R-{seen.release}")
    return Pass()


def _cross(release: Release, ahead: Passage, judged: tuple[Judged, ...]) -> Decision:
    why = "; ".join(text for one in judged if isinstance(one.verdict, Pass) and (text := one.verdict.why))
    if ahead.at == len(release.plan):
        return Finish(State.LIVE, why)
    if ahead.at == release.at:
        return Shift(ahead.percent, why)
    return Start(ahead.at, ahead.percent, why)


def _rolling_back(release: Release, facts: Facts, said: Said) -> Decision:
    """Going back is never held by a gate; it ends when every touched cluster was seen back."""
    untouched = {target.wave for target in release.targets} - set(release.undo_waves)
    match facts.ran:
        case Pass() if untouched and any(order.verb == "rollback" for order in said.orders):
            return Undo(release.why, Reason.CANCELLED, tuple(sorted({target.wave for target in release.targets})))
        case Pass() if untouched:
            kept = ", ".join(target.cluster for target in release.targets if target.wave in untouched)
            return Halt(f"{release.why}; taken back there, and {kept} keeps the new version")
        case Pass():
            return Finish(State.ROLLED_BACK, release.why, release.reason)
        case Wait():
            return _hold(facts.ran)
        case Fail(why):
            return Halt(f"{release.why}; going back failed: {why}")


def _halted(release: Release, facts: Facts, said: Said) -> Decision:
    """Only a person ends a halt."""
    for order in reversed([order for order in said.orders if order.at >= release.since]):
        if order.verb == "resume" and not release.undo_waves:
            return Resume(f"{order.who} resumed it{_because(order)}")
        if order.verb in ("cancel", "rollback"):
            waves = tuple(sorted({target.wave for target in release.targets}))
            return Undo(f"{order.who} rolled it back{_because(order)}", Reason.CANCELLED, waves)
    ways = "roll it back" if release.undo_waves else "resume it or roll it back"
    return Hold(f"Halted: {release.why}", who=f"Release managers can {ways}", look_again=LOOK)


def _hold(wait: Wait) -> Hold:
    return Hold(wait.why, wait.who, wait.until, min(wait.look_again, LOOK))


def _because(order: Order) -> str:
    return f': "{order.reason}"' if order.reason else ""
