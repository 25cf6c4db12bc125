"""The guard as its chart installs it, in real time: Sluice is gone for good, and nobody gets the canary 90 s later."""

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import pytest

from runners.clusters.kubernetes.api import Api
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import REGISTRY, Node, sluice
from tests.kubernetes.helm import installed, namespace
from tests.load import Load
from tests.runners.contract_cluster import FIRST, SECOND, canary, carry_out, go_live
from tests.runners.until import until

PROMISED = 90.0


@dataclass(frozen=True)
class Guarded:
    """A namespace that two guards watch from another one."""

    node: Node
    api: Api
    watched: str
    own: str

    def guards(self) -> list[str]:
        return [pod["metadata"]["name"] for pod in self.node.objects("pods", namespace=self.own)]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    node = Node("dr")
    with ExitStack() as stack:
        watched = stack.enter_context(namespace(node, f"watched-{uuid.uuid4().hex[:8]}"))
        own = stack.enter_context(namespace(node, f"guard-{uuid.uuid4().hex[:8]}"))
        image = (f"image.repository={REGISTRY}/sluice", f"image.digest={sluice()}")
        words = (f"namespaces={{{watched}}}", "witness.enabled=false", *image)
        stack.enter_context(installed(node, "guard", own, own, *words))
        api = Api(node.name, partial(node.access, namespace=watched))
        yield Guarded(node, api, watched, own)
        api.close()


@pytest.fixture
def bed(guarded: Guarded) -> Iterator[KubernetesBed]:
    bed = KubernetesBed(guarded.node, guarded.api, f"shop-{uuid.uuid4().hex[:8]}", guarded.watched)
    yield bed
    bed.remove()


def test_sluice_is_gone_and_a_guard_too_and_the_canary_goes_back_in_time(guarded: Guarded, bed: KubernetesBed) -> None:
    first, second = guarded.guards()
    go_live(bed, FIRST, "a", "v1", replicas=2)
    canary(bed, SECOND, "v2", 50)
    bed.gateway_follows()
    with Load(bed.node.gateway, 50, host=bed.host) as load:
        carry_out(lambda: bed.cluster.beat(SECOND, bed.service))
        silent = time.monotonic()
        bed.node.kubectl("-n", guarded.own, "delete", "pod", first, "--grace-period=0", "--force")
        bed.until(lambda now: now.weights == {"a": 100, "b": 0}, PROMISED)
        bed.gateway_follows()
        back = time.monotonic()
        bed.until(lambda now: now.release == 0 and not bed.pods("b"))

    assert back - silent < PROMISED
    assert load.failed == 0
    assert load.said(since=back)["v2\n"] == 0 < load.said(since=back)["v1\n"]
    assert bed.cluster.look(bed.service).marked == SECOND.release
    assert second in guarded.guards()


def test_a_heartbeat_keeps_the_canary_for_longer_than_the_time_to_live(guarded: Guarded, bed: KubernetesBed) -> None:
    """Sluice beats once in ten seconds while it waits for a person."""
    go_live(bed, FIRST, "a", "v1")
    canary(bed, SECOND, "v2", 50)
    begun, beaten = time.monotonic(), [0.0]

    def waits() -> bool:
        if time.monotonic() - beaten[0] > 10:
            carry_out(lambda: bed.cluster.beat(SECOND, bed.service))
            beaten[0] = time.monotonic()
        return time.monotonic() - begun > PROMISED

    until(waits, "a person comes", 2 * PROMISED, every=0.5)

    now = bed.cluster.look(bed.service)
    assert (now.weights["b"], now.marked) == (50, 0)
