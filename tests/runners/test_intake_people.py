"""Whose work a commit is, and releases that people ask for themselves."""

import pytest

from runners.intake import API
from tests.runners.fake_world import Office
from tests.runners.reports import commit, deliver, github, releases

SECRET = "$argon2id$v=19$not-a-real-hash"


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


@pytest.fixture
def known(office):
    """Two people of this installation."""
    office.desk.people.first_admin("root", SECRET)
    office.desk.people.add("lena", "developer", SECRET, email="Lena@Example.org", actor="root")
    office.desk.people.add("diego", "release manager", SECRET, email="diego@example.org", actor="root")
    return office


def test_the_author_is_found_by_address_and_the_pusher_by_name(known):
    head = commit(known, "v1", by="lena@example.org")

    release_id, _ = deliver(known, github(head, pusher={"name": "diego"}))

    assert known.row(release_id).authors == {"lena", "diego"}


def test_a_commit_of_nobody_known_has_no_author_here(known):
    head = commit(known, "v1", by="stranger@example.org")

    assert known.row(deliver(known, github(head, pusher={"name": "stranger"}))[0]).authors == frozenset()


def wish(**about):
    """What the API writes for a person who asks for a release."""
    return {"app": "shop", "who": "lena", "key": "k1", "reason": "", **about}


def test_a_person_may_ask_for_the_head_of_the_branch_and_counts_as_its_author(known):
    commit(known, "v1", by="stranger@example.org")

    release_id, answer = deliver(known, wish(), API)

    assert answer == ("done", f"R-{release_id}")
    assert known.row(release_id).authors == {"lena"}


def test_a_release_that_begins_with_its_tests_brings_the_image_that_was_built(known):
    head, image = commit(known, "v1"), "sha256:" + "b" * 64
    first, _ = deliver(known, github(head))
    again, _ = deliver(known, wish(commit=head, again=first, key=f"again {first}", digest=image), API)

    assert known.row(again).digest == image
    assert known.row(again).at == 0


def test_asking_for_a_known_commit_again_is_a_release_of_its_own_and_asking_twice_is_once(known):
    head = commit(known, "v1")
    first, _ = deliver(known, github(head))
    commit(known, "v2")

    again, _ = deliver(known, wish(commit=head, again=first, key=f"again {first}"), API)

    assert again != first
    assert known.row(again).commit == head
    assert deliver(known, wish(commit=head, again=first, key=f"again {first}"), API)[0] is None
    assert releases(known) == ["v1", "v1"]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"app": "till"}, "till is no app of this installation"),
        ({"app": ["shop"]}, "is no app of this installation"),
        ({"commit": "--output=x"}, "is no full commit hash"),
        ({"commit": "f" * 40}, "is not in the mirror"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_rejected_with_the_reason(known, about, why):
    commit(known, "v1")

    release_id, (state, reason) = deliver(known, wish(**about), API)

    assert (release_id, state) == (None, "rejected")
    assert why in reason
