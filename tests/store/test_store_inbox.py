"""Webhooks: kept once, worked on once in effect, parked when they break their worker."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from pipeline.store.inbox import Inbox
from pipeline.store.records import InboxRow


@pytest.fixture
def inbox(sessions):
    return Inbox(sessions)


@pytest.fixture
def state(sessions):
    def read(number):
        with sessions.reading() as session:
            row = session.get_one(InboxRow, number)
            return row.state, row.reason

    return read


def let_time_pass(sessions):
    with sessions.writing() as session:
        long_ago = sessions.now(session) - timedelta(seconds=60)
        session.execute(update(InboxRow).values(due=long_ago, rung_at=long_ago))


def test_a_delivery_comes_out_as_it_went_in(inbox):
    put = inbox.put("shop", b"\x00{}\xff", "guid-1", {"X-GitHub-Event": "push"})
    taken = inbox.take(put.id)

    assert not put.duplicate
    assert (taken.source, taken.body, taken.delivery_id) == ("shop", b"\x00{}\xff", "guid-1")
    assert (taken.headers, taken.tries) == ({"X-GitHub-Event": "push"}, 1)


def test_the_same_bytes_are_kept_once_under_whatever_delivery_id(inbox):
    first = inbox.put("shop", b"{}", "guid-1", {})
    again = inbox.put("shop", b"{}", "guid-2", {})

    assert (again.id, again.duplicate) == (first.id, True)
    assert inbox.put("blog", b"{}", "guid-1", {}).id != first.id


def test_eight_threads_with_the_same_deliveries_keep_each_once(inbox, sessions):
    bodies = [f"body {number % 25}".encode() for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda body: inbox.put("shop", body, "x", {}), bodies))

    with sessions.reading() as session:
        kept = session.scalar(select(func.count()).select_from(InboxRow))
    assert kept == 25
    assert sum(not one.duplicate for one in got) == 25
    assert len({(body, one.id) for body, one in zip(bodies, got, strict=True)}) == 25


def test_a_delivery_is_worked_on_by_one(inbox):
    put = inbox.put("shop", b"{}", "guid-1", {})

    assert inbox.take(put.id) is not None
    assert inbox.take(put.id) is None


@pytest.mark.parametrize(("end", "expected"), [("done", "done"), ("reject", "rejected")])
def test_a_delivery_that_ended_says_why_and_is_not_taken_again(inbox, sessions, state, end, expected):
    put = inbox.put("shop", b"{}", "guid-1", {})
    inbox.take(put.id)
    getattr(inbox, end)(put.id, "branch topic is not released")
    let_time_pass(sessions)

    assert state(put.id) == (expected, "branch topic is not released")
    assert inbox.take(put.id) is None
    assert inbox.waiting() == ()


def test_a_delivery_that_fails_three_times_is_parked_with_its_last_reason_and_the_others_go_on(inbox, sessions, state):
    bad, good = inbox.put("shop", b"bad", "1", {}), inbox.put("shop", b"good", "2", {})
    for reason in ("git is away", "git is away", "trace 4711"):
        let_time_pass(sessions)
        assert inbox.take(bad.id) is not None
        inbox.later(bad.id, reason)
    let_time_pass(sessions)

    assert state(bad.id) == ("parked", "trace 4711")
    assert inbox.waiting() == (good.id,)


def test_a_delivery_that_kills_its_worker_three_times_is_parked(inbox, sessions, state):
    put = inbox.put("shop", b"bomb", "1", {})
    for _ in range(3):
        assert inbox.take(put.id) is not None
        let_time_pass(sessions)

    assert inbox.take(put.id) is None
    assert state(put.id) == ("parked", "It was taken 3 times and never finished; see the log of the worker")


def test_what_waits_is_rung_for_once_in_three_seconds(inbox, sessions):
    put = inbox.put("shop", b"{}", "1", {})
    assert inbox.waiting() == ()  # whoever put it rang

    let_time_pass(sessions)
    assert inbox.waiting() == (put.id,)
    assert inbox.waiting() == ()


def test_an_old_body_is_forgotten_and_its_replay_is_still_a_duplicate(inbox, sessions):
    put, fresh = inbox.put("shop", b"{}", "1", {}), inbox.put("shop", b"new", "2", {})
    inbox.done(put.id)
    with sessions.writing() as session:
        ago = sessions.now(session) - timedelta(days=31)
        session.execute(update(InboxRow).where(InboxRow.id == put.id).values(received_at=ago))

    assert inbox.tidy() == 1
    assert inbox.tidy() == 0
    assert inbox.put("shop", b"{}", "3", {}).duplicate
    assert inbox.take(fresh.id).body == b"new"
