"""Counters of the app, as its replicas show them at `/metrics` in the text form of Prometheus."""

import http.client
import re
from collections.abc import Collection, Iterable, Mapping
from math import isfinite

from pipeline.facts import Count

TIMEOUT = 0.5
LARGEST = 1_000_000  # bytes; a page of metrics that is longer is cut off there
LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{.*\})? ([^ ]+)(?: \d+)?$")


def counted(ports: Iterable[tuple[str, int]], names: Collection[str], requests: Count) -> Mapping[str, Count]:
    """
    The counters `names` of the replicas (id and port), summed up, beside the requests of their slot.

    A counter that one of the replicas does not show, or not as a whole number, is left out: a part of a sum would look
    like a fall. The source names the replicas, so a new one is a new beginning.
    """
    pages = {name: _page(port) for name, port in ports}
    found = {}
    for counter in names:
        values = [page.get(counter) if page is not None else None for page in pages.values()]
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            source = f"{requests.source}+{','.join(sorted(pages))}" if requests.source else ""
            found[counter] = Count(source, requests.total, sum(known))
    return found


def _page(port: int) -> Mapping[str, int] | None:
    """The sum of each counter over its labels; None: it could not be read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read(LARGEST).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return summed(text) if answer.status == http.client.OK else None


def summed(text: str) -> Mapping[str, int]:
    """
    Each counter over its labels, as whole numbers; one with NaN, infinity or a fraction in it is left out.

    >>> summed('a{x="1"} 2\\na{x="2"} 3\\nb NaN\\n# c 4')
    {'a': 5}
    """
    sums: dict[str, float] = {}
    for line in text.splitlines():
        if found := LINE.match(line):
            sums[found[1]] = sums.get(found[1], 0.0) + _number(found[2])
    return {name: int(value) for name, value in sums.items() if isfinite(value) and value == int(value)}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
