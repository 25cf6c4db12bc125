"""A release told in sentences: the one list that the page, the API and through it the terminal show."""

from pipeline import explain
from pipeline.store.shown import Told

from . import evidence


def lines(told: Told) -> list[str]:
    """The causal chain, oldest first, where it stands now, and what it will wait for."""
    journal = tuple(explain.Line(one.at, one.text, one.actor) for one in reversed(told.events) if one.text)
    if told.release is None:
        return [*(line.text for line in journal), told.head.why]
    head, paths = told.head, evidence.paths(told)
    return explain.explain(told.release, journal, head.waiting, head.who, head.until, told.traffic, paths)


def planned(told: Told) -> list[str]:
    """What it will wait for, wave by wave."""
    return [] if told.release is None else explain.planned(told.release, told.traffic)
