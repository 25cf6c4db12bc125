"""By which unit an app can be judged: chosen from what is recorded, written down, and chosen anew each night."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from store_world import make_due, new, ruled, well

from pipeline.decision import Finish, Ruling
from pipeline.facts import PodCount
from pipeline.judge.choosing import LIFE
from pipeline.states import Reason, State
from pipeline.store.records import UnitRow
from pipeline.store.tables import EventRow
from pipeline.store.units import HOUR, Units, history, tonight
from tests.rules.judge.pods import Arms, named

SECONDS = int(LIFE) + 10
PODS = Arms(named("c", 1), named("s", 3), lambda second, pod: (10, int(second % 50 == int(pod[1:]))))


@pytest.fixture
def units(sessions):
    return Units(sessions)


def recorded(ledger, sessions, commit, state, seconds=SECONDS, reason=None):
    """A release whose pods were read each fifth second, and that has ended."""
    release_id = ledger.submit(new(commit * 40), "tom")
    make_due(sessions, release_id)
    lease = ledger.claim(release_id)
    release = ledger.load(lease)
    facts = replace(well(release), readings=tuple(PODS.readings(seconds)[::5]))
    ledger.settle(lease, release, facts, ruled(Ruling(Finish(state, "so", reason))))
    return release_id


def kinds(sessions):
    with sessions.reading() as session:
        return list(session.scalars(select(EventRow.kind).where(EventRow.release_id == 0).order_by(EventRow.id)))


def test_pods_come_back_from_the_database_as_they_were_read(ledger, sessions):
    recorded(ledger, sessions, "a", State.LIVE, 60)

    with sessions.reading() as session:
        (found,) = history(session, "shop")
    assert found == PODS.readings(60)[::5]
    assert found[-1].pods[0] == PodCount("c0", True, 600, 1)


def test_an_app_without_history_is_asked_and_nothing_is_chosen(units):
    assert units.due(["shop"]) == ["shop"]
    assert units.of("shop").choice is None

    assert units.choose("shop").unit == ""

    known = units.of("shop")
    assert "nothing of the kind is recorded" in known.choice.why
    assert known.due == tonight(known.choice.at)
    assert units.due(["shop"]) == []


def test_what_was_chosen_comes_back_equal_and_is_in_the_journal_once(ledger, sessions, units):
    recorded(ledger, sessions, "a", State.LIVE)

    found = units.choose("shop")
    again = units.choose("shop")

    assert (found.unit, found.seconds) == ("request", SECONDS)
    assert units.of("shop").choice == again
    assert replace(again, at=found.at) == found
    assert kinds(sessions).count("unit") == 1


def test_only_releases_that_went_well_are_history(ledger, sessions, units):
    recorded(ledger, sessions, "a", State.ROLLED_BACK, reason=Reason.HARMED)

    assert units.choose("shop").seconds == 0


def test_a_person_has_it_chosen_now_and_that_is_written_down(sessions, units):
    units.choose("shop")
    units.ask("shop", "mia", "the counters are new")

    assert units.due(["shop", "cart"]) == ["cart", "shop"]
    assert kinds(sessions)[-1] == "choose"
    units.choose("shop")
    assert units.due(["shop"]) == []


def test_it_is_chosen_anew_in_the_night(sessions, units):
    known = units.choose("shop").at
    with sessions.reading() as session:
        due = session.get_one(UnitRow, "shop").due

    assert due.hour == HOUR
    assert timedelta(0) < due - known <= timedelta(days=1)
