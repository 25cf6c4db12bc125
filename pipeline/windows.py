"""Freezes and calendars: when no release may go forward, for which apps and clusters, and until when.

Weekly times are times on the wall of a zone. Where the clock skips a time, the moment of the skip counts; where it
shows a time twice, a freeze starts at the first and ends at the last one. Going back is never asked here.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .definition.platform import FreezeRule
from .definition.weekly import DAYS, Weekly, parse_weekly, read_zone
from .errors import BadDefinition
from .facts import FreezeSpan
from .verdict import Pass, Wait

__all__ = ["Window", "active", "freeze_verdict", "moment", "next_start", "parse_weekly", "read_zone", "span_of"]

LIFT = "A release manager can lift the freeze"
LOOK_AGAIN = timedelta(seconds=10)
CHAIN = 30  # freezes that follow each other without a gap; more than that has no end worth naming
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Window:
    """One occurrence of a freeze. `starts` None: always was; `ends` None: until a person lifts it."""

    freeze: FreezeSpan
    starts: datetime | None
    ends: datetime | None
    trouble: str = ""  # why the rule cannot be read; it counts as in force

    def holds_at(self, at: datetime) -> bool:
        """Is `at` in the window? The end is not."""
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)


def freeze_verdict(freezes: Iterable[FreezeSpan], now: datetime, app: str, clusters: Collection[str]) -> Pass | Wait:
    """Pass outside of all freezes for `app` and `clusters`; else wait until all of them are over."""
    concerned = tuple(_covering(freezes, app, clusters))
    held = list(_follow(concerned, now))
    if not held:
        ahead = next_start(concerned, now)
        why = f"No freeze before {moment(ahead.starts, now)}" if ahead and ahead.starts else "No freeze is planned"
        return Pass(why, until=ahead.starts if ahead else None)
    if unread := [window for window in held if window.trouble]:
        return Wait(
            f"Waits because the freeze {unread[0].freeze.name} cannot be read: {unread[0].trouble}",
            who=f"{LIFT} and enter it again",
            look_again=LOOK_AGAIN,
        )
    until = _end(held)
    end = moment(until, now) if until else "which has no end yet"
    left = until - now if until else LOOK_AGAIN
    return Wait(f"Waits for the end of {_names(held)}, {end}", LIFT, until, min(left, LOOK_AGAIN))


def active(
    freezes: Iterable[FreezeSpan], now: datetime, app: str | None = None, clusters: Collection[str] | None = None
) -> tuple[Window, ...]:
    """The windows that hold now. Without `app` or `clusters`: for whichever."""
    return tuple(window for window in _windows(_covering(freezes, app, clusters), now) if window.holds_at(now))


def next_start(
    freezes: Iterable[FreezeSpan], now: datetime, app: str | None = None, clusters: Collection[str] | None = None
) -> Window | None:
    """The window that starts next after now, if any."""
    ahead = [window for window in _windows(_covering(freezes, app, clusters), now) if _start(window) > now]
    return min(ahead, key=_start, default=None)


def span_of(rule: FreezeRule) -> FreezeSpan:
    """A weekly rule of `platform.yaml` as a freeze like those entered by people."""
    apps, clusters = frozenset(rule.apps), frozenset(rule.clusters)
    return FreezeSpan(rule.name, rule.reason, weekly=rule.weekly, zone=rule.zone, apps=apps, clusters=clusters)


def moment(at: datetime, now: datetime) -> str:
    """
    A time as people read it; the year only where it is not this one.

    >>> moment(datetime(2026, 11, 28, 4, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    'Sat 28 Nov 04:00 UTC'
    """
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    year = f" {at.year}" if at.year != now.year else ""
    clock = f"{at:%H:%M:%S}" if at.second or at.microsecond else f"{at:%H:%M}"
    return f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]}{year} {clock} UTC"


def _covering(freezes: Iterable[FreezeSpan], app: str | None, clusters: Collection[str] | None) -> Iterator[FreezeSpan]:
    for freeze in freezes:
        of_app = app is None or not freeze.apps or app in freeze.apps
        of_cluster = clusters is None or not freeze.clusters or not freeze.clusters.isdisjoint(clusters)
        if of_app and of_cluster:
            yield freeze


def _follow(freezes: tuple[FreezeSpan, ...], now: datetime) -> Iterator[Window]:
    """The windows that hold now, then those that hold at their end, and so on until a gap."""
    at = now
    for _ in range(CHAIN):
        held = active(freezes, at)
        yield from held
        if not held or _end(held) is None:
            return
        at = max(window.ends for window in held if window.ends)
    yield Window(held[-1].freeze, at, None)


def _end(held: Iterable[Window]) -> datetime | None:
    """When all are over; None when one of them has no end."""
    ends = [window.ends for window in held]
    return None if None in ends else max(end for end in ends if end)


def _names(held: list[Window]) -> str:
    names = list(dict.fromkeys(window.freeze.name for window in held))
    if len(names) == 1:
        return f"the freeze {names[0]}"
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return f"the freezes {', '.join(names[:-1])} and {names[-1]}"


def _start(window: Window) -> datetime:
    return window.starts or datetime.min.replace(tzinfo=UTC)


def _windows(freezes: Iterable[FreezeSpan], around: datetime) -> Iterator[Window]:
    """The occurrences of each freeze that matter at `around`: the last ones, and the next."""
    for freeze in freezes:
        if not freeze.weekly:
            yield from _once(freeze)
            continue
        try:
            weekly, zone = parse_weekly(freeze.weekly), read_zone(freeze.zone)
        except BadDefinition as trouble:
            yield Window(freeze, freeze.starts, freeze.ends, str(trouble))
            continue
        yield from _weekly(freeze, weekly, zone, max(around, freeze.starts or around))


def _once(freeze: FreezeSpan) -> Iterator[Window]:
    if not (freeze.starts and freeze.ends and freeze.ends <= freeze.starts):
        yield Window(freeze, freeze.starts, freeze.ends)


def _weekly(freeze: FreezeSpan, weekly: Weekly, zone: ZoneInfo, around: datetime) -> Iterator[Window]:
    local = around.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    monday = local - timedelta(days=local.weekday())
    for week in range(-2, 3):
        begins, ends = weekly.in_week_of(monday + timedelta(weeks=week))
        starts, over = _instants(begins, zone)[0], _instants(ends, zone)[1]
        starts, over = max(starts, freeze.starts or starts), min(over, freeze.ends or over)
        if starts < over:
            yield Window(freeze, starts, over)


def _instants(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """First and last moment at which clocks in `zone` reach `wall`."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    last = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= last:
        return first, last
    low, high = 0, int((first - last).total_seconds())  # the clock skips `wall` in between: find the skip
    while high - low > 1:
        middle = (low + high) // 2
        shown = (last + timedelta(seconds=middle)).astimezone(zone).replace(tzinfo=None)
        low, high = (low, middle) if shown >= wall else (middle, high)
    skip = last + timedelta(seconds=high)
    return skip, skip
