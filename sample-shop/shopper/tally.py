"""Counts answers: by target, by version and status, in time."""

import math
import time
from collections import Counter
from dataclasses import dataclass, field

FINENESS = math.log(1.02)  # latencies are kept to 2 %
NOBODY = "none"  # the version of an answer that never came


@dataclass(slots=True)
class Latency:
    """A histogram with narrow buckets: small, however long the run."""

    buckets: Counter[int] = field(default_factory=Counter)
    highest: float = 0.0

    def add(self, seconds: float) -> None:
        self.highest = max(self.highest, seconds)
        self.buckets[int(math.log(max(seconds, 1e-5) / 1e-5) / FINENESS)] += 1

    def report(self) -> dict[str, float]:
        """Milliseconds at three places, and the highest."""
        places = {f"p{share}": self._at(share / 100) for share in (50, 95, 99)}
        return {name: round(seconds * 1000, 2) for name, seconds in {**places, "max": self.highest}.items()}

    def _at(self, share: float) -> float:
        wanted = share * self.buckets.total()
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(1e-5 * math.exp((bucket + 1) * FINENESS), self.highest)
        return 0.0


@dataclass(slots=True)
class Count:
    """What was seen of one version at one target."""

    requests: int = 0
    failed: int = 0  # 5xx, and answers that never came whole
    checkouts: int = 0
    orders: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    first: float | None = None
    last: float | None = None
    first_failed: float | None = None
    last_failed: float | None = None
    latency: Latency = field(default_factory=Latency)

    def add(self, status: str, *, failed: bool, checkout: bool, seconds: float, now: float) -> None:
        self.requests += 1
        self.statuses[status] += 1
        self.checkouts += checkout
        self.orders += checkout and status == "303"
        self.first = self.first or now
        self.last = now
        self.latency.add(seconds)
        if failed:
            self.failed += 1
            self.first_failed = self.first_failed or now
            self.last_failed = now

    def short(self) -> dict[str, object]:
        """What the live line says."""
        return {
            "requests": self.requests,
            "failed": self.failed,
            "checkouts": self.checkouts,
            "orders": self.orders,
            "first": self.first,
            "last": self.last,
            "first_failed": self.first_failed,
            "last_failed": self.last_failed,
        }

    def full(self) -> dict[str, object]:
        """What the report says."""
        return {**self.short(), "statuses": dict(sorted(self.statuses.items())), "latency_ms": self.latency.report()}


@dataclass(slots=True)
class Second:
    """One second of the time line."""

    requests: int = 0
    failed: int = 0
    by_version: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Target:
    """All counts of one target."""

    name: str
    url: str
    versions: dict[str, Count] = field(default_factory=dict)
    replayed: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    seconds: dict[int, Second] = field(default_factory=dict)

    def answered(self, version: str, status: int, *, checkout: bool, seconds: float, replayed: bool) -> None:
        self.replayed += replayed
        self._add(version, str(status), failed=status >= 500, checkout=checkout, seconds=seconds)

    def broke(self, why: str, *, checkout: bool, seconds: float) -> None:
        self.troubles[why] += 1
        self._add(NOBODY, "none", failed=True, checkout=checkout, seconds=seconds)

    def _add(self, version: str, status: str, *, failed: bool, checkout: bool, seconds: float) -> None:
        now = time.time()
        count = self.versions.setdefault(version, Count())
        count.add(status, failed=failed, checkout=checkout, seconds=seconds, now=now)
        second = self.seconds.setdefault(int(now), Second())
        second.requests += 1
        second.failed += failed
        second.by_version[version] += 1

    @property
    def requests(self) -> int:
        return sum(count.requests for count in self.versions.values())

    @property
    def failed(self) -> int:
        return sum(count.failed for count in self.versions.values())

    def short(self) -> dict[str, object]:
        return {
            "url": self.url,
            "requests": self.requests,
            "failed": self.failed,
            "replayed": self.replayed,
            "by_version": {version: count.short() for version, count in self.versions.items()},
        }

    def full(self) -> dict[str, object]:
        line = [
            {"t": t, "requests": second.requests, "failed": second.failed, "by_version": dict(second.by_version)}
            for t, second in sorted(self.seconds.items())
        ]
        return {
            **self.short(),
            "by_version": {version: count.full() for version, count in self.versions.items()},
            "troubles": dict(self.troubles),
            "timeline": line,
        }
