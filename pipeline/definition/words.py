"""The small words of a definition: durations, percents, points, names.

A file writes them with their unit; a model made in Python, or read back from where it was pinned, holds plain numbers.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, WithJsonSchema

from .problems import Complaint, Complaints, spoken

BY_PEOPLE = "written by people"  # the context of a model that is made from a file
DURATION = r"^[0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h|d)$"
PERCENT = r"^[1-9][0-9]?%$"
CHANCE = r"^[0-9]{1,2}(\.[0-9]{1,3})?%$"
POINTS = r"^[0-9]{1,2}(\.[0-9]{1,3})?pp$"
NAME = r"^[a-z][a-z0-9-]{0,39}$"
ENV_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
READY = r"^/[!-~]{0,200}$"
BRANCH = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$"
USER = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$"
LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
LABEL_NAME = r"^[a-zA-Z_][a-zA-Z0-9_]{0,99}$"
GATEWAY = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
ADDRESS = r"^https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[!-~]{0,200})?$"
IMAGE = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]{1,2}[a-z0-9]+)*){1,5}$"
PULLED = r"^[a-z0-9][a-z0-9._:/-]{0,253}(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$"
HOST = r"^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,9}$"
CPU = r"^([0-9]{1,5}m|[0-9]{1,3})$"
MEMORY = r"^[1-9][0-9]{0,6}(Mi|Gi)$"
PATH = r"^[A-Za-z0-9._][A-Za-z0-9._/-]{0,199}$"

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([a-z%]+)", re.ASCII)


def unfit(what: str, hint: str) -> Complaints:
    """The error that says what is wrong with the value at hand, and how to write it."""
    return Complaints(Complaint((), what, hint))


def seconds_text(seconds: float) -> str:
    """
    A duration as a definition writes it.

    >>> [seconds_text(seconds) for seconds in (0, 0.5, 90, 300, 86400)]
    ['0s', '500ms', '90s', '5m', '1d']
    """
    thousandths = round(seconds * 1000)
    for unit, size in reversed(_UNITS.items()):
        if thousandths and not thousandths % round(size * 1000):
            return f"{thousandths // round(size * 1000)}{unit}"
    return f"{seconds:g}s"


def points_text(fraction: float) -> str:
    """
    >>> points_text(0.005)
    '0.5pp'
    """
    return f"{fraction * 100:g}pp"


def chance_text(fraction: float) -> str:
    """
    >>> chance_text(0.005)
    '0.5%'
    """
    return f"{fraction * 100:g}%"


def _amount(value: object, units: str) -> tuple[float, str] | None:
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return (float(found[1]), found[2]) if found and found[2] in units.split() else None


def _seconds(value: object, info: ValidationInfo) -> object:
    if isinstance(value, float) and info.context != BY_PEOPLE:
        return value
    if found := _amount(value, "ms s m h d"):
        return found[0] * _UNITS[found[1]]
    raise unfit(f"{spoken(value)} is no duration", "write a number with a unit, like 30s, 5m or 24h")


def _percent(value: object, info: ValidationInfo) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and info.context != BY_PEOPLE:
        share = float(value)
    elif found := _amount(value, "%"):
        share = found[0]
    else:
        raise unfit(f"{spoken(value)} is no share", "write whole percent, like 5%")
    if not 1 <= share <= 99 or share % 1:
        raise unfit(f"{share:g}% is no share of a canary", "write whole percent from 1% to 99%; 100% follows by itself")
    return int(share)


def _points(value: object, info: ValidationInfo) -> object:
    if isinstance(value, float) and info.context != BY_PEOPLE:
        return value
    if found := _amount(value, "pp"):
        return found[0] / 100
    raise unfit(f"{spoken(value)} is no margin", "write percentage points, like 0.5pp")


def _chance(value: object, info: ValidationInfo) -> object:
    if isinstance(value, float) and info.context != BY_PEOPLE:
        return value
    if found := _amount(value, "%"):
        return found[0] / 100
    raise unfit(f"{spoken(value)} is no part of a hundred", "write percent, like 1% or 0.5%")


def _below(value: str) -> str:
    if ".." in value.split("/"):
        raise unfit(f"{spoken(value)} leads out of the repository", "write a path below its root, without ..")
    return value


def _free(name: str) -> str:
    if name == "PORT":
        raise unfit("PORT is set by Sluice, for each replica", "remove it")
    return name


Duration = Annotated[
    float, BeforeValidator(_seconds), WithJsonSchema({"type": "string", "pattern": DURATION})
]  # seconds
Percent = Annotated[int, BeforeValidator(_percent), WithJsonSchema({"type": "string", "pattern": PERCENT})]  # 1 to 99
Points = Annotated[  # a fraction: 0.005 is half a percentage point
    float, BeforeValidator(_points), Field(gt=0, lt=1), WithJsonSchema({"type": "string", "pattern": POINTS})
]
Chance = Annotated[  # a fraction: 0.01 is 1 %
    float, BeforeValidator(_chance), WithJsonSchema({"type": "string", "pattern": CHANCE})
]
Name = Annotated[str, StringConstraints(pattern=NAME)]
User = Annotated[str, StringConstraints(pattern=USER)]
RepoPath = Annotated[str, StringConstraints(pattern=PATH), AfterValidator(_below)]
CounterName = Annotated[str, StringConstraints(pattern=LABEL_NAME)]
EnvName = Annotated[str, StringConstraints(pattern=ENV_NAME), AfterValidator(_free)]
