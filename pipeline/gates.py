"""One function per gate: what it says about letting a release through, from facts alone."""

from datetime import datetime, timedelta

from . import windows
from .approval import agreed
from .facts import ClusterSeen, Facts, Neighbour, Said
from .judge import compare, split
from .judge.case import Case
from .plan import Passage, replicas_for
from .release import Release, Target
from .settings import AllTests, Approval, Capacity, Freeze, Gate, Healthy, Judge, Soak, Turn, Verified
from .states import Kind, Reason
from .verdict import Fail, Pass, Verdict, Wait, strictest

FEW = 4  # replicas; of more, the others follow soon after the first ones, and to look more often pays


def ask(gate: Gate, ahead: Passage, release: Release, facts: Facts, said: Said) -> Verdict:
    """What `gate` says about `release` crossing the passage `ahead`."""
    match gate:
        case AllTests():
            return facts.ran
        case Turn():
            return turn(gate, release, said)
        case Approval():
            return agreed(gate, release, ahead.name, facts.now, said)
        case Freeze():
            return windows.freeze_verdict(said.freezes, facts.now, release.app, _clusters(release, ahead))
        case Verified():
            return verified(_clusters(release, ahead), release, said)
        case Capacity() | Judge() | Soak() | Healthy():
            return strictest(_ask_of(gate, target, release, facts, said) for target in release.here)


def _ask_of(
    gate: Capacity | Judge | Soak | Healthy, target: Target, release: Release, facts: Facts, said: Said
) -> Verdict:
    match gate:
        case Capacity():
            return capacity(gate, target, release, facts, said)
        case Judge():
            return judge(gate, target, release, facts, said)
        case Soak():
            return soak(gate, target, facts, said)
        case Healthy():
            return healthy(target, release, facts)


def turn(gate: Turn, release: Release, said: Said) -> Verdict:
    """Releases of one app go one after the other; with `latest_wins` a newer tested one makes this one pointless."""
    newer = [other.id for other in said.neighbours if other.id > release.id and other.tested]
    if newer and gate.order == "latest_wins" and not release.targets:
        return Fail(f"Superseded by R-{max(newer)}, which is newer and tested", Reason.SUPERSEDED)
    ahead = [other.id for other in said.neighbours if other.touched or _precedes(other, release, gate)]
    if ahead:
        return Wait(f"Waits its turn: R-{min(ahead)} of {release.app} is on its way", look_again=timedelta(seconds=3))
    return Pass(f"No other release of {release.app} is ahead")


def _precedes(other: Neighbour, release: Release, gate: Turn) -> bool:
    """Going back comes before going forward; else the older first, unless it will give way to this one."""
    if other.kind is not release.kind:
        return other.kind is Kind.RETURN
    gives_way = gate.order == "latest_wins" and release.kind is Kind.NORMAL
    return other.id < release.id and not gives_way


def capacity(gate: Capacity, target: Target, release: Release, facts: Facts, said: Said) -> Verdict:
    """The slot that is about to carry the load is ready for it first."""
    seen = facts.clusters.get(target.cluster)
    if seen is None or seen.trouble:
        return unseen(target.cluster, seen)
    slot = seen.slot(target.slot)
    needed = max(gate.replicas, replicas_for(gate.percent, seen.carries(target.other, 0)))
    there = f"{slot.ready} of {needed} replicas ready in {target.cluster} for {gate.percent} %"
    if slot.digest == release.digest and slot.ready >= needed:
        return Pass(there)
    trouble = f"; {slot.trouble}" if slot.trouble else ""
    if facts.now - _last_ready(target, release, facts, said) > timedelta(seconds=gate.within):
        return Fail(f"{there} after {gate.within:.0f} s{trouble}")
    coming = slot.digest == release.digest and slot.ready > 0 and needed > FEW
    again = _coming(facts.now - release.since) if coming else timedelta(seconds=1)
    return Wait(f"Waits for capacity: {there}{trouble}", look_again=again)


def _coming(waited: timedelta) -> timedelta:
    """When to look at replicas of which the first are ready: within a tenth of what it has taken so far."""
    return min(max(waited / 10, timedelta(seconds=0.3)), timedelta(seconds=1))


