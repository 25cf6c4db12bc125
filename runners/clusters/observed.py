"""What the daemon saw of a local cluster, for whoever looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReplicaSeen:
    """One replica: its process, its port, and how it fares."""

    id: str
    pid: int = 0
    port: int = 0
    ready: bool = False
    restarts: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class SlotState:
    """One slot. `ready` counts replicas that answer their probe and that the gateway has confirmed."""

    generation: int = 0
    ready: int = 0
    trouble: str = ""
    replicas: tuple[ReplicaSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service, with the weights as the gateway reports them."""

    weights: Mapping[str, int] = field(default_factory=dict)
    slots: Mapping[str, SlotState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """A whole cluster at `at`, a reading of the machine's monotonic clock, which all its processes share."""

    at: float = 0.0
    services: Mapping[str, ServiceState] = field(default_factory=dict)
    trouble: str = ""  # why nothing can be said about the traffic
