"""How many steps a worker takes in one job, and who takes the next one."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from runners import loop
from tests.fake_clusters import FakeCluster
from tests.rules.shop import NOON, seconds
from tests.runners.fake_world import NAMES, Office


@dataclass
class Slow(FakeCluster):
    """Its gateway follows while a worker waits for the next look."""

    office: Office | None = None
    pauses: int = 0

    def forget(self):
        self.pauses += 1
        self.thaw()
        if self.office and self.name == "az1":
            self.office.offset += 0.5


@pytest.fixture
def office(tmp_path):
    """v1 is live, and v2 waits for the gateway of az1, which is slow."""
    one = Office(tmp_path, clusters={name: Slow(name) for name in NAMES})
    one.play(one.push("v1"))
    one.play(one.push("v2"), until="Evidence")
    one.clusters["az1"].freeze()
    one.play(2, until="The gateway of az1")
    one.offset = (one.row(2).due - NOON) / seconds(1)
    one.clusters["az1"].office = one
    return one


def job(office, *, idle):
    loop.ticks(2, office.ledger, office.world, office.logs, lambda: idle)


def test_a_look_that_is_due_soon_is_waited_for_in_the_same_job(office):
    job(office, idle=True)

    assert office.clusters["az1"].pauses
    assert not office.row(2).waiting.startswith("The gateway")


def test_a_worker_that_others_need_waits_for_nothing(office):
    job(office, idle=False)

    assert not office.clusters["az1"].pauses
    assert office.row(2).waiting.startswith("The gateway")


def test_nobody_else_is_rung_for_while_a_worker_waits(office):
    """If it dies, the sweeper rings three seconds later."""
    moment = loop.tick(2, office.ledger, office.world, office.logs, lambda: True)

    assert timedelta() < moment <= loop.SOON
    office.offset += 1
    assert office.ledger.ring_due() == ()
    office.offset += 3
    assert office.ledger.ring_due() == (2,)


def test_who_does_not_wait_leaves_it_to_the_sweeper_to_ring_when_it_is_due(office):
    assert loop.tick(2, office.ledger, office.world, office.logs) is None

    office.offset += 1
    assert office.ledger.ring_due() == (2,)
