"""What each write does to a service, or why it is refused: pure, under the lock of whoever calls."""

import json
from collections.abc import Mapping
from dataclasses import replace

from pipeline.errors import NeedsHuman, TryLater
from runners.ports import Fence, Workload

from .anchor import check, not_marked, take
from .desired import SLOTS, Service, Slot, other


def beat(service: Service, fence: Fence) -> Service:
    """Carry the epoch, count the heartbeat, take the anchor."""
    return replace(service, anchor=take(service.anchor, fence))


def deploy(service: Service, fence: Fence, name: str, workload: Workload, replicas: int) -> Service:
    """Other content only in a slot that gets no traffic and is not stable."""
    check(service.anchor, fence)
    slot = _slot(service, name)
    if replicas < 0:
        raise NeedsHuman(f"{replicas} replicas were asked for slot {name}; 0 or more are possible")
    serve = json.loads(json.dumps(dict(workload.serve)))  # as it will be read back
    if (slot.digest, slot.version, slot.serve) == (workload.digest, workload.version, serve):
        return scale(service, fence, name, replicas)
    if service.weights[name] > 0:
        raise TryLater(f"slot {name} still gets {service.weights[name]} % of the traffic; its content stays as it is")
    if service.anchor.stable == name:
        raise NeedsHuman(f"slot {name} is the stable one; a release takes slot {other(name)}")
    generation = 1 + max(one.generation for one in service.slots.values())
    content = Slot(workload.digest, workload.version, serve, replicas, generation)
    return service.with_slot(name, content)


def route(service: Service, fence: Fence, name: str, percent: int, ready: Mapping[str, int]) -> Service:
    """Weights that sum to 100; never more for a marked release, never to a slot that runs nothing. `ready`: replicas
    by slot, as last seen."""
    check(service.anchor, fence)
    _slot(service, name)
    if not 0 <= percent <= 100:
        raise NeedsHuman(f"{percent} % was asked for slot {name}; a share is 0 to 100")
    weights = _weights(service, name, percent)
    if weights == service.weights:
        return service
    raised = name if weights[name] > service.weights[name] else other(name)
    if weights[raised] > service.weights[raised]:
        if raised != service.anchor.stable:
            not_marked(service.anchor, fence)
        _can_take(service, raised, weights[raised], ready)
    return replace(service, weights=weights, anchor=replace(service.anchor, moving=True))


def promote(service: Service, fence: Fence, name: str) -> Service:
    """The slot with all the traffic becomes stable; the motion ends."""
    check(service.anchor, fence)
    _all_traffic(service, name)
    if service.anchor.stable == name:
        return replace(service, anchor=replace(service.anchor, moving=False))
    not_marked(service.anchor, fence)
    anchor = replace(service.anchor, stable=name, previous=service.anchor.stable, promoted=fence.release, moving=False)
    return replace(service, anchor=anchor)


def scale(service: Service, fence: Fence, name: str, replicas: int) -> Service:
    """Other replicas of the same content; none only without traffic."""
    check(service.anchor, fence)
    slot = _slot(service, name)
    if replicas < 0:
        raise NeedsHuman(f"{replicas} replicas were asked for slot {name}; 0 or more are possible")
    if replicas > 0 and not slot.digest:
        raise NeedsHuman(f"slot {name} runs nothing; deploy to it first")
    if replicas == 0 and service.weights[name] > 0:
        raise TryLater(f"slot {name} still gets {service.weights[name]} % of the traffic; it keeps its replicas")
    return service.with_slot(name, replace(slot, replicas=replicas))


def settle(service: Service, fence: Fence, name: str) -> Service:
    """End of going back. An empty `name`: there never was a stable slot, and nothing gets traffic."""
    check(service.anchor, fence)
    if not name:
        if service.anchor.stable is not None or any(service.weights.values()):
            raise NeedsHuman("there is a stable slot or traffic here; name the slot to settle on")
        return replace(service, anchor=replace(service.anchor, moving=False))
    _all_traffic(service, name)
    if service.anchor.stable == name:
        return replace(service, anchor=replace(service.anchor, moving=False))
    anchor = replace(service.anchor, stable=name, previous=None, promoted=0, moving=False)
    return replace(service, anchor=anchor)


def _weights(service: Service, name: str, percent: int) -> dict[str, int]:
    rest = other(name)
    if service.slots[rest].digest:
        return {name: percent, rest: 100 - percent}
    if percent == 0 and service.anchor.stable == name:
        raise NeedsHuman(f"slot {rest} runs nothing, so all traffic stays on slot {name}")
    return {name: 100 if percent else 0, rest: 0}


def _can_take(service: Service, name: str, percent: int, ready: Mapping[str, int]) -> None:
    """More traffic only to a slot with replicas, and never away from one that answers to one that does not."""
    if service.slots[name].replicas == 0:
        raise NeedsHuman(f"slot {name} has no replicas to take {percent} % of the traffic; scale it up first")
    if ready[name] == 0 and service.weights[other(name)] > 0 and ready[other(name)] > 0:
        raise TryLater(f"no replica of slot {name} is ready; it gets no more traffic until one is")


def _all_traffic(service: Service, name: str) -> None:
    _slot(service, name)
    if service.weights[name] != 100:
        raise NeedsHuman(
            f"slot {name} gets {service.weights[name]} % of the traffic; only the slot with 100 % is stable"
        )


def _slot(service: Service, name: str) -> Slot:
    if name not in SLOTS:
        raise NeedsHuman(f"there is no slot {name!r}; a service has slots a and b")
    return service.slots[name]
