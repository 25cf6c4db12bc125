"""What runs where is kept as it was last seen, with the traffic between two looks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from pipeline.facts import ClusterSeen, Count, SlotSeen
from pipeline.store import looks
from pipeline.store.looks import Look, Rate
from pipeline.store.session import open_database

SEEN = ClusterSeen("az1", "shop", "a", {"a": SlotSeen("sha256:1", 2, 2)}, {"a": 100}, release=7, marked=3)
AWAY = ClusterSeen("az1", "shop", trouble="its gateway does not answer")


@pytest.fixture
def note(url):
    at = [datetime(2026, 11, 24, 12, tzinfo=UTC)]
    sessions = open_database(url, pooled=False, clock=lambda _: at[0])

    def keep(seen: ClusterSeen, seconds: float = 5.0, **counts: Count) -> looks.Shown:
        at[0] += timedelta(seconds=seconds)
        looks.note(sessions, [Look(seen, counts, share=50)])
        with sessions.reading() as session:
            return looks.shown(session)[0]

    yield keep
    sessions.engine.dispose()


def test_a_look_is_shown_as_it_was_seen(note) -> None:
    shown = note(SEEN)

    assert (shown.cluster, shown.service, shown.stable, shown.moving, shown.marked) == ("az1", "shop", "a", 7, 3)
    assert [(slot.name, slot.digest, slot.ready, slot.weight) for slot in shown.slots] == [("a", "sha256:1", 2, 100)]
    assert shown.share == 50


def test_what_cannot_be_seen_keeps_its_last_sight_and_says_why(note) -> None:
    before = note(SEEN)
    after = note(AWAY)

    assert after.trouble == "its gateway does not answer"
    assert (after.slots, after.seen_at) == (before.slots, before.seen_at)
    assert after.tried_at > before.tried_at
    assert note(SEEN).trouble == ""


def test_sweepers_that_see_something_for_the_first_time_at_once_tear_nothing(url) -> None:
    sessions = open_database(url, pooled=False)
    together = Barrier(8)

    def sweep(_: int) -> None:
        together.wait()
        for number in range(10):
            looks.note(sessions, [Look(replace(SEEN, service=f"shop-{number}"), {})])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sweep, range(8)))

    with sessions.reading() as session:
        assert len(looks.shown(session)) == 10
    sessions.engine.dispose()


def test_rates_are_counted_between_two_looks(note) -> None:
    note(SEEN, a=Count("x", 100, 0))
    shown = note(SEEN, 10, a=Count("x", 600, 5))

    assert shown.rates == (Rate(50.0, 1.0),)


def test_a_counter_that_began_anew_is_no_traffic(note) -> None:
    note(SEEN, a=Count("x", 1000, 0))

    assert note(SEEN, a=Count("y", 10, 0)).rates == (Rate(0.0, 0.0),)
    assert note(SEEN, a=Count("y", 5, 0)).rates[-1] == Rate(0.0, 0.0)


def test_only_the_latest_rates_are_kept(note) -> None:
    for number in range(looks.KEPT + 5):
        shown = note(SEEN, a=Count("x", number * 10, 0))

    assert len(shown.rates) == looks.KEPT
