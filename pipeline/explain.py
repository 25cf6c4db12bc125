"""A release told in sentences: the same words on its page, in the terminal and in the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .decision import Decision, Finish, Halt, Hold, Resume, Shift, Start, Undo
from .judge import planned as planning
from .judge.apart import Path
from .judge.phrases import duration
from .judge.planned import NOTHING_SEEN, Traffic
from .plan import Stage, Step
from .release import Release
from .settings import AllTests, Approval, Capacity, Freeze, Gate, Healthy, Judge, Soak, Turn, Verified
from .states import Kind, Reason, State
from .undo import order
from .verdict import NOBODY

NO_PATHS: Mapping[str, Path] = {}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal."""

    at: datetime
    text: str
    actor: str = ""


def journal(release: Release, decision: Decision) -> str:
    """The line of the journal for `decision`, taken about `release` as it was before it."""
    match decision:
        case Start(at, _, why):
            return _sentence(_starts(release.plan[at]), why)
        case Shift(percent, why):
            where = "+".join(target.cluster for target in release.here)
            return _sentence(f"{where} from {release.percent} % to {percent} %", why)
        case Hold(why, who, _, _):
            return _sentence(why, who)
        case Undo(why, _, waves):
            where = ", then ".join(target.cluster for target in order(release, waves))
            return _sentence(f"Rolls back: {why}", f"First {where}" if ", then " in where else f"In {where}")
        case Halt(why):
            return _sentence(f"Halted: {why}", "A person must look")
        case Resume(why):
            return _sentence("Goes on", why)
        case Finish(state, why, reason):
            return _ending(state, reason, why)


def standing(release: Release, why: str, who: str, until: datetime | None = None) -> str:
    """Where it stands and why it waits there, who can act, until when."""
    match release.state:
        case State.RUNNING:
            limit = f"Until {_clock(until)}" if until and _clock(until) not in why else ""
            stands = "" if why.startswith(_stands(release)) else _stands(release)  # the judge begins with it too
            return _sentence(stands, why, limit, who if why else "")
        case State.ROLLING_BACK:
            return _sentence("Rolls back", release.why, why)
        case State.HALTED:
            return _sentence(why or f"Halted: {release.why}", who)
        case State.LIVE | State.ROLLED_BACK:
            return _ending(release.state, release.reason, release.why if release.reason else "")


def explain(
    release: Release,
    lines: tuple[Line, ...],
    why: str,
    who: str,
    until: datetime | None = None,
    traffic: Mapping[str, Traffic] = NOTHING_SEEN,
    paths: Mapping[str, Path] = NO_PATHS,
) -> list[str]:
    """The causal chain, oldest first, how it is judged, where it stands now, and what it will wait for."""
    what = f"brings {release.app} back to" if release.kind is Kind.RETURN else f"is {release.app}"
    by = f" by {', '.join(sorted(release.authors))}" if release.authors else ""
    head = f"R-{release.id} {what} {release.version}, commit {release.commit[:7]}{by}."
    told = [f"{_clock(line.at)} {line.text}" for line in lines]
    return [
        head,
        *told,
        *(f"{path.told(cluster)}." for cluster, path in paths.items()),
        f"Now: {standing(release, why, who, until)}",
        *(f"Next: {text}" for text in planned(release, traffic)),
    ]


def planned(release: Release, traffic: Mapping[str, Traffic] = NOTHING_SEEN) -> list[str]:
    """
    What it will wait for by plan from here on, wave by wave; nothing once it goes back, halts or has ended.

    `traffic`: what each cluster is asked now. Where it is known, a canary that has not started says how long.
    """
    if release.state is not State.RUNNING:
        return []
    waits = []
    for place in range(release.at, len(release.plan)):
        step = release.plan[place]
        gates = [*(step.enter if place > release.at else ()), *_gates_ahead(release, place)]
        if found := [text for text in map(_wait_of, gates) if text]:
            where = "+".join(step.clusters)
            waits.append(f"{_PLACES[step.stage].format(where)} {', then '.join(dict.fromkeys(found))}.")
            if place > release.at and (slowest := planning.slowest(step, traffic)):
                waits[-1] += f" {planning.told(slowest)}"
    return waits


_PLACES = {
    Stage.BUILD: "The build waits for",
    Stage.TEST: "After the tests it waits for",
    Stage.CANARY: "The canary on {} waits for",
    Stage.ROLLOUT: "The rollout on {} waits for",
}


def _gates_ahead(release: Release, place: int) -> list[Gate]:
    """The gates of the shares of a step that are not given yet, and of its end."""
    step = release.plan[place]
    given = release.percent if place == release.at else 0
    return [gate for rung in step.rungs if rung.percent > given for gate in rung.gates] + list(step.leave)


def _wait_of(gate: Gate) -> str:
    """What a gate asks for that takes time or people; "" for those that only look."""
    match gate:
        case Approval(group, of, _):
            return f"{of} of {group}"
        case Soak(seconds):
            return f"a soak of {duration(seconds)}"
        case Judge(margin, alone=False) if margin is not None:
            return "the judge at each share"
        case AllTests() | Turn() | Freeze() | Capacity() | Judge() | Healthy() | Verified():
            return ""


def colour(state: State, reason: Reason | None) -> str:
    """pass, wait, fail or run: one verdict for the words and colours of every face."""
    match state:
        case State.LIVE:
            return "pass"
        case State.RUNNING:
            return "run"
        case State.ROLLING_BACK | State.HALTED:
            return "wait"
        case State.ROLLED_BACK:
            return "todo" if reason in (Reason.SUPERSEDED, Reason.CANCELLED) else "fail"


def _starts(step: Step) -> str:
    where = "+".join(step.clusters)
    match step.stage:
        case Stage.BUILD:
            return "Build starts"
        case Stage.TEST:
            return "Tests start"
        case Stage.CANARY:
            return f"Canary on {where} starts at 0 %"
        case Stage.ROLLOUT:
            return f"{where} goes to full size"


def _stands(release: Release) -> str:
    step, where = release.step, "+".join(release.step.clusters)
    match step.stage:
        case Stage.BUILD:
            return "Build"
        case Stage.TEST:
            return "Tests"
        case Stage.CANARY:
            return f"Canary on {where} at {release.percent} %"
        case Stage.ROLLOUT:
            return f"Rollout on {where} at {release.percent} %"


def _ending(state: State, reason: Reason | None, why: str) -> str:
    """How it ended and why; a reason that begins with the ending says it once."""
    end = _ends(state, reason)
    return _sentence("" if why.startswith(end) else end, why)


def _ends(state: State, reason: Reason | None) -> str:
    match reason:
        case None:
            return "Live everywhere" if state is State.LIVE else "Rolled back"
        case Reason.SUPERSEDED:
            return "Superseded"
        case Reason.CANCELLED:
            return "Rolled back by a person"
        case Reason.GUARD:
            return "Rolled back by the guard"
        case Reason.FAILED | Reason.HARMED:
            return "Sluice rolled it back"


def _sentence(*parts: str) -> str:
    """Parts as sentences, each with one full stop; an empty one and "nobody needs to act" at an end are left out."""
    kept = [part.strip().rstrip(".") for part in parts if part and part != NOBODY]
    return " ".join(f"{part}." for part in kept)


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"
