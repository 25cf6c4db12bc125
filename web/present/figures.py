"""How delivery goes, in four figures that are counted from releases; what was never seen is not made up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from pipeline.states import Kind, Reason, State
from pipeline.store.shown import Ended

from .words import lasted, many

DAYS = 7
NONE = "no data yet"
HARMFUL = (Reason.HARMED, Reason.GUARD, Reason.FAILED)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and where it comes from."""

    name: str
    value: str
    note: str


def figures(found: Iterable[Ended], now: datetime) -> tuple[Figure, ...]:
    """The four of the last seven days."""
    recent = [one for one in found if one.kind is Kind.NORMAL and one.ended_at > now - timedelta(days=DAYS)]
    live = [one for one in recent if one.state is State.LIVE]
    failed = [one for one in recent if one.touched and one.state is State.ROLLED_BACK and one.reason in HARMFUL]
    return (_lead(live), _frequency(live), _failures(live, failed), _restore(failed))


def _lead(live: list[Ended]) -> Figure:
    if not live:
        return Figure("Lead time", NONE, f"from commit seen to live, {DAYS} days")
    middle = median([(one.ended_at - one.created_at).total_seconds() for one in live])
    return Figure("Lead time", lasted(timedelta(seconds=middle)), "median, from commit seen to live")


def _frequency(live: list[Ended]) -> Figure:
    return Figure("Went live", str(len(live)) if live else NONE, f"in {DAYS} days")


def _failures(live: list[Ended], failed: list[Ended]) -> Figure:
    total = len(live) + len(failed)
    if not total:
        return Figure("Change fail rate", NONE, f"taken back of all that reached a cluster, {DAYS} days")
    note = f"{len(failed)} of {many(total, 'release')} that reached a cluster"
    return Figure("Change fail rate", f"{100 * len(failed) / total:.0f} %", note)


def _restore(failed: list[Ended]) -> Figure:
    spans = [(one.ended_at - one.undone).total_seconds() for one in failed if one.undone]
    if not spans:
        return Figure("Time to take back", NONE, f"from decision to the last good version, {DAYS} days")
    middle = timedelta(seconds=median(spans))
    return Figure("Time to take back", lasted(middle), "median, from decision to the last good version")
