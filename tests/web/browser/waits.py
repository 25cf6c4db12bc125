"""A release for each reason to wait: what a person reads, and who can act."""

from dataclasses import dataclass

from pipeline import settings
from pipeline.plan import Stage
from pipeline.release import Release
from pipeline.store.pages import told
from tests.web.stories import Story


@dataclass(frozen=True, slots=True)
class Waiting:
    """One release that waits. `says`: the sentence about it; `act`: who can do something."""

    name: str
    says: str
    act: str


WAITS = {  # what the story of every fate has, and what `also` adds
    "approval": Waiting("R-12 shop 1.5.0", "Waits for approval: 1 of 2 of release-managers agreed", "can approve"),
    "freeze": Waiting("R-16 mail 1.1.0", "Waits for the end of the freeze Black Friday", "can lift the freeze"),
    "judge": Waiting("R-13 cart 1.1.0", "Evidence that it is not worse", "Nobody needs to act"),
    "pause": Waiting("R-17 pay 1.1.0", "Paused by jonas", "Release managers can resume"),
    "halt": Waiting("R-14 catalog 1.1.0", "Halted: az2", "Release managers can roll it back"),
    "cluster": Waiting("R-15 search 1.1.0", "az2 cannot be seen", "The platform team can look at the cluster"),
    "tests": Waiting("R-22 tax 1.1.0", "Test unit runs", "Nobody needs to act"),
    "turn": Waiting("R-23 pay 1.2.0", "Waits its turn: R-17 of pay is on its way", "Nobody needs to act"),
    "capacity": Waiting("R-24 till 1.1.0", "Waits for capacity: 0 of 1 replicas ready in az1", "Nobody needs to act"),
    "soak": Waiting("R-25 tour 1.1.0", "Soaks in az1", "Nobody needs to act"),
}
HOLDING = {  # which of them is there for which gate
    settings.AllTests: "tests",
    settings.Turn: "turn",
    settings.Approval: "approval",
    settings.Freeze: "freeze",
    settings.Capacity: "capacity",
    settings.Judge: "judge",
    settings.Soak: "soak",
}
ONLY_LOOK = (settings.Healthy, settings.Verified)  # they agree within a second, or the cluster cannot be seen
ALSO_ASKS = 26


def also(story: Story) -> None:
    """One for each gate that holds nothing in the story of every fate, and one more that asks for an approval."""
    for app in ("till", "tour", "tax", "team"):
        story.finish(story.submit(app, "1.0.0", "First version"))
    tested = story.submit("tax", "1.1.0", "Tests take their time")
    story.testing.add(tested)
    _stop(story, 13, "Evidence that it is not worse")
    _stop(story, tested, "Test unit runs")
    _stop(story, story.submit("pay", "1.2.0", "Behind another"), "Waits its turn")
    story.small.add("till/az1")
    _stop(story, story.submit("till", "1.1.0", "No room"), "Waits for capacity")
    _stop(story, story.submit("tour", "1.1.0", "Nearly there"), "Soaks in az1")
    asks = story.submit("team", "1.1.0", "Approved without script", approve=True)
    story.until(asks, lambda one: one.step.stage is Stage.TEST)
    _stop(story, asks, "Waits for approval")


def _stop(story: Story, number: int, why: str) -> Release:
    """On with it until it waits for this."""

    def waits(_: Release) -> bool:
        with story.sessions.reading() as session:
            found = told(session, story.clock.at, number)
        return found is not None and why in found.head.waiting

    return story.until(number, waits)
