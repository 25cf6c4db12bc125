"""Past canaries judged once more, from a terminal: by their own settings and by others."""

import json
from pathlib import Path

import pytest

from cli.outcome import other_rules
from pipeline.judge.compare import RULES
from pipeline.store.pages import told
from tests.web.stories import shops_past

STRICT = "judge: {errors: {margin: 0.1pp}}\n"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every test begins with a copy of these three releases."""
    return shops_past(tmp_path_factory.mktemp("past"))


def judged(terminal, *words: str):
    return json.loads(terminal("vera")(*words, "--json").output)


def test_a_good_release_might_have_left_each_share_in_time(terminal):
    said = terminal("vera")("replay", "R-2").output.splitlines()

    assert said[0] == "R-2 shop 1.1.0, live"
    assert said[1].split() == ["CLUSTER", "SHARE", "AS", "IT", "WAS", "SET"]
    assert [line.split()[:2] for line in said[2:5]] == [["az1", "10"], ["az1", "25"], ["az1", "50"]]
    assert all("enough to go on after" in line for line in said[2:])


def test_a_bad_release_is_taken_back_where_it_was(terminal, here):
    found = judged(terminal, "replay", "3")["as_set"]["az1"]
    with here.sessions.reading() as session:
        undone = next(event for event in told(session, here.sessions.now(session), 3).events if event.kind == "undo")

    assert [stay["percent"] for stay in found] == [10]
    assert found[0]["harmed"]["at"] == undone.at.isoformat()


def test_other_settings_stand_beside_its_own(terminal):
    Path("strict.yaml").write_text(STRICT)
    said = terminal("vera")("replay", "R-2", "--judge", "strict.yaml").output

    assert "BY strict.yaml" in said.splitlines()[1]
    assert "not enough to go on in" in said
    assert "Only what was recorded is known" in said


def test_only_other_rules_are_named(terminal):
    assert "version" not in terminal("vera")("replay", "2").output
    assert other_rules(None) == ""
    assert other_rules(RULES + 1).startswith(f"It was judged by version {RULES + 1} of the rules")


def test_a_first_version_has_nothing_to_be_judged_by(terminal):
    said = terminal("vera")("replay", "R-1").output

    assert "Nothing was recorded that could be judged" in said


def test_a_backtest_prints_what_would_change_and_both_sums(terminal):
    Path("strict.yaml").write_text(STRICT)
    said = terminal("vera")("backtest", "--judge", "strict.yaml").output
    found = judged(terminal, "backtest", "--judge", "strict.yaml")

    assert said.startswith("2 judged canaries since ")
    assert "R-2" in said
    assert "R-3" not in said
    assert "None" not in said
    assert [one["release"] for one in found["changed"]] == [2]
    assert found["as_set"] | {"median_wait": None} == {
        "rolled_back": 1,
        "went_on": 1,
        "not_enough": 0,
        "median_wait": None,
    }
    assert found["by_file"]["not_enough"] == 1
    assert found["by_file"]["rolled_back"] == 1


def test_a_backtest_looks_back_as_far_as_asked(terminal):
    Path("same.yaml").write_text("judge: {errors: {margin: 2pp}}\n")

    assert judged(terminal, "backtest", "--judge", "same.yaml", "--since", "30m")["judged"] == 0
    assert judged(terminal, "backtest", "--judge", "same.yaml", "--since", "2h")["judged"] == 2
    assert judged(terminal, "backtest", "--judge", "same.yaml", "--app", "cart")["judged"] == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("replay", "R-2", "--judge", "none.yaml"), "none.yaml cannot be read"),
        (("replay", "R-2", "--judge", "bad.yaml"), "bad.yaml:1"),
        (("backtest", "--judge", "good.yaml", "--since", "long ago"), "write it like 90d"),
        (("backtest",), "Missing option '--judge'"),
        (("replay", "R-9"), "R-9"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(terminal, words, why):
    Path("bad.yaml").write_text("judge: {alpha: 100}\n")
    Path("good.yaml").write_text("judge: {}\n")
    said = terminal("vera")(*words)

    assert said.exit_code != 0
    assert why in said.output
