"""The current step: its ladder of shares, what was asked for and what was measured."""

from dataclasses import dataclass
from itertools import pairwise

from pipeline.plan import Step
from pipeline.release import Release, Target
from pipeline.settings import Judge
from pipeline.states import State
from pipeline.store.shown import Told

from .bars import Part, bar
from .steps import durations, title
from .words import clock, lasted, percent

FRESH = 15.0  # seconds after which a measured share is no longer one of now


@dataclass(frozen=True, slots=True)
class Rung:
    """A share. `cls`: d done, c current, "" to come."""

    percent: str
    cls: str
    icon: str
    note: str


@dataclass(frozen=True, slots=True)
class Share:
    """Wanted and measured share of one cluster."""

    cluster: str
    wanted: str
    wanted_bar: tuple[Part, ...]
    measured: str
    measured_bar: tuple[Part, ...]
    measured_label: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Current:
    """The step a release is in."""

    title: str
    since: str
    rungs: tuple[Rung, ...]
    shares: tuple[Share, ...]


def current(told: Told) -> Current | None:
    """The step it is in, while it touches clusters and has not ended."""
    release = told.release
    if release is None or release.ended or not release.here:
        return None
    since = f"{lasted(told.now - release.since)} at {percent(release.percent)}"
    if release.state is not State.RUNNING:
        since = f"{release.state} since {clock(release.since)}"
    return Current(title(release.step), since, ladder(told, release), tuple(_share(told, one) for one in release.here))


def ladder(told: Told, release: Release) -> tuple[Rung, ...]:
    """Canary and rollout of the wave as one ladder, as one follows the other."""
    steps = [step for step in release.plan if step.wave == release.step.wave and step.clusters == release.step.clusters]
    given = {share: at for step in steps for share, at in durations(told.events, step.name).items()}
    times = sorted(given.items())
    taken = {low: lasted(after - at) for (low, at), (_, after) in pairwise(times)}
    rungs = [rung.percent for step in steps for rung in step.rungs if rung.percent == 100 or not release.first_here]
    return tuple(_rung(told, release, share, taken) for share in rungs)


def _rung(told: Told, release: Release, share: int, taken: dict[int, str]) -> Rung:
    if release.state is not State.RUNNING:
        cls = "d" if share <= release.percent else ""
        return Rung(percent(share), cls, "pass" if cls else "todo", "was reached" if cls else "not reached")
    if share < release.percent:
        return Rung(percent(share), "d", "pass", taken.get(share, "done"))
    if share == release.percent:
        return Rung(percent(share), "c", "run", "now")
    return Rung(percent(share), "", "todo", "then soak" if share == 95 else "to come")


def _share(told: Told, target: Target) -> Share:
    release = told.release
    assert release is not None
    placed = next(one for one in told.placed if one.cluster == target.cluster)
    wanted = release.percent if release.state is State.RUNNING or target.wave not in release.undo_waves else 0
    measured, label = float(placed.share), "Routed by the gateway"
    if placed.seen_at is not None:
        label += f", seen {clock(placed.seen_at)}"
    seen = _measured(told, release, target)
    if seen is not None:
        measured, label = seen, "Measured share, last 10 s"
    if placed.seen_at is None:
        return Share(target.cluster, percent(wanted), bar([(wanted, "a")]), "not seen yet", (), label, placed.trouble)
    shown = round(measured, 1)
    bars = (bar([(wanted, "a")]), bar([(shown, "a")]))
    return Share(target.cluster, percent(wanted), bars[0], percent(shown), bars[1], label, placed.trouble)


def _measured(told: Told, release: Release, target: Target) -> float | None:
    """Counted from requests; None while there is nothing fresh to count."""
    case = told.said.cases.get(target.cluster)
    if release.state is not State.RUNNING or case is None or not judges_of(release.step):
        return None
    evidence = case.evidence
    fresh = evidence.seen is not None and (told.now - evidence.seen).total_seconds() < FRESH
    return evidence.share if fresh else None


def judges_of(step: Step) -> tuple[Judge, ...]:
    """The judge's settings at each rung of a step and at its end."""
    gates = [gate for rung in step.rungs for gate in rung.gates] + list(step.leave)
    return tuple(gate for gate in gates if isinstance(gate, Judge))
