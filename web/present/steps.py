"""The plan of a release as rows and as pips: what is done, what is on, what is still to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pipeline.plan import Stage, Step
from pipeline.release import Release
from pipeline.settings import Approval, Soak
from pipeline.states import Reason, State
from pipeline.store.shown import Event, Told
from pipeline.verdict import NOBODY

from .words import clock, lasted, many, percent

HOLDING = ("freeze", "capacity", "turn")
PIPS = {"pass": "d", "run": "c", "wait": "h", "fail": "x", "back": "", "todo": ""}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plan. `verdict`: pass, run, wait, fail, todo, or back for what was taken back or called off."""

    place: str  # the name of the step, or of the passage a gate guards
    kind: str  # build, test, canary, rollout, approval or gate
    title: str
    brief: str  # the title inside its wave
    verdict: str
    word: str
    note: str
    hint: str  # the note in a few words
    wave: int
    clusters: tuple[str, ...] = ()
    current: bool = False


def rows(told: Told) -> tuple[Row, ...]:
    """The whole plan; approvals, and a gate that holds it now, as lines of their own before what they open."""
    release = told.release
    if release is None:
        return ()
    entered = {str(event.told.get("step")): event.at for event in reversed(told.events) if event.kind == "start"}
    entered.setdefault(release.plan[0].name, told.head.created_at)
    found: list[Row] = []
    for place, step in enumerate(release.plan):
        found += [*_approvals(told, release, place, step), *_held(told, release, place, step)]
        before = found[-1].current if found else False  # the gate before it is what is on
        current = place == here(told, release) and release.state is not State.LIVE and not before
        found.append(_step(told, release, place, entered, current))
    return tuple(found)


def _step(told: Told, release: Release, place: int, entered: dict[str, datetime], current: bool) -> Row:
    step, verdict = release.plan[place], verdict_of(told, place)
    if place > release.at and not current and verdict == "wait":
        verdict = "todo"  # the gate before it has a line of its own
    note, hint = _note(told, release, place, entered)
    word = _word(verdict, release, place)
    brief = title(step).rpartition(": ")[2].capitalize().replace(" and ", ", ")
    return Row(
        step.name, step.stage, title(step), brief, verdict, word, note, hint or word, step.wave, step.clusters, current
    )


def _held(told: Told, release: Release, place: int, step: Step) -> Iterator[Row]:
    """What keeps it from entering this step, but for people: a freeze, capacity, another release."""
    ahead = release.ahead
    if release.state is not State.RUNNING or ahead.at != place or place == release.at or here(told, release) != place:
        return
    for result in told.results:
        if result.passage == ahead.name and result.verdict == "wait" and result.gate in HOLDING:
            name = result.gate.capitalize()
            where = f"Wave {step.wave}, {'+'.join(step.clusters)}: {result.gate}"
            hint = f"until {result.until:%H:%M}" if result.until else "holds"
            yield Row(ahead.name, "gate", where, name, "wait", "wait", result.why, hint, step.wave, step.clusters, True)


def pips(told: Told) -> tuple[str, ...]:
    """One pip a step, a gap before each wave."""
    if told.release is None:
        return ("x",)
    release, found = told.release, list[str]()
    for place, step in enumerate(release.plan):
        if found and step.wave and step.wave != release.plan[place - 1].wave:
            found.append("gap")
        entering = release.at < place == here(told, release)
        found.append("h" if entering else PIPS[verdict_of(told, place)])
    return tuple(found)


def stands(told: Told) -> str:
    """Where it is, in two or three words."""
    release = told.release
    if release is None:
        return "Definition"
    if (ahead := here(told, release)) > release.at:
        step = release.plan[ahead]
        word = "Approval" if verdict_of(told, ahead) == "todo" else "Before"
        return f"{word} {'+'.join(step.clusters) or step.stage}"
    step = release.step
    share = f", {percent(release.percent)}" if step.clusters else ""
    return f"{step.stage.capitalize()}{' ' + '+'.join(step.clusters) if step.clusters else ''}{share}"


def title(step: Step) -> str:
    """What a step is called."""
    match step.stage:
        case Stage.BUILD:
            return "Build" if step.name == "build" else "Begin"
        case Stage.TEST:
            return "Test"
        case Stage.CANARY:
            return f"Wave {step.wave}, {'+'.join(step.clusters)}: canary"
        case Stage.ROLLOUT:
            soak = any(isinstance(gate, Soak) for rung in step.rungs for gate in rung.gates)
            return f"Wave {step.wave}, {'+'.join(step.clusters)}: rollout{' and soak' if soak else ''}"


def verdict_of(told: Told, place: int) -> str:
    """The sign of one step."""
    release = told.release
    if release is None or place > here(told, release):
        return "todo"
    if place > release.at:
        return "todo" if any(isinstance(gate, Approval) for gate in release.plan[place].enter) else "wait"
    match release.state:
        case State.LIVE:
            return "pass"
        case State.RUNNING:
            return "pass" if place < here(told, release) else "wait" if needs_somebody(told) else "run"
        case State.HALTED:
            return "pass" if place < release.at else "wait"
        case State.ROLLING_BACK | State.ROLLED_BACK:
            harmless = release.reason in (Reason.CANCELLED, Reason.SUPERSEDED)
            if place == release.at:
                return "back" if harmless else "fail"
            return "back" if release.plan[place].wave in release.undo_waves else "pass"


