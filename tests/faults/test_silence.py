"""Sluice falls silent: the guard of a cluster waits as long as it promised, and then takes the canary back."""

import time

import pytest

from runners.clusters.local import LocalCluster
from tests.faults.engine import Engine, engine
from tests.faults.sound import assert_sound
from tests.load import Load
from tests.runners.until import until

pytestmark = pytest.mark.story
CANARY = 2  # the step after build and test
RATE = 25  # requests per second


def weight(one: Engine, cluster: str, slot: str) -> int:
    return LocalCluster(cluster, one.home).look("pebble").weights.get(slot, 0)


def test_a_waiting_canary_keeps_its_heartbeat_and_silence_for_longer_takes_it_back(tmp_path):
    """
    The guard's time to live is 10 s here instead of 60: a pause of 25 s shows what two and a half minutes would.
    """
    with engine(tmp_path, guard_ttl=10.0) as one:
        one.first_version()
        one.push("v2")
        with Load(one.clusters["az1"], RATE) as az1:
            release_id = one.report()
            one.until(release_id, lambda row: (row.at, row.percent) >= (CANARY, 50), "the canary of v2")
            one.ledger.ask(release_id, "pause", "lena", reason="coffee")
            one.until(release_id, lambda row: "Paused" in row.waiting, "the pause")
            slot = LocalCluster("az1", one.home).look("pebble").free

            paused = len(az1.answers)
            until(lambda: len(az1.answers) > paused + RATE * 25, "25 seconds of pause", 90)
            assert weight(one, "az1", slot) == 50
            assert LocalCluster("az1", one.home).look("pebble").marked == 0

            one.down()
            until(lambda: weight(one, "az1", slot) == 0, "the guard goes back", 60)
            back = time.monotonic()
            assert LocalCluster("az1", one.home).look("pebble").marked == release_id

            one.up()
            row = one.ended(release_id, "rolled back")
        assert (row.reason_kind, az1.failed) == ("guard", 0)
        assert "guard in az1 rolled it back" in row.why
        assert az1.said(since=back)["v1\n"] > 0
        assert az1.said(since=back)["v2\n"] == 0, "what the guard took back is given to nobody again"
        assert_sound(one)