def judge(gate: Judge, target: Target, release: Release, facts: Facts, said: Said) -> Verdict:
    """The canary is not worse than stable in this cluster."""
    if gate.alone and target.previous:
        return Pass(f"An older version ran beside it in {target.cluster}")
    if not target.previous and not gate.alone:
        return Pass(f"First version in {target.cluster}, nothing to compare it with")
    case = case_of(target, facts, said, gate)
    verdict = compare.verdict(case.evidence, gate, release.since, facts.now)
    if isinstance(verdict, Fail):
        return Fail(f"{target.cluster}: {verdict.why}", verdict.reason)
    return (None if release.step.by_replicas else _misrouted(gate, target, case)) or verdict


def _misrouted(gate: Judge, target: Target, case: Case) -> Wait | None:
    """Where the traffic is not split as asked for, nothing that is counted can be believed. Connections that clients
    keep open are no sign of it where replicas are the share."""
    seen = case.split
    if seen.most < 1 / gate.alpha:
        return None
    why = f"The canary in {target.cluster} gets {split.told(seen)}: routing is not as it should be"
    return Wait(why, "The platform team can look at the gateway", look_again=timedelta(seconds=2))


def soak(gate: Soak, target: Target, facts: Facts, said: Said) -> Verdict:
    """Observed healthy time with the old version beside it; an hour of outage adds nothing."""
    if not target.previous:
        return Pass(f"First version in {target.cluster}, no soak")
    done = case_of(target, facts, said).health.at_least(gate.percent)
    if done >= gate.seconds:
        return Pass(f"{gate.seconds:.0f} s observed healthy in {target.cluster}")
    left = timedelta(seconds=gate.seconds - done)
    why = f"Soaks in {target.cluster}: {done:.0f} of {gate.seconds:.0f} s observed healthy"
    return Wait(why, look_again=min(left, timedelta(seconds=1)))


def healthy(target: Target, release: Release, facts: Facts) -> Verdict:
    """Seen at 100 % on the new digest with all replicas ready, and the anchor says so."""
    seen = facts.clusters.get(target.cluster)
    if seen is None or seen.trouble:
        return unseen(target.cluster, seen)
    slot = seen.slot(target.slot)
    if seen.weights.get(target.slot) != 100 or slot.digest != release.digest:
        return Wait(f"{target.cluster} is not at 100 % yet", look_again=timedelta(seconds=1))
    if slot.ready < max(1, slot.wanted):
        return Wait(
            f"{slot.ready} of {slot.wanted} replicas ready in {target.cluster}", look_again=timedelta(seconds=1)
        )
    if seen.stable != target.slot or seen.release:
        why = f"{target.cluster} does not call the new version stable yet"
        return Wait(why, look_again=timedelta(seconds=0.3))  # the hands told it to a moment ago
    return Pass(f"{target.cluster} serves it at 100 %, {slot.ready} of {slot.wanted} replicas ready")


def verified(clusters: frozenset[str], release: Release, said: Said) -> Verdict:
    """Only a digest that was live in a cluster may return there without a canary."""
    if missing := sorted(clusters - said.verified):
        return Fail(f"{release.digest[:19]} was never live in {', '.join(missing)}; release the commit anew")
    return Pass(f"Was live before in {', '.join(sorted(clusters))}")


def unseen(cluster: str, seen: ClusterSeen | None) -> Wait:
    """A cluster that cannot be seen holds its release, and says so."""
    why = seen.trouble if seen else "it was not looked at yet"
    return Wait(f"{cluster} cannot be seen: {why}", who="The platform team can look at the cluster")


def judges(release: Release, target: Target) -> tuple[Judge, ...]:
    """All settings by which a target is judged on its way through its wave; they differ in their margin alone."""
    steps = [step for step in release.plan if step.wave == target.wave]
    asked = [gate for step in steps for gates in (*(rung.gates for rung in step.rungs), step.leave) for gate in gates]
    return tuple(
        dict.fromkeys(gate for gate in asked if isinstance(gate, Judge) and gate.alone is not bool(target.previous))
    )


def case_of(target: Target, facts: Facts, said: Said, *asked: Judge) -> Case:
    """What the judge has of a cluster for the settings that are `asked` for: as it was kept, or folded here and now."""
    kept = said.cases.get(target.cluster)
    if kept and all(judge in kept.judges for judge in asked):
        return kept
    return Case.begin(asked).after(
        [one for one in said.readings if one.cluster == target.cluster and one.at <= facts.now]
    )


def _clusters(release: Release, ahead: Passage) -> frozenset[str]:
    entered = release.plan[min(ahead.at, len(release.plan) - 1)]
    return frozenset(entered.clusters or release.step.clusters)


def _last_ready(target: Target, release: Release, facts: Facts, said: Said) -> datetime:
    return max(release.since, case_of(target, facts, said).ready or release.since)
