"""A sweeper sees at one look whether there is anything to ring for, and asks for no lock."""

from datetime import UTC, datetime, timedelta
from math import inf

from sqlalchemy import event, update
from store_world import make_due, new

from pipeline.store.glance import Glance, glance
from pipeline.store.inbox import Inbox
from pipeline.store.records import InboxRow
from pipeline.store.tables import ReleaseRow

NOTHING = Glance(releases=False, deliveries=False, next_due=inf)
FIVE = timedelta(seconds=5)


def test_without_anything_there_is_nothing_to_do(sessions):
    assert glance(sessions) == NOTHING
    assert glance(sessions).nothing


def test_a_release_is_seen_while_it_is_to_be_rung_for(ledger, sessions):
    release_id = ledger.submit(new(), "tom")
    assert glance(sessions).releases

    ledger.ring_due()
    assert glance(sessions) == NOTHING

    make_due(sessions, release_id, rung_at=datetime.now(UTC) - FIVE)
    assert glance(sessions).releases


def test_a_release_somebody_works_on_is_not_rung_for_until_its_lease_is_over(ledger, sessions):
    release_id = ledger.submit(new(), "tom")
    ledger.claim(release_id)
    seen = glance(sessions)

    assert seen.nothing
    assert 14 < seen.next_due <= 15


def test_a_release_that_is_due_in_a_moment_is_told_of(ledger, sessions):
    release_id = ledger.submit(new(), "tom")
    with sessions.writing() as session:
        session.execute(update(ReleaseRow).where(ReleaseRow.id == release_id).values(due=sessions.now(session) + FIVE))
    seen = glance(sessions)

    assert seen.nothing
    assert 4 < seen.next_due <= 5


def test_a_delivery_is_seen_while_it_is_to_be_rung_for(sessions):
    inbox = Inbox(sessions)
    put = inbox.put("shop", b"{}", "1", {})
    assert glance(sessions) == NOTHING, "whoever put it rang"

    _rung_long_ago(sessions)
    assert glance(sessions).deliveries

    inbox.waiting()
    assert glance(sessions) == NOTHING

    _rung_long_ago(sessions)
    inbox.done(put.id)
    assert glance(sessions) == NOTHING


def test_a_look_waits_for_nobody_who_writes_and_is_one_question_beside_that_for_the_time(ledger, sessions):
    ledger.submit(new(), "tom")
    asked = []
    with sessions.writing() as session:
        session.execute(update(ReleaseRow).values(rung_at=sessions.now(session)))
        event.listen(sessions.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        assert glance(sessions).releases

    assert len([one for one in asked if one.startswith("SELECT")]) == 2


def _rung_long_ago(sessions):
    with sessions.writing() as session:
        session.execute(update(InboxRow).values(rung_at=sessions.now(session) - FIVE))
