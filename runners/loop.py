"""One function moves releases: claim, make so, look, decide and write."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic, sleep

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
SOON = timedelta(seconds=0.5)  # a look due so soon is waited for: another job would begin later than that


def tick(
    release_id: int, ledger: Ledger, world: World, logs: Logs, stays: Callable[[], bool] = lambda: False
) -> timedelta | None:
    """
    Take one step with one release. How soon the caller is to take the next one, None: whoever is rung for takes it.

    May run zero, one or many times, anywhere, and be killed at any line: the decision is written before it is carried
    out, and what was carried out is only believed when it is seen.

    `stays`: the caller would wait for a look that is due soon.
    """
    crash_point("claim.before")
    lease = ledger.claim(release_id)
    if lease is None:
        return None
    crash_point("claim.after")
    try:
        release, started = ledger.load(lease), monotonic()
    except Lost:
        return None
    crash_point("load.after")
    facts = _make_so_and_look(lease, release, world, lambda: release.read_at + timedelta(seconds=monotonic() - started))
    joblogs.of_release(release, world.jobs, logs)
    crash_point("look.after")
    try:
        soon = ledger.settle(lease, release, facts, decide, SOON if stays() else timedelta())
    except Lost:
        return None
    crash_point("write.after")
    return soon


def ticks(release_id: int, ledger: Ledger, world: World, logs: Logs, idle: Callable[[], bool]) -> None:
    """As many steps as are due now, or soon while nobody else needs this worker (`idle`), and fit in the budget: a fast
    release takes all its steps in one job."""
    ends = monotonic() + TICK_BUDGET

    def stays() -> bool:
        return monotonic() + SOON.total_seconds() < ends and idle()

    while (soon := tick(release_id, ledger, world, logs, stays)) is not None and monotonic() < ends:
        if soon:
            sleep(soon.total_seconds())
            for cluster in world.clusters.values():
                cluster.forget()


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
