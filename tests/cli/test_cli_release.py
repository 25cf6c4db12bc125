"""Looking at releases and moving them, from a terminal."""

import json

import pytest

from pipeline.decision import Hold
from pipeline.store.logs import Logs
from web.face import Face


def keep_log(here: Face, number: int, output: bytes) -> None:
    """The release has a build that has ended with this output."""
    logs = Logs(here.sessions)
    logs.begin(f"r{number}-build-1", number, "build", 1)
    logs.append(f"r{number}-build-1", 0, output)
    logs.end(f"r{number}-build-1", "done")


def test_without_a_release_the_list_says_how_to_make_one(terminal):
    said = terminal("vera")("release", "list")

    assert "sluice release start" in said.output
    assert said.exit_code == 0


def test_the_list_shows_the_newest_first(terminal, lives):
    lives.rolled_back(), lives.canary(subject="Sell more")

    lines = terminal("vera")("release", "list").output.splitlines()

    assert [line.split()[0] for line in lines] == ["RELEASE", "R-2", "R-1"]
    assert "Sell more" in lines[1]
    assert "rolled back" in lines[2]


def test_the_list_is_narrowed_by_state_and_told_as_json(terminal, lives):
    lives.rolled_back(), lives.canary()

    found = json.loads(terminal("vera")("release", "list", "--state", "running", "--json").output)

    assert [one["id"] for one in found["releases"]] == [2]


def test_a_release_shows_where_it_stands_its_plan_and_what_one_may_do(terminal, lives):
    number = lives.canary(subject="Sell more")

    said = terminal("mia")("release", "show", f"R-{number}").output

    assert "R-1 shop v1  Sell more" in said
    assert "Canary on az1 at 10 %" in said
    assert "✓ build" in said
    assert "● canary on az1 through 10 %, 50 %, now at 10 %" in said
    assert "You may: pause, promote, rollback, cancel." in said


def test_the_story_is_told_in_the_words_of_the_api(terminal, lives):
    number = lives.canary()
    told = json.loads(terminal("vera")("release", "explain", str(number), "--json").output)

    said = terminal("vera")("release", "explain", str(number)).output

    assert said.splitlines() == told["lines"]
    assert said.startswith("R-1 is shop v1, commit 0000000.")


def test_text_of_others_cannot_steer_the_terminal(terminal, lives):
    number = lives.canary(subject="\x1b[2J\x1b]0;owned\x07Harmless")

    said = terminal("vera")("release", "show", str(number)).output

    assert "\x1b" not in said
    assert "\x07" not in said
    assert "Harmless" in said


@pytest.mark.parametrize(("fate", "code"), [("live", 0), ("rolled_back", 1)])
def test_watching_ends_with_the_release_and_tells_how_it_went(terminal, lives, fate, code):
    number = getattr(lives, fate)()

    said = terminal("vera")("release", "watch", str(number))

    assert said.exit_code == code
    assert "Tests start." in said.output


def test_watching_until_somebody_is_needed_ends_with_3(terminal, lives):
    number = lives.waiting()
    lives.decide(number, Hold("Waits for approval: 0 of 2", "Release managers can approve"))

    said = terminal("vera")("release", "watch", str(number), "--until", "waiting")

    assert said.exit_code == 3
    assert "Release managers can approve" in said.output


def test_watching_no_longer_than_asked_ends_with_3(terminal, lives):
    number = lives.waiting()

    said = terminal("vera")("release", "watch", str(number), "--timeout", "0")

    assert said.exit_code == 3
    assert "has not ended yet" in said.output


def test_what_is_watched_can_be_read_by_programs(terminal, lives):
    number = lives.rolled_back()

    lines = terminal("vera")("release", "watch", str(number), "--json").output.splitlines()

    assert json.loads(lines[0])["kind"] == "submit"
    assert json.loads(lines[-1])["state"] == "rolled back"


@pytest.mark.parametrize(("fate", "code"), [("live", 0), ("canary", 0), ("rolled_back", 1), ("halted", 3)])
def test_the_exit_code_tells_where_a_release_stands(terminal, lives, fate, code):
    number = getattr(lives, fate)()

    assert terminal("vera")("release", "show", str(number), "--exit-status").exit_code == code
    assert terminal("vera")("release", "show", str(number)).exit_code == 0


def test_a_release_that_is_not_there_is_named(terminal):
    said = terminal("vera")("release", "show", "77")

    assert said.exit_code == 1
    assert "There is no release R-77." in said.output


def test_approving_says_yes_to_what_is_there(terminal, lives, here):
    number = lives.waiting()

    said = terminal("mia")("release", "approve", str(number), "--comment", "Fine")

    assert said.exit_code == 0, said.output
    assert "You approved R-1." in said.output
    assert "already" in terminal("mia")("release", "approve", str(number), "--comment", "Fine").output


def test_approving_another_image_than_the_named_one_says_nothing(terminal, lives):
    number = lives.waiting()

    said = terminal("mia")("release", "approve", str(number), "--digest", "sha256:eeee")

    assert said.exit_code == 1
    assert "nothing was said about it" in said.output
    assert terminal("mia")("release", "approve", str(number), "--digest", "dddd").exit_code == 0


def test_who_may_not_approve_is_told_why(terminal, lives):
    number = lives.waiting()

    said = terminal("dan")("release", "approve", str(number))

    assert said.exit_code == 4
    assert "release-managers" in said.output


def test_a_verb_that_is_not_possible_now_fails(terminal, lives):
    number = lives.canary()

    said = terminal("mia")("release", "resume", str(number))

    assert said.exit_code == 1
    assert "neither paused nor halted" in said.output


def test_pausing_needs_a_reason(terminal, lives):
    number = lives.canary()

    assert terminal("mia")("release", "pause", str(number)).exit_code == 2
    assert terminal("mia")("release", "pause", str(number), "--reason", "Lunch").exit_code == 0
    assert terminal("mia")("release", "resume", str(number)).exit_code == 0


def test_rolling_back_is_asked_for(terminal, lives, here):
    number = lives.canary()

    said = json.loads(terminal("dan")("release", "rollback", str(number), "--json").output)

    assert said["action"] == "rollback"
    assert said["new"] is True


def test_a_token_for_reading_moves_nothing(terminal, lives):
    number = lives.canary()

    said = terminal("mia", "read")("release", "cancel", str(number))

    assert said.exit_code == 4
    assert "scope operate" in said.output


def test_the_log_of_a_step_plays_no_tricks_and_has_colours_only_for_those_who_look(terminal, lives, here):
    number = lives.rolled_back()
    keep_log(here, number, b"\x1b[32mgreen\x1b[0m\x1b[2J\nwhole\n")

    said = terminal("vera")("release", "log", str(number), "--step", "build").output

    assert said == "green\nwhole\n"


def test_all_logs_come_one_after_the_other(terminal, lives, here):
    number = lives.rolled_back()
    keep_log(here, number, b"built\n")

    assert "── build \nbuilt\n" in terminal("vera")("release", "log", str(number)).output


def test_a_log_that_is_not_there_is_named(terminal, lives):
    number = lives.rolled_back()

    said = terminal("vera")("release", "log", str(number), "--step", "build")

    assert said.exit_code == 1
    assert "R-1 has no log of a step build yet." in said.output
