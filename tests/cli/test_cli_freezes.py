"""Freezes from a terminal."""

import json
from datetime import datetime, timedelta

import pytest


def test_a_freeze_is_added_listed_and_lifted(terminal):
    mia = terminal("mia")

    assert mia("freeze", "add", "Sale", "--reason", "Black Friday", "--app", "shop").exit_code == 0
    listed = mia("freeze", "list").output
    number = listed.splitlines()[1].split()[0]

    assert "Black Friday" in listed
    assert "shop" in listed
    assert "its lifting" in listed
    assert mia("freeze", "lift", number, "--reason", "Over").exit_code == 0
    assert "No freeze holds" in mia("freeze", "list").output


def test_a_freeze_may_have_a_length(terminal):
    terminal("mia")("freeze", "add", "Sale", "--reason", "x", "--from", "2099-01-01T08:00Z", "--for", "2h")

    found = json.loads(terminal("mia")("freeze", "list", "--json").output)["freezes"][0]

    assert datetime.fromisoformat(found["ends"]) - datetime.fromisoformat(found["starts"]) == timedelta(hours=2)


def test_a_freeze_may_come_each_week(terminal):
    mia = terminal("mia")
    mia("freeze", "add", "Weekend", "--reason", "x", "--weekly", "Fri 16:00 - Mon 08:00", "--zone", "Europe/Berlin")

    assert "Fri 16:00 - Mon 08:00 Europe/Berlin" in mia("freeze", "list").output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--until", "tomorrow"), "is no time"),
        (("--until", "2099-01-01T08:00"), "has no zone"),
        (("--for", "long"), "is no length of time"),
        (("--until", "2099-01-01T08:00Z", "--for", "2h"), "not both"),
    ],
)
def test_a_time_that_is_none_is_a_mistake_of_the_caller(terminal, words, why):
    said = terminal("mia")("freeze", "add", "Sale", "--reason", "x", *words)

    assert said.exit_code == 2
    assert why in said.output


def test_a_developer_may_not_freeze(terminal):
    assert terminal("dan")("freeze", "add", "Sale", "--reason", "x").exit_code == 4
