"""The plan of a release as rows and as pips: what is done, what is on, what is still to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.plan import Stage, Step
from pipeline.release import Release
from pipeline.settings import Approval, Soak
from pipeline.states import Reason, State
from pipeline.store.shown import Event, Told
from pipeline.verdict import NOBODY

from .words import clock, lasted, many, percent

PIPS = {"pass": "d", "run": "c", "wait": "h", "fail": "x", "back": "", "todo": ""}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plan. `verdict`: pass, run, wait, fail, todo, or back for what was taken back or called off."""

    title: str
    verdict: str
    word: str
    note: str
    wave: int
    current: bool = False


def rows(told: Told) -> tuple[Row, ...]:
    """The whole plan, an approval as a line of its own before the wave it opens."""
    release = told.release
    if release is None:
        return ()
    entered = {str(event.told.get("step")): event.at for event in reversed(told.events) if event.kind == "start"}
    entered.setdefault(release.plan[0].name, told.head.created_at)
    found: list[Row] = []
    for place, step in enumerate(release.plan):
        found += _approvals(told, release, place, step)
        verdict = verdict_of(told, place)
        note = _note(told, release, place, entered)
        current = place == here(told, release) and release.state is not State.LIVE
        if current and found and found[-1].current:
            current = False  # the approval before it is what is on
        found.append(Row(title(step), verdict, _word(verdict, release, place), note, step.wave, current))
    return tuple(found)


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


def _word(verdict: str, release: Release, place: int) -> str:
    if verdict == "todo":
        return "to do" if not release.ended and release.state is not State.ROLLING_BACK else "not reached"
    return {"pass": "pass", "run": "running", "wait": "wait", "fail": "fail", "back": "taken back"}[verdict]


def _note(told: Told, release: Release, place: int, entered: dict[str, datetime]) -> str:
    step = release.plan[place]
    began = entered.get(step.name)
    if began is None:
        return _planned(step)
    if place < release.at:
        after = entered.get(release.plan[place + 1].name)
        return f"{clock(began)} to {clock(after)}, {lasted(after - began)}" if after else f"since {clock(began)}"
    if release.ended and told.head.ended_at:
        return f"{clock(began)} to {clock(told.head.ended_at)}, {lasted(told.head.ended_at - began)}"
    return f"{percent(release.percent)} since {clock(release.since)}" if step.clusters else f"since {clock(began)}"


def _planned(step: Step) -> str:
    shares = ", ".join(str(rung.percent) for rung in step.rungs)
    soaks = [gate.seconds for rung in step.rungs for gate in rung.gates if isinstance(gate, Soak)]
    soak = f", soak {soaks[0]:.0f} s" if soaks else ""
    return f"{shares} %{soak}" if shares else ""


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
        yield Row(f"Wave {step.wave}, {'+'.join(step.clusters)}: approval", verdict, word, note, step.wave, due)


def durations(events: tuple[Event, ...], step: str) -> dict[int, datetime]:
    """When each share of a step was given."""
    given = [event for event in reversed(events) if event.kind == "shift" and event.told.get("step") == step]
    return {int(event.told.get("percent") or 0): event.at for event in given}