def here(told: Told, release: Release) -> int:
    """The step it is in; the next one, once this one's own gates agree and something else holds it."""
    ahead = release.ahead
    if release.state is not State.RUNNING or not told.head.waiting or ahead.at != release.at + 1:
        return release.at
    said = {result.gate: result.verdict for result in told.results if result.passage == ahead.name}
    own = [said.get(gate.name) for gate in release.step.leave]
    held = ahead.at < len(release.plan) and own and all(verdict == "pass" for verdict in own)
    return ahead.at if held else release.at


def needs_somebody(told: Told) -> bool:
    """It waits, and a person can change that."""
    return bool(told.head.waiting) and bool(told.head.who) and told.head.who != NOBODY


def longest(told: Told) -> str:
    """How long it took so far and which step took most of it: every step is on the way of every later one."""
    release = told.release
    if release is None:
        return ""
    starts = [(event.at, str(event.told.get("step"))) for event in reversed(told.events) if event.kind == "start"]
    marks = [(told.head.created_at, release.plan[0].name), *starts]
    end = told.head.ended_at or told.now
    spans = {name: after - at for (at, name), (after, _) in pairwise([*marks, (end, "")])}
    name = max(spans, key=lambda one: spans[one])
    step = next((one for one in release.plan if one.name == name), release.plan[0])
    whole = f"{'Took' if release.ended else 'On its way for'} {lasted(end - told.head.created_at)}"
    return f"{whole}; longest {title(step)}, {lasted(spans[name])}"


def _word(verdict: str, release: Release, place: int) -> str:
    if verdict == "todo":
        return "to do" if not release.ended and release.state is not State.ROLLING_BACK else "not reached"
    return {"pass": "pass", "run": "running", "wait": "wait", "fail": "fail", "back": "taken back"}[verdict]


def _note(told: Told, release: Release, place: int, entered: dict[str, datetime]) -> tuple[str, str]:
    """When it was, or what is planned; the same in a few words."""
    step = release.plan[place]
    began = entered.get(step.name)
    if began is None:
        return _planned(step), _briefly(step)
    after = entered.get(release.plan[place + 1].name) if place < release.at else None
    if after is None and release.ended and place == release.at:
        after = told.head.ended_at
    if after is not None:
        return f"{clock(began)} to {clock(after)}, {lasted(after - began)}", lasted(after - began)
    if place == release.at and step.clusters:
        last = step.rungs[-1].percent if step.rungs else 100
        return f"{percent(release.percent)} since {clock(release.since)}", f"{release.percent} % of {last} %"
    return f"since {clock(began)}", f"since {clock(began)}"


def _planned(step: Step) -> str:
    shares = ", ".join(str(rung.percent) for rung in step.rungs)
    soaks = [gate.seconds for rung in step.rungs for gate in rung.gates if isinstance(gate, Soak)]
    soak = f", soak {lasted(timedelta(seconds=soaks[0]))}" if soaks else ""
    return f"{shares} %{soak}" if shares else ""


def _briefly(step: Step) -> str:
    """What is planned, in two or three words."""
    soaks = [gate.seconds for rung in step.rungs for gate in rung.gates if isinstance(gate, Soak)]
    if soaks:
        return f"soak {lasted(timedelta(seconds=soaks[0]))}"
    shares = [rung.percent for rung in step.rungs]
    return f"{shares[0]} to {shares[-1]} %" if len(shares) > 1 else f"{shares[0]} %" if shares else ""


def _approvals(told: Told, release: Release, place: int, step: Step) -> Iterator[Row]:
    for gate in step.enter:
        if not isinstance(gate, Approval):
            continue
        result = next((one for one in told.results if (one.passage, one.gate) == (step.name, gate.name)), None)
        crossed = release.at >= place
        verdict = "pass" if crossed else result.verdict if result else "todo"
        word = {"pass": "pass", "wait": "wait", "fail": "fail"}.get(verdict) or _word(verdict, release, place)
        note = f"{many(gate.of, 'person', 'people')} of {gate.group}"
        due = verdict == "wait" and place == here(told, release)
        where, brief = f"Wave {step.wave}, {'+'.join(step.clusters)}: approval", "Approval"
        hint = result.why.removeprefix("Waits for approval: ").partition(" of ")[0] if result and due else ""
        hint = f"{hint} of {gate.of}" if hint.isdigit() else "agreed" if verdict == "pass" else f"{gate.of} needed"
        yield Row(step.name, "approval", where, brief, verdict, word, note, hint, step.wave, step.clusters, due)


def durations(events: tuple[Event, ...], step: str) -> dict[int, datetime]:
    """When each share of a step was given."""
    given = [event for event in reversed(events) if event.kind == "shift" and event.told.get("step") == step]
    return {int(event.told.get("percent") or 0): event.at for event in given}
