"""Accounts, sessions and tokens: valid while they should be, and no longer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from pipeline.errors import Refused
from pipeline.store.access import Access, NewToken
from pipeline.store.people import People
from pipeline.store.records import TokenRow, WebSessionRow
from pipeline.store.tables import EventRow

DAY = timedelta(days=1)


@pytest.fixture
def people(sessions):
    made = People(sessions)
    made.first_admin("root", "hash", "Root@Example.org")
    made.add("mia", "release manager", "hash", email="mia@example.org", actor="root")
    return made


@pytest.fixture
def access(sessions, people):
    return Access(sessions)


def test_there_is_one_first_admin_however_many_come_at_once(sessions):
    people = People(sessions)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda number: people.first_admin(f"admin{number}", "hash"), range(8)))

    assert sum(made) == 1
    assert len(people.all()) == 1
    assert not people.first_admin("late", "hash")


def test_a_name_is_given_once(people):
    with pytest.raises(Refused, match="already"):
        people.add("mia", "viewer", "hash", actor="root")


def test_an_account_is_found_with_its_groups(people):
    assert people.find("mia").groups == {"release-managers"}
    assert people.find("nobody") is None
    assert [account.name for account in people.all()] == ["mia", "root"]


def test_authors_are_matched_by_address_in_any_case_or_by_name_and_unknown_ones_match_nobody(people):
    assert people.match({"root@example.ORG", "ghost@example.org"}) == {"root"}
    assert people.match({"", "x"}, {"mia", ""}) == {"mia"}
    assert people.match(set()) == frozenset()


def test_somebody_always_stays_admin(people):
    for change in ({"role": "viewer"}, {"disabled": True}):
        with pytest.raises(Refused, match="Nobody would be admin"):
            people.change("root", actor="root", **change)
    people.change("mia", actor="root", role="admin")
    people.change("root", actor="mia", disabled=True)
    assert people.find("root").disabled


def test_what_changed_about_whom_is_in_the_journal_without_the_password(people, sessions):
    people.change("mia", actor="root", role="developer", password_hash="secret-hash")

    with sessions.reading() as session:
        last = session.scalars(select(EventRow).order_by(EventRow.id.desc())).first()
    assert (last.kind, last.actor) == ("account", "root")
    assert "developer" in last.payload_json
    assert "secret-hash" not in last.payload_json


def test_a_session_lasts_until_it_is_over_or_ended(access, sessions):
    access.sign_in("mia", "id-1", "csrf-1", DAY)
    assert (access.signed_in("id-1").account.name, access.signed_in("id-1").csrf) == ("mia", "csrf-1")
    assert access.signed_in("id-2") is None

    with sessions.writing() as session:
        session.execute(update(WebSessionRow).values(expires_at=sessions.now(session)))
    assert access.signed_in("id-1") is None

    access.sign_in("mia", "id-2", "csrf-2", DAY)
    access.sign_out("id-2")
    assert access.signed_in("id-2") is None
    with sessions.reading() as session:
        assert session.scalars(select(WebSessionRow)).all() == []


@pytest.mark.parametrize("change", [{"password_hash": "new"}, {"role": "viewer"}, {"disabled": True}])
def test_a_change_of_what_one_may_ends_the_sessions(access, people, change):
    access.sign_in("mia", "id-1", "csrf", DAY)
    people.change("mia", actor="root", **change)

    assert access.signed_in("id-1") is None


def test_a_change_of_address_ends_no_session(access, people):
    access.sign_in("mia", "id-1", "csrf", DAY)
    people.change("mia", actor="root", email="new@example.org")

    assert access.signed_in("id-1").account.email == "new@example.org"


def a_token(**changes):
    return NewToken(**{"account": "mia", "name": "ci", "prefix": "abc", "hash": "h", "scopes": frozenset({"read"}),
                       "lasts": DAY, **changes})  # fmt: skip


def test_a_token_acts_for_its_account(access):
    access.issue(a_token(), actor="mia")
    seen = access.token("abc")

    assert (seen.account.name, seen.hash, seen.scopes, seen.last_used) == ("mia", "h", {"read"}, None)
    access.used(seen)
    assert access.token("abc").last_used is not None
    assert access.token("xyz") is None


def test_a_token_that_is_over_revoked_or_of_a_disabled_account_is_none(access, people, sessions):
    first = access.issue(a_token(), actor="mia")
    access.revoke(first, actor="root")
    assert access.token("abc") is None
    with pytest.raises(Refused, match="no valid token"):
        access.revoke(first, actor="root")

    access.issue(a_token(prefix="def"), actor="mia")
    assert [token.prefix for token in access.tokens("mia")] == ["def"]
    people.change("mia", actor="root", disabled=True)
    assert access.token("def") is None
    people.change("mia", actor="root", disabled=False)
    with sessions.writing() as session:
        session.execute(update(TokenRow).values(expires_at=sessions.now(session)))
    assert access.token("def") is None


@pytest.mark.parametrize("lasts", [timedelta(days=91), timedelta(0), -DAY])
def test_a_token_lasts_ninety_days_at_most(access, lasts):
    with pytest.raises(Refused, match="up to 90 days"):
        access.issue(a_token(lasts=lasts), actor="mia")
