"""The unit of an app, from a terminal: shown as it was chosen, and chosen anew."""

import json
from datetime import UTC, datetime
from threading import Thread

import pytest

from pipeline.judge.choosing import Choice, Trial
from pipeline.store import units
from pipeline.store.units import Units
from tests.runners.until import until

CHOICE = Choice(
    datetime(2026, 11, 24, 3, tzinfo=UTC),
    0.01,
    7200.0,
    "pod-window",
    10.0,
    trials=(Trial("request", 30.0, 9, 3), Trial("pod-window", 10.0, 200, 1)),
)


@pytest.fixture
def chosen(here):
    with here.sessions.writing() as session:
        units._keep(session, "shop", CHOICE, here.sessions.now(session))


def test_it_is_shown_with_the_trial_of_each_unit(terminal, chosen):
    said = terminal("vera")("unit", "show", "shop").output.splitlines()

    assert said[0].startswith("shop: pod by pod in windows of 10 s, since a replay of its history on 2026-11-24 took")
    assert said[2].split() == ["request", "9", "3", "spent"]
    assert said[3].split() == ["pod-window", "10", "s", "200", "1", "kept"]
    assert said[4] == "Chosen 2026-11-24 03:00 UTC from 2.0 h of history."


def test_programs_get_it_as_data(terminal, chosen):
    found = json.loads(terminal("vera")("unit", "show", "shop", "--json").output)

    assert (found["unit"], found["window"], len(found["trials"])) == ("pod-window", 10.0, 2)


def test_it_is_chosen_anew_by_the_sweeper_and_then_shown(terminal, chosen, here):
    known = Units(here.sessions)

    def sweep() -> None:
        until(lambda: known.due(["shop"]), "somebody asked")
        known.choose("shop")

    sweeper = Thread(target=sweep)
    sweeper.start()
    said = terminal("dan")("unit", "choose", "shop").output
    sweeper.join()

    assert said.startswith("shop: undecided, since its history is too short to choose by")


def test_who_may_not_is_told_so(terminal, chosen):
    said = terminal("vera")("unit", "choose", "shop")

    assert said.exit_code != 0
    assert "role" in said.output
