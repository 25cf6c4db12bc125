"""What every `Metrics` does, run against the fake and each real adapter."""

from collections.abc import Callable, Mapping
from typing import Protocol

import pytest

from pipeline.errors import TryLater
from runners.counted import SlotCounts
from runners.ports import Metrics


class Gauge(Protocol):
    """Metrics of a service with v1 in slot a at 100 % and v2 in slot b at 0 %, and ways to use and break them."""

    metrics: Metrics
    cluster: str
    service: str

    def ask(self, slot: str, good: int, bad: int) -> None:
        """Have the slot answer so many requests well and so many with a 5xx."""
        ...

    def redeploy(self) -> None:
        """Put the same digest into slot b anew, after another one was there."""
        ...

    def breaks(self) -> None:
        """From now on the metrics cannot be read."""
        ...

    def until(self, seen: Callable[[Mapping[str, SlotCounts]], bool]) -> Mapping[str, SlotCounts]: ...


class MetricsContract:
    """Subclasses bring a fixture `gauge`."""

    def test_a_slot_nobody_asked_counts_nothing(self, gauge: Gauge) -> None:
        counts = gauge.metrics.read(gauge.cluster, gauge.service)

        assert {name: (one.requests.total, one.requests.bad) for name, one in counts.items()} == {
            "a": (0, 0),
            "b": (0, 0),
        }
        assert counts["a"].requests.source != counts["b"].requests.source

    def test_requests_and_errors_are_counted_where_they_happened(self, gauge: Gauge) -> None:
        gauge.ask("a", good=7, bad=0)
        gauge.ask("b", good=3, bad=2)

        counts = gauge.until(lambda now: now["a"].requests.total + now["b"].requests.total >= 12)

        assert (counts["a"].requests.total, counts["a"].requests.bad) == (7, 0)
        assert (counts["b"].requests.total, counts["b"].requests.bad) == (5, 2)

    def test_buckets_hold_all_requests_and_only_grow_with_their_bound(self, gauge: Gauge) -> None:
        gauge.ask("a", good=4, bad=1)

        counts = gauge.until(lambda now: now["a"].requests.total >= 5)

        sizes = list(counts["a"].buckets.values())
        assert sizes == sorted(sizes)
        assert counts["a"].buckets[float("inf")] == 5

    def test_another_content_has_another_source(self, gauge: Gauge) -> None:
        gauge.ask("b", good=3, bad=0)
        before = gauge.until(lambda now: now["b"].requests.total >= 3)

        gauge.redeploy()

        after = gauge.metrics.read(gauge.cluster, gauge.service)
        assert after["b"].requests.source != before["b"].requests.source
        assert after["b"].requests.total == 0
        assert after["a"].requests.source == before["a"].requests.source

    def test_metrics_that_cannot_be_read_are_for_later(self, gauge: Gauge) -> None:
        gauge.breaks()

        with pytest.raises(TryLater):
            gauge.metrics.read(gauge.cluster, gauge.service)
