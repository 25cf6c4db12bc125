"""How a release was taken back, in figures: what failed, how surely, how many were hit, how fast it was."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.judge import compare
from pipeline.judge.phrases import amount, limit
from pipeline.release import Target
from pipeline.settings import Judge
from pipeline.states import Reason, State
from pipeline.store.shown import Event, Told

from .evidence import judges
from .words import clock, lasted, percent


@dataclass(frozen=True, slots=True)
class Item:
    """One figure: its name, its value, and where it comes from."""

    name: str
    value: str
    note: str


def items(told: Told) -> tuple[Item, ...]:
    """Empty unless it was taken back, or is being, after it had touched a cluster."""
    release = told.release
    if release is None or not release.targets or release.state not in (State.ROLLING_BACK, State.ROLLED_BACK):
        return ()
    undone = _first(told, "undo")
    if undone is None:
        return ()
    hit = _hit(told) if release.reason is Reason.HARMED else None
    found = [_what(told, hit, undone), *(_numbers(told, hit) if hit else ())]
    return (*found, *_times(told, undone.at, hit))


def _hit(told: Told) -> tuple[Target, compare.Evidence, Judge] | None:
    """The cluster with the most evidence for harm."""
    release = told.release
    assert release is not None
    found = []
    for target in release.targets:
        case = told.said.cases.get(target.cluster)
        guards = tuple(judges(release, target).values())
        if case and case.at and guards:
            found.append((target, case.evidence, guards[0]))
    return max(found, key=lambda one: one[1].harm_most, default=None)


def _what(told: Told, hit: tuple[Target, compare.Evidence, Judge] | None, undone: Event) -> Item:
    release = told.release
    assert release is not None
    if hit is None:
        by = {Reason.CANCELLED: _who(told, undone), Reason.GUARD: "The guard", Reason.SUPERSEDED: "A newer release"}
        return Item("Taken back by", by.get(release.reason or Reason.FAILED, "Sluice"), _where(told))
    target, evidence, _ = hit
    sums = evidence.sums
    rates = f"at {percent(release.percent)}: canary {_rate(sums.k_c, sums.n_c)}, stable {_rate(sums.k_b, sums.n_b)}"
    return Item("What failed", f"Errors on {target.cluster}", rates)


def _who(told: Told, undone: Event) -> str:
    """The person who asked for it, or said no."""
    no = (one for one in told.events if one.kind in ("cancel", "rollback") or one.told.get("yes") is False)
    return next((one.actor for one in no if one.number < undone.number), "A person")


def _where(told: Told) -> str:
    release = told.release
    assert release is not None
    return f"at {percent(release.percent)} on {'+'.join(release.step.clusters) or release.step.stage}"


def _numbers(told: Told, hit: tuple[Target, compare.Evidence, Judge]) -> tuple[Item, Item]:
    _, evidence, judge = hit
    needed = limit(1 / judge.alpha)
    sums = evidence.sums
    likely = round(sums.n_c * sums.k_b / sums.n_b) if sums.n_b else 0
    return (
        Item("Evidence for harm", f"{amount(evidence.harm_most)} of {needed}", f"a false alarm at most 1 in {needed}"),
        Item("Requests that failed", f"{sums.k_c:,}", f"stable would have failed {likely:,}"),
    )


def _times(told: Told, undone: datetime, hit: tuple[Target, compare.Evidence, Judge] | None) -> tuple[Item, ...]:
    """From the first failure to the decision, from there to the last good version, both measured."""
    found: list[Item] = []
    first = hit[1].first_failure if hit else None
    if first is not None and first <= undone:
        found.append(Item("First failure to decision", lasted(undone - first), f"{clock(first)} to {clock(undone)}"))
    end = told.head.ended_at
    if end is None:
        note = f"since {clock(undone)}"
        return (*found, Item("Decision to 0 %", f"{lasted(told.now - undone)} so far", note))
    return (*found, Item("Decision to the version before", lasted(end - undone), f"{clock(undone)} to {clock(end)}"))


def _rate(bad: int, total: int) -> str:
    return f"{100 * bad / total:.2f} %" if total else "none"


def _first(told: Told, kind: str) -> Event | None:
    return next((event for event in reversed(told.events) if event.kind == kind), None)
