"""P10: the hash chain of a journal shows every single change."""

import pytest
from sqlalchemy import text
from store_world import new

from pipeline.store import events
from pipeline.store.events import Broken

LINES = 5


@pytest.fixture
def journal(sessions, ledger):
    """A journal of five lines."""
    release_id = ledger.submit(new(), "tom")
    for number in range(LINES - 1):
        with sessions.writing() as session:
            told = {"text": f"line {number}"}
            events.append(session, sessions.now(session), "hold", told, actor="Sluice", release_id=release_id)
    return release_id


def without_guards(session):
    """What an intruder with all rights would do first."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
        return
    for name in ("event_no_update", "event_no_delete"):
        session.execute(text(f"DROP TRIGGER IF EXISTS {name}"))


def tamper(sessions, statement, **values):
    with sessions.writing() as session:
        without_guards(session)
        session.execute(text(statement), values)


def broken(sessions, statement, **values):
    tamper(sessions, statement, **values)
    with sessions.reading() as session:
        return events.verify(session)


def test_an_untouched_journal_is_whole(sessions, journal):
    with sessions.reading() as session:
        assert events.verify(session) == []
        assert events.verify(session, journal) == []


@pytest.mark.parametrize("seq", range(1, LINES + 1))
@pytest.mark.parametrize(
    "change",
    [
        "epoch = 99",
        "kind = 'shift'",
        "payload_json = '{}'",
        "actor = 'eve'",
        "at = at + 0.001",
        "prev_hash = 'x'",
        "hash = 'x'",
    ],
)
def test_a_change_of_any_column_of_any_line_is_seen(sessions, journal, seq, change):
    found = broken(sessions, f"UPDATE event SET {change} WHERE release_id = :id AND seq = :seq", id=journal, seq=seq)

    assert found
    assert {line.release_id for line in found} == {journal}


@pytest.mark.parametrize("seq", range(1, LINES + 1))
def test_a_missing_line_is_seen_also_the_last(sessions, journal, seq):
    found = broken(sessions, "DELETE FROM event WHERE release_id = :id AND seq = :seq", id=journal, seq=seq)

    assert found
    assert {line.release_id for line in found} == {journal}


def test_a_missing_journal_is_seen(sessions, journal):
    found = broken(sessions, "DELETE FROM event WHERE release_id = :id", id=journal)

    assert found == [Broken(journal, LINES, "all lines are missing")]


def test_two_lines_that_change_places_are_seen(sessions, journal):
    swap = "UPDATE event SET seq = CASE seq WHEN 2 THEN 103 WHEN 3 THEN 102 ELSE seq END WHERE release_id = :id"
    tamper(sessions, swap, id=journal)

    assert broken(sessions, "UPDATE event SET seq = seq - 100 WHERE seq > 100")


def test_a_line_moved_to_another_journal_is_seen(sessions, journal, ledger):
    ledger.submit(new("e" * 40), "tom")
    move = "UPDATE event SET release_id = :other, seq = 2 WHERE release_id = :id AND seq = :last"
    found = broken(sessions, move, other=journal + 1, id=journal, last=LINES)

    assert {line.release_id for line in found} == {journal, journal + 1}
