"""Saying the same twice is saying it once."""

import pytest
from sqlalchemy import func, select
from store_world import CONFIGURED, new, step

from pipeline.store.ledger import Ledger
from pipeline.store.tables import AskedRow, VoteRow


@pytest.fixture
def ledger(sessions):
    made = Ledger(sessions)
    made.configure(CONFIGURED)
    return made


@pytest.fixture
def tested(ledger):
    """A release that waits for its approval."""
    release_id = ledger.submit(new(), "tom")
    step(ledger, release_id)
    return release_id


def _rows(sessions, table):
    with sessions.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_vote_given_twice_is_one_vote(ledger, tested, sessions):
    first = ledger.vote(tested, "mia", yes=True)
    second = ledger.vote(tested, "mia", yes=True)

    assert (first, second) == (True, False)
    assert _rows(sessions, VoteRow) == 1


def test_a_person_may_think_again(ledger, tested, sessions):
    said = [ledger.vote(tested, "mia", yes=yes) for yes in (True, False, True)]

    assert said == [True, True, True]
    assert _rows(sessions, VoteRow) == 3


def test_votes_of_two_people_are_two_votes(ledger, tested, sessions):
    assert ledger.vote(tested, "mia", yes=True)
    assert ledger.vote(tested, "lena", yes=True)


def test_an_order_given_twice_is_one_order(ledger, tested, sessions):
    first = ledger.ask(tested, "promote", "mia", reason="now")
    second = ledger.ask(tested, "promote", "lena", reason="now, please")

    assert (first, second) == (True, False)
    assert _rows(sessions, AskedRow) == 1


def test_pause_resume_pause_are_three_orders(ledger, tested, sessions):
    assert [ledger.ask(tested, verb, "mia") for verb in ("pause", "resume", "pause")] == [True, True, True]
