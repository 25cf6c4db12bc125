"""The weekly grammar of freezes, `Fri 16:00 - Mon 08:00`, and the time zone it is meant in."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from ..errors import BadDefinition

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EXAMPLE = 'write it like "Fri 16:00 - Mon 08:00"'
_MOMENT = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01][0-9]|2[0-3]):([0-5][0-9])"
_WEEKLY = re.compile(rf"{_MOMENT} ?[-–] ?{_MOMENT}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of the week as a clock on the wall shows it; Monday is day 0."""

    day: int
    at: time

    def in_week_of(self, monday: datetime) -> datetime:
        """This moment in the week that starts on `monday` at midnight."""
        return datetime.combine(monday + timedelta(days=self.day), self.at)

    def __str__(self) -> str:
        return f"{DAYS[self.day]} {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Weekly:
    """From one moment of the week to the next occurrence of another, less than a week later."""

    begins: Moment
    ends: Moment

    def in_week_of(self, monday: datetime) -> tuple[datetime, datetime]:
        """Begin and end on the wall, for the week that starts on `monday` at midnight."""
        begins, ends = self.begins.in_week_of(monday), self.ends.in_week_of(monday)
        return begins, ends if begins < ends else ends + timedelta(weeks=1)

    def __str__(self) -> str:
        return f"{self.begins} - {self.ends}"


@lru_cache(maxsize=256)
def parse_weekly(text: str) -> Weekly:
    """`Fri 16:00 - Mon 08:00` as a value; BadDefinition says what is wrong with anything else."""
    found = _WEEKLY.fullmatch(text)
    if found is None:
        raise BadDefinition(f'"{text[:60]}" is no weekly time; {EXAMPLE}')
    begins, ends = _moment(*found.groups()[:3]), _moment(*found.groups()[3:])
    if begins == ends:
        raise BadDefinition(f'"{text}" begins and ends at the same moment; {EXAMPLE}')
    return Weekly(begins, ends)


def read_zone(name: str) -> ZoneInfo:
    """The time zone `name`; BadDefinition with a likely one when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as trouble:  # OSError: a folder of zones, like "Europe"
        near = get_close_matches(name[:60], sorted(available_timezones()), n=1)
        advice = f'did you mean "{near[0]}"?' if near else 'write it like "Europe/Berlin"'
        raise BadDefinition(f'"{name[:60]}" is no time zone; {advice}') from trouble


def _moment(day: str, hour: str, minute: str) -> Moment:
    return Moment(DAYS.index(day), time(int(hour), int(minute)))
