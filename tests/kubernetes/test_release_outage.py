"""An API server that is away for two minutes: Sluice holds, and the guard inside does not wait for it."""

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.kubernetes.clusters import REGISTRY, sluice
from tests.kubernetes.helm import installed, namespace
from tests.kubernetes.story import KubernetesInstallation, released
from tests.runners.until import until

# Nobody may miss an answer for minutes: with four workers on two cores 46 were missed once, alone none.
pytestmark = pytest.mark.alone
AWAY = 120.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesInstallation]:
    with ExitStack() as stack:
        one = stack.enter_context(released(tmp_path_factory.mktemp("outage"), wired=True))
        one.release("v1")
        own = stack.enter_context(namespace(one.nodes["az1"], f"guard-{uuid.uuid4().hex[:8]}"))
        image = (f"image.repository={REGISTRY}/sluice", f"image.digest={sluice()}")
        words = (f"namespaces={{{one.namespace}}}", "witness.enabled=false", *image)
        stack.enter_context(installed(one.nodes["az1"], "guard", own, own, *words))
        yield one


def test_it_is_held_and_named_and_the_guard_takes_it_back_and_sluice_tells_so(shop: KubernetesInstallation) -> None:
    with shop.users() as loads:
        release = shop.push("v2")
        shop.reaches(release, 25)
        shop.wires["az1"].cut()
        away = time.monotonic()
        shop.waits(release, "the API server of az1 cannot be reached")
        until(lambda: shop.share("az1") == 0, "the guard takes it back", 90, every=0.5)
        until(lambda: time.monotonic() - away > AWAY, "it is away for two minutes", 2 * AWAY, every=0.5)
        assert "az1" in shop.waits(release, "the API server of az1 cannot be reached")["waiting"]
        shop.wires["az1"].mend()
        assert shop.ends(release, 90) == "rolled back"

    shown = shop.show(release)
    assert shown["reason"] == "guard"
    assert shown["why"].startswith("The guard in az1 rolled it back: Sluice was silent for too long")
    assert [load.failed for load in loads.values()] == [0, 0, 0]
    assert shop.answers("az1") == "v1"
