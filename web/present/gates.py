"""Gates as a table: what each said last, why, who can act, and when it was judged."""

from dataclasses import dataclass

from pipeline.store.shown import Result, Told
from pipeline.verdict import NOBODY

from .words import clock

NAMES = {
    "tests": "Tests",
    "turn": "Turn",
    "freeze": "Freeze",
    "capacity": "Capacity",
    "judge": "Evidence",
    "soak": "Soak",
    "healthy": "Healthy",
    "verified": "Was live before",
}
OWNERS = {"tests": "the app's team", "freeze": "release-managers", "capacity": "platform team"}
FIRST = {"fail": 0, "wait": 1, "pass": 2}


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate before one passage."""

    name: str
    verdict: str
    reason: str
    owner: str
    judged: str
    act: str


def now(told: Told) -> tuple[Gate, ...]:
    """The gates before what comes next, those that do not agree first."""
    passage = _ahead(told)
    mine = [result for result in told.results if result.passage == passage]
    return tuple(_gate(result) for result in sorted(mine, key=lambda result: FIRST[result.verdict]))


def before(told: Told) -> tuple[Gate, ...]:
    """The gates of every passage behind it, newest first."""
    passage = _ahead(told)
    return tuple(_gate(result) for result in told.results if result.passage != passage)


def counted(gates: tuple[Gate, ...]) -> str:
    """2 wait, 3 pass."""
    verdicts = [gate.verdict for gate in gates]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in FIRST if verdict in verdicts)


def heading(told: Told) -> str:
    """What these gates guard."""
    passage = _ahead(told)
    if not passage:
        return ""
    return "before it is live" if passage == "live" else f"before {passage.replace('%', ' %')}"


def _ahead(told: Told) -> str:
    if told.release is None:
        return ""
    if told.release.ended or told.release.undo_waves:
        return max(told.results, key=lambda result: result.at).passage if told.results else ""
    return told.release.ahead.name


def _gate(result: Result) -> Gate:
    kind, _, group = result.gate.partition(" ")
    name = f"Approval of {group}" if kind == "approval" else NAMES.get(kind, result.gate)
    owner = group if kind == "approval" else OWNERS.get(kind, "Sluice")
    act = "" if result.verdict != "wait" or result.who in ("", NOBODY) else result.who
    return Gate(name, result.verdict, result.why, owner, clock(result.at), act)
