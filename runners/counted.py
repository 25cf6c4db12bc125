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
    pods: Mapping[str, Count] = field(default_factory=dict)  # requests by pod, as the pods count them; {} = unknown


@dataclass(frozen=True, slots=True)
class OwnSeries:
    """By what an app's requests are counted, in its own words.

    `requests`, `failed`, `buckets`: selectors of PromQL; "" = the series of its gateway. `pods`: the counter of
    requests that each replica shows; "" = replicas are not asked.
    """

    requests: str = ""
    failed: str = ""
    buckets: str = ""
    pods: str = ""


USUAL = OwnSeries()
