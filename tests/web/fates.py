"""One release of each fate, on six apps."""

from datetime import datetime
from pathlib import Path

from pipeline.facts import Rendered
from pipeline.plan import Stage
from pipeline.states import State
from tests.web.stories import APPS, HOSTILE, START, Story


def tell(home: Path, begin: datetime = START) -> Story:
    """All of them. It takes nine minutes of the story's time."""
    story = Story(home, begin=begin)
    for app in APPS:
        first = story.submit(app, "1.0.0", "First version")
        story.log(first, "build", b"\x1b[32mbuilt\x1b[0m\n")
        story.finish(first)
    _shop(story)
    story.until(story.submit("cart", "1.1.0", "Reserve stock before payment"), lambda one: one.percent == 25)
    _halted(story)
    _rolling_back(story)
    story.freeze(f"Black Friday {HOSTILE}", apps=frozenset({"mail"}))
    frozen = story.submit("mail", "1.1.0", "Frozen on its way")
    story.until(frozen, lambda one: one.ahead.name.startswith("canary"))
    story.tick(frozen)
    paused = story.submit("pay", "1.1.0", "Paused by a person")
    story.until(paused, lambda one: one.percent == 10)
    story.ledger.ask(paused, "pause", "jonas", reason=f"look first {HOSTILE}")
    story.look()
    story.tick(paused)
    story.look()
    story.look()
    return story


def _shop(story: Story) -> None:
    good = story.submit("shop", "1.1.0", "Good release")
    story.brings[good] = _objects("1.1.0")
    story.finish(good)
    bad = story.submit("shop", "1.2.0", "Bad release")
    story.failing[bad] = 0.25
    story.finish(bad)
    untested = story.submit("shop", "1.3.0", "Failing test")
    story.tests_fail.add(untested)
    story.log(untested, "test", f"\x1b[31mFAILED\x1b[0m {HOSTILE}\nnext line\n".encode(), "failed")
    story.finish(untested)
    story.refuse("shop", f"line 1: a list is never closed {HOSTILE}")
    old = story.submit("shop", "1.4.0", "Superseded by the next")
    new = story.submit("shop", "1.5.0", f"Hostile {HOSTILE}", approve=True, by=f"mallory {HOSTILE}")
    story.brings[new] = _objects(f"1.5.0 {HOSTILE}")
    story.until(new, lambda one: one.step.stage is Stage.TEST)
    story.tick(new)
    story.finish(old)
    story.log(new, "build", f"\x1b]8;;http://evil\x07click\x1b]8;;\x07 {HOSTILE}\nsecond line\n".encode(), "running")
    story.until(new, lambda one: one.ahead.name == "canary az1")
    story.tick(new)
    story.approve(new, "jonas", comment=f"fine {HOSTILE}")
    story.configure("cfg-2", "shop")
    story.tick(new)
    story.approve(new, "lena", comment="The lock is released on a timeout.")
    story.tick(new)


def _objects(version: str) -> tuple[Rendered, ...]:
    """What a release of the shop brings into each cluster."""
    deployment = f"apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 4\n  version: {version}\n"
    return Rendered("Deployment", "shop-*", deployment), Rendered("Service", "shop-*", "kind: Service\n")


def _halted(story: Story) -> None:
    halted = story.submit("catalog", "1.1.0", "Second wave fails", undo="wave")
    story.until(halted, lambda one: one.step.clusters == ("az2",) and one.percent == 10)
    story.failing[halted] = 0.3
    story.until(halted, lambda one: one.state is State.HALTED)


def _rolling_back(story: Story) -> None:
    back = story.submit("search", "1.1.0", "On its way back")
    story.until(back, lambda one: one.step.clusters == ("az2",) and one.percent == 25)
    story.hidden.add("search/az2")
    story.ledger.ask(back, "rollback", "lena", reason=HOSTILE)
    story.until(back, lambda one: one.state is State.ROLLING_BACK)
    story.tick(back)
