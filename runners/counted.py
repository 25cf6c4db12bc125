"""What is counted of a slot, and by which series an app counts it itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.facts import Count


@dataclass(frozen=True, slots=True)
class SlotCounts:
    """Counters of one slot at its gateway since `Count.source` began. `buckets`: upper bound in seconds → requests."""

    requests: Count
    buckets: Mapping[float, int] = field(default_factory=dict)
    counters: Mapping[str, Count] = field(default_factory=dict)  # of the app, as `bad` beside the slot's requests


@dataclass(frozen=True, slots=True)
class OwnSeries:
    """Selectors of PromQL by which an app names the series that count its requests; "" = those of its gateway."""

    requests: str = ""
    failed: str = ""
    buckets: str = ""


USUAL = OwnSeries()
