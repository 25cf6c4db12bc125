"""Counters of the app, as its replicas show them at `/metrics` in the text form of Prometheus."""

import http.client
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import isfinite

from pipeline.facts import Count

TIMEOUT = 0.5
TOGETHER = 32  # replicas that are asked at once
LARGEST = 1_000_000  # bytes; a page of metrics that is longer is cut off there
LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)(?: \d+)?$")
FAILED = re.compile(r'\b(?:code|status|status_code)="5\d\d"')  # among the labels of a counter
Pages = Mapping[str, str | None]


def pages(ports: Sequence[tuple[str, int]]) -> Pages:
    """What each replica (id and port) shows, asked together, so all that hang cost one wait; None: not to be read."""
    if len(ports) < 2:  # a thread costs more than the page
        return {name: _page(port) for name, port in ports}
    with ThreadPoolExecutor(min(len(ports), TOGETHER)) as asked:
        shown = asked.map(_page, [port for _, port in ports])
        return dict(zip([name for name, _ in ports], shown, strict=True))


def counted(pages: Pages, names: Collection[str], requests: Count) -> Mapping[str, Count]:
    """
    The counters `names` of the replicas, summed up, beside the requests of their slot.

    A counter that one of the replicas does not show, or not as a whole number, is left out: a part of a sum would look
    like a fall. The source names the replicas, so a new one is a new beginning.
    """
    shown = {name: summed(page) if page is not None else {} for name, page in pages.items()}
    found = {}
    for counter in names:
        known = [value for page in shown.values() if (value := page.get(counter)) is not None]
        if len(known) == len(shown):
            source = f"{requests.source}+{','.join(sorted(shown))}" if requests.source else ""
            found[counter] = Count(source, requests.total, sum(known))
    return found


def apart(pages: Pages, counter: str) -> Mapping[str, Count]:
    """
    Requests by replica, as each counts them itself under `counter`, and those that failed: a label `code`, `status` or
    `status_code` says 5xx.

    A replica that cannot be read or counts no whole numbers is left out. One without a request yet may not show it.

    >>> apart({"b1": 'hits_total{status="200"} 3\\nhits_total{status="503"} 2'}, "hits_total")
    {'b1': Count(source='b1', total=5, bad=2)}
    """
    found = {}
    for name, page in pages.items():
        lines = [(labels, value) for shown, labels, value in _lines(page or "") if shown == counter]
        if lines and all(isfinite(value) and value == int(value) for _, value in lines):
            failed = sum(int(value) for labels, value in lines if FAILED.search(labels))
            found[name] = Count(name, sum(int(value) for _, value in lines), failed)
    return found


def _page(port: int) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read(LARGEST).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return text if answer.status == http.client.OK else None


def summed(text: str) -> Mapping[str, int]:
    """
    Each counter over its labels, as whole numbers; one with NaN, infinity or a fraction in it is left out.

    >>> summed('a{x="1"} 2\\na{x="2"} 3\\nb NaN\\n# c 4')
    {'a': 5}
    """
    sums: dict[str, float] = {}
    for name, _, value in _lines(text):
        sums[name] = sums.get(name, 0.0) + value
    return {name: int(value) for name, value in sums.items() if isfinite(value) and value == int(value)}


def _lines(text: str) -> Iterator[tuple[str, str, float]]:
    """Name, labels and value of each line that has a value."""
    for line in text.splitlines():
        if found := LINE.match(line):
            yield found[1], found[2] or "", _number(found[3])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
