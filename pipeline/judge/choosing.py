"""Which unit an app can be judged by: its own good history, replayed with some of its pods called a canary (A/A).

Nothing in such a life is worse than anything else, so each rollback in it is a false one. The finest unit that has no
more of them than alpha allows is chosen: it decides soonest. Which pods are the canary follows from their names and the
number of the life, so the same history always gives the same figures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import takewhile
from math import ceil

from pipeline.facts import PodCount, Reading
from pipeline.plan import Plan
from pipeline.settings import Gate, Judge

from .apart import POD_WINDOW, REQUEST
from .phrases import duration
from .samples import Unit
from .series import ROLL_BACK, Row, Series
from .windows import Piece, joined, pieces

# Unit and window, finest first. Half an hour of history cannot tell whether windows shorter than most bursts would do.
UNITS = ((REQUEST, 30.0), (POD_WINDOW, 30.0), (POD_WINDOW, 60.0))
LIFE = 1800.0  # seconds that a replayed canary lives, and that must be recorded at least
LIVES = 200  # at least; more where alpha is small
TICK = 5.0  # seconds put together as one tick
_AUTO = "auto"
_NONE = Unit(0, 0)

Stretch = tuple[tuple[float, tuple[PodCount, ...]], ...]  # seconds and what each pod did, tick by tick


@dataclass(frozen=True, slots=True)
class Trial:
    """How a unit did: so many good lives, and how many of them were taken back."""

    unit: str
    window: float
    lives: int
    alarms: int


@dataclass(frozen=True, slots=True)
class Choice:
    """
    What was chosen for an app at `at`, from so many recorded seconds; `alpha`: the share of false rollbacks allowed.

    `unit` "": too little is recorded. `kept` false: every unit had more false rollbacks, and the coarsest is taken.
    """

    at: datetime
    alpha: float
    seconds: float
    unit: str = ""
    window: float = 30.0
    kept: bool = True
    trials: tuple[Trial, ...] = ()

    @property
    def why(self) -> str:
        """Why this unit, as a part of a sentence."""
        if not self.unit:
            need = f"{duration(LIFE)} with two pods or more are needed"
            had = f"{duration(self.seconds)} of it" if self.seconds else "nothing of the kind"
            return f"its history is too short to choose by: {need}, and {had} is recorded"
        last = self.trials[-1]
        found = f"took back {last.alarms:,} of {last.lives:,} good lives"
        if not self.kept:
            return f"a replay of its history on {self.at:%Y-%m-%d} {found} even so, and no unit fewer than allowed"
        return f"a replay of its history on {self.at:%Y-%m-%d} {found} with it, and {100 * self.alpha:g} % are allowed"

    def into(self, judge: Judge) -> Judge:
        """The settings with what was chosen, unless the definition says it."""
        if judge.unit != _AUTO or not self.unit:
            return judge
        return replace(judge, unit=self.unit, window=self.window, chosen=self.why)


def by_unit(plan: Plan, chosen: Choice | None) -> Plan:
    """The same plan, judged by what was chosen for the app where its definition leaves that open."""
    if chosen is None or not chosen.unit:
        return plan

    def decided(gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
        return tuple(chosen.into(gate) if isinstance(gate, Judge) else gate for gate in gates)

    return tuple(
        replace(
            step,
            rungs=tuple(replace(rung, gates=decided(rung.gates)) for rung in step.rungs),
            enter=decided(step.enter),
            leave=decided(step.leave),
        )
        for step in plan
    )


def choose(history: Sequence[Sequence[Reading]], alpha: float, now: datetime, lives: int = LIVES) -> Choice:
    """
    The finest unit that keeps the budget `alpha`, tried in so many `lives` or more.

    `history`: readings of failed requests of one canary in one cluster each, oldest first, of releases that went well.
    Only stable's pods are taken, where there are two or more.
    """
    parts = [part for readings in history for part in stretches(readings)]
    seconds = sum(tick for part in parts for tick, _ in part)
    if seconds < LIFE:
        return Choice(now, alpha, seconds)
    trials: list[Trial] = []
    for unit, window in UNITS:
        judge = Judge(None, alpha=alpha, unit=unit, window=window)
        trials.append(_trial(parts, judge, max(lives, ceil(2 / alpha))))
        if trials[-1].alarms <= alpha * trials[-1].lives:
            return Choice(now, alpha, seconds, unit, window, trials=tuple(trials))
    return Choice(now, alpha, seconds, *UNITS[-1], kept=False, trials=tuple(trials))


def stretches(readings: Sequence[Reading]) -> Iterator[Stretch]:
    """What stable's pods did, tick by tick, wherever two or more of them were watched without a break."""
    ticks: list[Piece] = []
    for part in pieces(readings, by_pods=True):
        seen = replace(part, pods=tuple(pod for pod in part.pods if not pod.canary))
        if ticks and (ticks[-1].end != part.start or len(seen.pods) < 2):
            yield _stretch(ticks)
            ticks = []
        if len(seen.pods) < 2:
            continue
        if ticks and ticks[-1].window.seconds < TICK:
            ticks[-1] = joined(ticks[-1], seen)
        else:
            ticks.append(seen)
    if ticks:
        yield _stretch(ticks)


def _stretch(ticks: Sequence[Piece]) -> Stretch:
    return tuple((tick.window.seconds, tick.pods) for tick in ticks)


def _trial(parts: Sequence[Stretch], judge: Judge, wanted: int) -> Trial:
    """Ends early once the budget is spent."""
    alarms = 0
    for number in range(1, wanted + 1):
        alarms += _taken_back(_life(parts, number), judge)
        if alarms > judge.alpha * wanted:
            return Trial(judge.unit, judge.window, number, alarms)
    return Trial(judge.unit, judge.window, wanted, alarms)


def _life(parts: Sequence[Stretch], number: int) -> Iterator[tuple[float, float, list[Row]]]:
    """The ticks of one life, by when they end: stretches in an order of its own, other pods as the canary in each."""
    t = 0.0
    for place in sorted(range(len(parts)), key=lambda place: _score(number, str(place))):
        canary = _canary(parts[place], number)
        for seconds, pods in parts[place]:
            t += seconds
            yield t, seconds, [_row(pod, canary=pod.name in canary) for pod in pods]


def _row(pod: PodCount, *, canary: bool) -> Row:
    unit = Unit(pod.total, pod.bad)
    return Row(0.0, unit, _NONE, pod.name) if canary else Row(0.0, _NONE, unit, pod.name)


def _canary(part: Stretch, number: int) -> frozenset[str]:
    """From one pod up to half of them."""
    names = sorted({pod.name for _, pods in part for pod in pods}, key=lambda name: _score(number, name))
    return frozenset(names[: 1 + number % max(1, len(names) // 2)])


def _score(number: int, name: str) -> bytes:
    return sha256(f"{number} {name}".encode()).digest()


def _taken_back(life: Iterator[tuple[float, float, list[Row]]], judge: Judge) -> bool:
    series = Series.begin(judge, pods=judge.unit == POD_WINDOW)
    for t, seconds, rows in takewhile(lambda tick: tick[0] <= LIFE, life):
        series = series.after(t, seconds, rows)
        if series.verdict == ROLL_BACK:
            return True
    return False
