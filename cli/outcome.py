"""What the judge says of a whole release, in one word and one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from pipeline.judge.compare import RULES
from pipeline.judge.replay import Stay

Verdict = Literal["roll back", "go on", "not enough"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`cluster`, `percent` and `seconds`: where and after how long, of a rollback or of evidence that never sufficed.
    `waits`: seconds until it sufficed, at each share that had a margin."""

    verdict: Verdict
    cluster: str = ""
    percent: int = 0
    seconds: float = 0.0
    waits: tuple[float, ...] = ()

    def told(self) -> str:
        """As a cell of a table."""
        where = f"in {self.cluster} at {self.percent} %"
        match self.verdict:
            case "roll back":
                return f"roll back {where}, {self.seconds:.1f} s after its first request"
            case "not enough":
                return f"not enough {where} in {self.seconds:.1f} s"
            case "go on":
                return "go on"


def outcome(lives: Mapping[str, Sequence[Stay]]) -> Outcome:
    """A rollback anywhere is one of the release; else the first share that it could not have left."""
    every = [stay for stays in lives.values() for stay in stays if stay.margin is not None]
    waits = tuple(stay.enough for stay in every if stay.enough is not None)
    harmed = [(one.at, where, stay, one) for where, stays in lives.items() for stay in stays if (one := stay.harmed)]
    if harmed:
        _, where, stay, one = min(harmed, key=lambda found: found[0])
        return Outcome("roll back", where, stay.percent, one.seconds, waits)
    for where, stays in lives.items():
        for stay in stays:
            if stay.enough is None:
                return Outcome("not enough", where, stay.percent, stay.seconds, waits)
    return Outcome("go on", waits=waits)


def summary(outcomes: Sequence[Outcome]) -> dict[str, int | float | None]:
    """How many of each verdict, and the median wait at a share in seconds."""
    verdicts = [one.verdict for one in outcomes]
    waits = [wait for one in outcomes for wait in one.waits]
    return {
        "rolled_back": verdicts.count("roll back"),
        "went_on": verdicts.count("go on"),
        "not_enough": verdicts.count("not enough"),
        "median_wait": round(median(waits), 1) if waits else None,
    }


def other_rules(then: int | None) -> str:
    """What to know if it was judged by another version of the rules than this one; None: it was not judged."""
    if then in (None, RULES):
        return ""
    return f"It was judged by version {then} of the rules; here they are those of version {RULES}."
