"""What each gate was told: the settings a step carries, pinned with the plan.

`gates.py` maps each of these to the function that judges it. Durations are seconds, shares are percent of the
traffic (0 to 100), margins are fractions (0.02 = two percentage points).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AllTests:
    """Every test command of the definition ended well."""

    @property
    def name(self) -> str:
        return "tests"


@dataclass(frozen=True, slots=True)
class Turn:
    """No other release of this app is ahead. `order`: in_order | latest_wins."""

    order: str

    @property
    def name(self) -> str:
        return "turn"


@dataclass(frozen=True, slots=True)
class Approval:
    """`of` people of `group` agree, none of them an author; each vote is valid for `expires` seconds."""

    group: str
    of: int
    expires: float

    @property
    def name(self) -> str:
        return f"approval {self.group}"


@dataclass(frozen=True, slots=True)
class Freeze:
    """No freeze covers this app and these clusters now."""

    @property
    def name(self) -> str:
        return "freeze"


@dataclass(frozen=True, slots=True)
class Capacity:
    """The destination has `replicas` ready for `percent` of the traffic, in each cluster of the step.

    Missing for more than `within` seconds it fails.
    """

    percent: int
    replicas: int
    within: float = 60.0

    @property
    def name(self) -> str:
        return "capacity"


@dataclass(frozen=True, slots=True)
class Judge:
    """The canary is not worse than stable.

    `margin`: promote when "worse by `margin` or more" is refuted with error `beta`; None: the harm test alone.
    Harm is found with error `alpha`. `warm_up` seconds of traffic are not judged; after `deadline` seconds on one
    rung the answer is inconclusive, and `inconclusive` says what then: undo | hold. A rate up to `tolerance` times
    stable's is no harm. `unit`: auto | request | pod-window; a pod is judged in windows of `window` seconds. `latency`:
    so much more often the canary may be slow; None: nobody looks. `falls`: what must not fall, as name, counter
    of the app (or a selector of PromQL), and margin per request. `requests`, `failed`, `buckets`: selectors of series
    that count instead of the gateway's, "" = the gateway's. `pods`: the counter of requests that each replica shows,
    "" = replicas are not asked. `chosen`: why `unit` is what it is, if the definition does not say it. `promise`: the
    largest share of bad requests that a canary may have without a stable version to compare it with; None: nothing is
    promised. `alone`: asked of a first version, once it has all of the traffic.
    """

    margin: float | None
    alpha: float = 0.01
    beta: float = 0.05
    warm_up: float = 0.0
    deadline: float = 1800.0
    inconclusive: str = "undo"
    tolerance: float = 1.0
    unit: str = "auto"
    window: float = 30.0
    latency: float | None = None
    falls: tuple[tuple[str, str, float], ...] = ()
    requests: str = ""
    failed: str = ""
    buckets: str = ""
    pods: str = ""
    chosen: str = ""
    promise: float | None = None
    alone: bool = False

    @property
    def name(self) -> str:
        return "judge"


@dataclass(frozen=True, slots=True)
class Soak:
    """`seconds` of observed healthy time at `percent` or more, with the old version as baseline."""

    seconds: float
    percent: int = 95

    @property
    def name(self) -> str:
        return "soak"


@dataclass(frozen=True, slots=True)
class Healthy:
    """Every cluster of the step was seen serving the release at 100 % with all replicas ready."""

    @property
    def name(self) -> str:
        return "healthy"


@dataclass(frozen=True, slots=True)
class Verified:
    """The digest was live before in each of these clusters (releases of kind return)."""

    @property
    def name(self) -> str:
        return "verified"


Gate = AllTests | Turn | Approval | Freeze | Capacity | Judge | Soak | Healthy | Verified
