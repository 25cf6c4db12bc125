"""How pages say times, spans, digests and numbers."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def clock(at: datetime) -> str:
    """14:05:13, always UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


def day(at: datetime, now: datetime) -> str:
    """
    A time in as few words as it takes today.

    >>> now = datetime(2026, 11, 24, 14, tzinfo=UTC)
    >>> day(now - timedelta(hours=1), now), day(now - timedelta(days=2), now), day(now - timedelta(days=30), now)
    ('13:00', 'Sun 14:00', '25 Oct 14:00')
    """
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    if abs(now - at) < timedelta(days=6):
        return f"{DAYS[at.weekday()]} {at:%H:%M}"
    year = f" {at.year}" if at.year != now.year else ""
    return f"{at.day} {MONTHS[at.month - 1]}{year} {at:%H:%M}"


def lasted(span: timedelta) -> str:
    """
    A span of time, in two units at most.

    >>> lasted(timedelta(seconds=9)), lasted(timedelta(seconds=151)), lasted(timedelta(hours=26))
    ('9 s', '2 min 31 s', '1 d 2 h')
    """
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min" + (f" {seconds % 60} s" if seconds % 60 else "")
    if seconds < 86400:
        return f"{seconds // 3600} h" + (f" {seconds % 3600 // 60} min" if seconds % 3600 // 60 else "")
    return f"{seconds // 86400} d" + (f" {seconds % 86400 // 3600} h" if seconds % 86400 // 3600 else "")


def short(digest: str) -> str:
    """
    A digest as people compare it; its title has it in full.

    >>> short("sha256:9b41d2066cf0a8e7b1f35aa41904d7e2c07e")
    'sha256:9b41…c07e'
    """
    kind, colon, rest = digest.rpartition(":")
    return f"{kind}{colon}{rest[:4]}…{rest[-4:]}" if len(rest) > 12 else digest


def people(names: Iterable[str]) -> str:
    """
    Names as a list that can be read aloud.

    >>> people({"mei", "aisha", "omar"})
    'aisha, mei and omar'
    """
    known = sorted(names)
    return f"{', '.join(known[:-1])} and {known[-1]}" if len(known) > 1 else "".join(known)


def many(number: int, one: str, more: str = "") -> str:
    """
    A number with its noun.

    >>> many(1, "release"), many(1204, "release"), many(2, "entry", "entries")
    ('1 release', '1,204 releases', '2 entries')
    """
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def percent(value: float) -> str:
    """
    A share of the traffic.

    >>> percent(25), percent(24.83)
    ('25 %', '24.8 %')
    """
    return f"{value:.0f} %" if value == round(value) else f"{value:.1f} %"
