"""The counters of a Traefik, by the name it has for each server: of the local clusters' gateway, or of a cluster's."""

import http.client
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pipeline.errors import TryLater
from pipeline.facts import Count
from runners.counted import SlotCounts

TIMEOUT = 2.0
LINE = re.compile(r"^(\w+)\{(.*)\} (\S+)$")
LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(slots=True)
class Series:
    """What one server has counted so far."""

    total: int = 0
    bad: int = 0
    buckets: dict[float, int] = field(default_factory=dict)

    def add(self, other: "Series") -> None:
        """Count what another series has counted as well."""
        self.total += other.total
        self.bad += other.bad
        for bound, number in other.buckets.items():
            self.buckets[bound] = self.buckets.get(bound, 0) + number

    def counts(self, source: str) -> SlotCounts:
        """The same, as the port gives it."""
        return SlotCounts(Count(source, self.total, self.bad), dict(sorted(self.buckets.items())))


@dataclass(frozen=True, slots=True)
class Counters:
    """One scrape. `began`: when the gateway started, and so its counters; `by`: name of a server → its series."""

    began: str
    by: Mapping[str, Series]

    def of(self, name: str) -> Series:
        """The series of a server, zero for one nobody asked yet."""
        return self.by.get(name, Series())

    def ending(self, tail: str) -> Series:
        """All series whose name ends so, and then in a number, as one."""
        found, pattern = Series(), re.compile(re.escape(tail) + r"-\d+\Z")
        for name, series in self.by.items():
            if pattern.search(name):
                found.add(series)
        return found


def scrape(url: str) -> Counters:
    """The counters now. A failed connection to a replica is a 502 here, so every 5xx is bad."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT)
    try:
        connection.request("GET", address.path)
        answer = connection.getresponse()
        text = answer.read().decode()
    except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
        raise TryLater(f"the gateway's metrics at {url} cannot be read: {error}") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise TryLater(f"the gateway's metrics at {url} cannot be read: it answered {answer.status}")
    return Counters(_began(text), _series(text))


def _began(text: str) -> str:
    found = re.search(r"^process_start_time_seconds (\S+)$", text, re.MULTILINE)
    if found is None:
        raise TryLater("the gateway's metrics do not say when it started, so its counters have no beginning")
    return found[1]


def _series(text: str) -> dict[str, Series]:
    by: dict[str, Series] = {}
    for name, labels, value in _lines(text):
        one = by.setdefault(labels["service"].partition("@")[0], Series())
        if name == "traefik_service_requests_total":
            one.total += value
            one.bad += value if labels["code"].startswith("5") else 0
        elif name == "traefik_service_request_duration_seconds_bucket":
            bound = float(labels["le"])
            one.buckets[bound] = one.buckets.get(bound, 0) + value
    return by


def _lines(text: str) -> Iterator[tuple[str, dict[str, str], int]]:
    for line in text.splitlines():
        if line.startswith("traefik_service_request") and (found := LINE.match(line)):
            yield found[1], dict(LABEL.findall(found[2])), int(float(found[3]))
