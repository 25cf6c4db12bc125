"""One function moves releases: claim, make so, look, decide and write."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from pipeline.decide import decide
from pipeline.errors import Lost, NeedsHuman, TryLater
from pipeline.facts import Facts
from pipeline.lease import Lease
from pipeline.release import Release
from pipeline.store.ledger import Ledger
from pipeline.store.logs import Logs
from pipeline.verdict import Fail, Wait
from runners import joblogs, stages
from runners.crash import crash_point
from runners.observe import observe
from runners.ports import Fence, World

TICK_BUDGET = 8.0  # seconds for all ticks of one job


def tick(release_id: int, ledger: Ledger, world: World, logs: Logs) -> bool:
    """
    Take one step with one release. True if the next one is due now.

    May run zero, one or many times, anywhere, and be killed at any line: the decision is written before it is carried
    out, and what was carried out is only believed when it is seen.
    """
    crash_point("claim.before")
    lease = ledger.claim(release_id)
    if lease is None:
        return False
    crash_point("claim.after")
    try:
        release, started = ledger.load(lease), monotonic()
    except Lost:
        return False
    crash_point("load.after")
    facts = _make_so_and_look(lease, release, world, lambda: release.read_at + timedelta(seconds=monotonic() - started))
    joblogs.of_release(release, world.jobs, logs)
    crash_point("look.after")
    try:
        moved = ledger.settle(lease, release, facts, decide)
    except Lost:
        return False
    crash_point("write.after")
    return moved


def ticks(release_id: int, ledger: Ledger, world: World, logs: Logs) -> None:
    """As many steps as are due now and fit in the budget: a fast release takes all its steps in one job."""
    ends = monotonic() + TICK_BUDGET
    while tick(release_id, ledger, world, logs) and monotonic() < ends:
        pass


def _make_so_and_look(lease: Lease, release: Release, world: World, clock: Callable[[], datetime]) -> Facts:
    """Trouble with the world is a fact too: it must not keep a release from going back."""
    fence = Fence(lease.release_id, lease.epoch)
    try:
        ran = stages.run(fence, release, world)
    except TryLater as trouble:
        ran = stages.Ran(Wait(str(trouble), look_again=trouble.after))
    except NeedsHuman as trouble:
        ran = stages.Ran(Fail(str(trouble)))
    crash_point("make-so.after")
    return observe(release, world, ran, clock())
