"""A case as text and back, to the last digit, so that the next look can go on from it."""

import json
from dataclasses import fields
from datetime import datetime
from hashlib import sha256
from typing import Any

from pipeline.facts import Count, PodCount, Reading
from pipeline.settings import Judge

from .alone import HarmOrPromise, OverPromise, WithinPromise
from .apart import Apart, ByPods
from .case import Case
from .compare import RULES
from .counts import Window
from .follow import Followed
from .forecast import Forecast
from .harm import Harm
from .health import Health
from .mixture import Mixture
from .not_worse import NotWorse
from .samples import Unit
from .slowness import Slowness
from .split import Routed, Split
from .track import Track
from .unanswered import Unanswered
from .units import ErrorUnits
from .units_not_worse import UnitsNotWorse
from .windows import ByRequest, Merging, Piece, Watching

_NOUNS: tuple[type[Any], ...] = (Case, Followed, Track, Judge, Apart, Reading, Count, PodCount, Piece, Window, Unit)
_FOLDS: tuple[type[Any], ...] = (ByRequest, ByPods, Merging, Watching, Routed, Split, Health, Forecast, Mixture)
_HARM: tuple[type[Any], ...] = (Harm, HarmOrPromise, OverPromise, Slowness, Unanswered, ErrorUnits)
_SHOWN: tuple[type[Any], ...] = (NotWorse, UnitsNotWorse, WithinPromise)
KINDS = {kind.__name__: kind for kind in (*_NOUNS, *_FOLDS, *_HARM, *_SHOWN)}
MOMENT, MAP = "at", "map"  # what is no kind of ours
_SHAPE = sha256(repr([(name, [one.name for one in fields(kind)]) for name, kind in KINDS.items()]).encode()).hexdigest()
WRITTEN_BY = f"{RULES} {_SHAPE[:12]}"  # what other rules, or other fields, made of the readings is not gone on from


def text_of(case: Case) -> str:
    """The case as JSON. Python writes a float so that it is read back as the same one."""
    return json.dumps({"by": WRITTEN_BY, "case": _plain(case)}, separators=(",", ":"))


def case_of(text: str, judges: tuple[Judge, ...]) -> Case | None:
    """The case that was written for these settings. None: nobody can go on from it, so the readings are folded anew."""
    try:
        found = json.loads(text)
        case = _value(found["case"]) if found["by"] == WRITTEN_BY else None
    except (ValueError, TypeError, KeyError):
        return None
    return case if isinstance(case, Case) and case.judges == judges else None


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [_plain(one) for one in value]
        case dict():
            return {MAP: [[_plain(key), _plain(one)] for key, one in value.items()]}
        case datetime():
            return {MOMENT: value.isoformat()}
        case _:
            return {type(value).__name__: [_plain(getattr(value, one.name)) for one in fields(value)]}


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple([_value(one) for one in plain])
    if not isinstance(plain, dict):
        return plain
    ((kind, inside),) = plain.items()
    if kind == MOMENT:
        return datetime.fromisoformat(inside)
    if kind == MAP:
        return {_value(key): _value(one) for key, one in inside}
    return KINDS[kind](*[_value(one) for one in inside])
