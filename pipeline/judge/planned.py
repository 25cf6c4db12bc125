"""How long a canary will take before it starts: share by share, at the traffic there is now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from pipeline.plan import Stage, Step
from pipeline.settings import Judge

from .phrases import duration
from .waits import Pace, pace, promote_nats, to_find_double


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a service is asked in one cluster now: requests a second, and which part of them fails (0 to 1)."""

    requests: float
    rate: float


NOTHING_SEEN: Mapping[str, Traffic] = {}


@dataclass(frozen=True, slots=True)
class Planned:
    """Seconds at one share. `promote`: more, until a canary as good as stable may go on; `double`: until one that fails
    twice as often is found, from its first request on; infinite: never at this traffic. `deadline`: the longest."""

    percent: int
    promote: float
    double: float
    deadline: float

    @property
    def late(self) -> bool:
        """The deadline comes first."""
        return self.promote > self.deadline


def ladder(traffic: Traffic, shares: Sequence[tuple[int, Judge]]) -> tuple[Planned, ...]:
    """
    The planned waits of one canary, share by share; `shares`: percent and the judge before the next one, in order.

    Evidence is carried over: what an earlier share has shown of a later margin need not be shown again. Shares whose
    judge has no margin wait for nothing. Each wait is a median: one life in 20 takes more than twice as long.
    """
    found: list[Planned] = []
    for percent, judge in shares:
        if judge.margin is None:
            continue
        shown = sum(_pace(traffic, one.percent, judge.margin).shown(one.promote) for one in found)
        left = max(0.0, promote_nats(judge.beta) - shown)
        double = to_find_double(judge.alpha, traffic.requests, percent / 100, traffic.rate)
        seconds = _pace(traffic, percent, judge.margin).wait(left) if left else 0.0
        found.append(Planned(percent, seconds, double, judge.deadline))
        if seconds == inf:
            break
    return tuple(found)


def _pace(traffic: Traffic, percent: int, margin: float) -> Pace:
    return pace(traffic.requests, percent / 100, traffic.rate, margin)


def slowest(step: Step, traffic: Mapping[str, Traffic]) -> tuple[Planned, ...]:
    """The waits of a canary in that one of its clusters that takes longest; nothing where no traffic is known."""
    shares = tuple(_shares(step))
    if step.stage is not Stage.CANARY or not shares:
        return ()
    found = [ladder(traffic[cluster], shares) for cluster in step.clusters if cluster in traffic]
    return max(found, key=lambda waits: sum(one.promote for one in waits), default=())


def _shares(step: Step) -> Iterator[tuple[int, Judge]]:
    """Each share of a step and the judge before the next one."""
    after = [rung.gates for rung in step.rungs[1:]] + [step.leave]
    for rung, gates in zip(step.rungs, after, strict=False):
        yield from ((rung.percent, gate) for gate in gates if isinstance(gate, Judge))


def told(waits: Sequence[Planned]) -> str:
    """The planned waits in sentences, with a warning and what would help where the deadline comes first."""
    late = next((one for one in waits if one.late), None)
    if late:
        need = "no time is enough" if late.promote == inf else f"it takes about {duration(late.promote)}"
        return (
            f"At the traffic there is now {need} to show at {late.percent} % that it is not worse, and the deadline is "
            f"{duration(late.deadline)}: a larger share, more traffic or a wider margin would help."
        )
    parts = [f"{duration(one.promote)} at {one.percent} %" for one in waits if one.promote]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    begun = f"If it is as good as stable that takes about {listed} at the traffic there is now"
    double = waits[0].double
    if double == inf:
        return f"{begun}."
    return f"{begun}; one that fails twice as often is found in about {duration(double)}."
