"""Releases in a row under load, and a platform that is killed in the middle of one."""

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

from tests.kubernetes.clusters import REGISTRY, sluice
from tests.kubernetes.helm import installed, namespace
from tests.runners.until import until

from .bench import CLUSTER, Bench, Figures, bench, definition

PROMISED = 90.0  # seconds after which nobody gets an unfinished version any more
QUICK = definition(2, "25%, 50%", "10pp")
SLOW = definition(2, "50%", "0.5pp")  # judged for longer than it takes to kill Sluice


def row(runs: int) -> Iterator[Figures]:
    """Two releases for each rollback, until a person took back `runs` good versions: every failed request is one of
    moving."""
    with bench(QUICK) as one:
        for run in range(runs):
            began = time.monotonic()
            one.released(f"first-{run}")
            _taken_back(one, f"back-{run}")
            one.released(f"second-{run}")
            answers = one.answers(began)
            failed = sum(answer.said == "failed" for answer in answers)
            yield {"releases": 2, "rollbacks": 1, "requests": len(answers), "failed requests": failed}


def _taken_back(one: Bench, name: str) -> None:
    release = one.shop.push(name, definition=one.text)
    one.shop.reaches(release, 25)
    one.shop.act(release, "rollback", "diego", {"reason": "measured"})
    assert one.shop.ends(release, 120) == "rolled back", one.shop.show(release)


def guard(runs: int) -> Iterator[Figures]:
    """All of Sluice killed for good with half of the users on a canary; it is started again only after that."""
    with ExitStack() as stack:
        one = stack.enter_context(bench(SLOW, rate=50))
        node, shop = one.shop.nodes[CLUSTER], one.shop
        own = stack.enter_context(namespace(node, f"guard-{uuid.uuid4().hex[:8]}"))
        image = (f"image.repository={REGISTRY}/sluice", f"image.digest={sluice()}")
        words = (f"namespaces={{{shop.namespace}}}", "witness.enabled=false", *image)
        stack.enter_context(installed(node, "guard", own, own, *words))
        for run in range(runs):
            yield _killed(one, f"unfinished-{run}")


def _killed(one: Bench, name: str) -> Figures:
    release = one.shop.push(name, definition=one.text)
    one.shop.reaches(release, 50)
    until(lambda: one.load.answers[-1].said == f"{name}\n", "users are on it")
    killed = time.monotonic()
    one.shop.kill()
    until(lambda: one.shop.share(CLUSTER) == 0, "the guard takes it back", 2 * PROMISED, every=0.5)
    answers = one.answers(killed)
    last = [answer.at for answer in answers if answer.said == f"{name}\n"][-1]
    one.shop.up()
    assert one.shop.ends(release, 120) == "rolled back", one.shop.show(release)
    assert one.shop.show(release)["reason"] == "guard", one.shop.show(release)
    failed = sum(answer.said == "failed" for answer in answers)
    return {"killed → last answer of it, s": last - killed, "failed requests": failed}
