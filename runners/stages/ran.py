"""What a stage says after it ran."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from pipeline.errors import NeedsHuman, TryLater
from pipeline.release import Target
from pipeline.verdict import Fail, Pass, Verdict, Wait, strictest


@dataclass(frozen=True, slots=True)
class Ran:
    """The verdict of one run of a stage. `digest`: what a build made."""

    verdict: Verdict
    digest: str = ""


def each(targets: Iterable[Target], work: Callable[[Target], Verdict]) -> Verdict:
    """Work on every target, whatever happens at the others: one sick cluster must not delay the rest."""
    return strictest([_safely(target, work) for target in targets])


def _safely(target: Target, work: Callable[[Target], Verdict]) -> Verdict:
    try:
        return work(target)
    except TryLater as trouble:
        return Wait(f"{target.cluster}: {trouble}", look_again=min(trouble.after, timedelta(seconds=10)))
    except NeedsHuman as trouble:
        return Fail(f"{target.cluster}: {trouble}")


__all__ = ["Pass", "Ran", "each"]
