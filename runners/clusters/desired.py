"""What a local cluster should be: its services, their slots, weights and anchors."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .anchor import Anchor

SLOTS = ("a", "b")


@dataclass(frozen=True, slots=True)
class Slot:
    """What one slot should run. `generation` counts the contents this service ever had: no two share one."""

    digest: str = ""
    version: str = ""
    serve: Mapping[str, object] = field(default_factory=dict)
    replicas: int = 0
    generation: int = 0

    def word(self, key: str, otherwise: str) -> str:
        """A text of `serve`."""
        return str(self.serve.get(key, otherwise))

    @property
    def drain(self) -> float:
        """Seconds the longest request takes."""
        given = self.serve.get("drain", 2.0)
        return float(given) if isinstance(given, int | float) else 2.0

    @property
    def env(self) -> dict[str, str]:
        """The app's own environment."""
        given = self.serve.get("env", {})
        return {str(key): str(value) for key, value in given.items()} if isinstance(given, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Service:
    """One service: two slots, the percent of the traffic each should get, and the anchor."""

    anchor: Anchor = Anchor()
    slots: Mapping[str, Slot] = field(default_factory=lambda: dict.fromkeys(SLOTS, Slot()))
    weights: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(SLOTS, 0))

    def with_slot(self, name: str, slot: Slot) -> "Service":
        """The same service with another content of one slot."""
        return replace(self, slots={**self.slots, name: slot})


@dataclass(frozen=True, slots=True)
class Desired:
    """A whole cluster. Services in the order in which they came."""

    services: Mapping[str, Service] = field(default_factory=dict)

    def service(self, name: str) -> Service:
        """The service, new if the cluster never heard of it."""
        return self.services.get(name, Service())

    def with_service(self, name: str, service: Service) -> "Desired":
        """The same cluster with one service changed."""
        return Desired({**self.services, name: service})


def other(slot: str) -> str:
    """The slot that is not `slot`."""
    return "b" if slot == "a" else "a"
