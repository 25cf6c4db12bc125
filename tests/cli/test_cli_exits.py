"""The five exit codes, each met where it is promised."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.client import Away, Refusal
from cli.exits import EPILOG, SAYS, Exit
from cli.following import _patiently

ROOT = Path(__file__).parents[2]
TABLE = [
    ("vera", (), ("release", "list"), Exit.OK),
    ("vera", (), ("release", "show", "R-1", "--exit-status"), Exit.FAILED),
    ("vera", (), ("release", "watch", "1"), Exit.FAILED),
    ("vera", (), ("release", "watch", "2"), Exit.OK),
    ("vera", (), ("release", "watch", "3", "--timeout", "0"), Exit.WAITING),
    ("vera", (), ("release", "show", "4", "--exit-status"), Exit.WAITING),
    ("vera", (), ("release", "show", "99"), Exit.FAILED),
    ("vera", (), ("release", "show", "R-x"), Exit.USAGE),
    ("vera", (), ("release", "frobnicate", "1"), Exit.USAGE),
    ("vera", (), ("release", "list", "--state", "odd"), Exit.USAGE),
    ("mia", (), ("release", "pause", "3"), Exit.USAGE),
    ("mia", (), ("release", "pause", "3", "--reason", "Lunch"), Exit.OK),
    ("mia", (), ("release", "resume", "2"), Exit.FAILED),
    ("vera", (), ("release", "cancel", "3"), Exit.NOT_ALLOWED),
    ("mia", ("read",), ("release", "cancel", "3"), Exit.NOT_ALLOWED),
    ("mia", (), ("user", "list"), Exit.NOT_ALLOWED),
]


@pytest.mark.parametrize(("who", "scopes", "words", "code"), TABLE, ids=lambda value: str(value))
def test_a_command_ends_with_the_code_that_is_documented(terminal, lives, who, scopes, words, code):
    lives.rolled_back(), lives.live(), lives.waiting(), lives.halted()

    said = terminal(who, *scopes)(*words)

    assert said.exit_code == code, said.output


def test_every_code_is_in_the_help():
    assert set(SAYS) == set(Exit)
    assert all(f"  {code:d}  {says}" in EPILOG for code, says in SAYS.items())


def test_a_sluice_that_is_restarted_says_nothing_about_the_release():
    answers = iter([Away("away"), Away("away"), "live"])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, Away):
            raise answer
        return answer

    assert _patiently(look) == "live"


def test_a_refusal_is_no_reason_to_ask_again():
    def look() -> str:
        raise Refusal(404, "release.unknown", "There is no release R-9.")

    with pytest.raises(Refusal):
        _patiently(look)


def test_the_shell_completes_commands_and_releases(terminal, lives):
    lives.live(), lives.canary()
    known = terminal("vera").env

    def completes(line: str) -> list[str]:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
        env |= {"_SLUICE_COMPLETE": "bash_complete", **{name: value for name, value in known.items() if value}}
        done = subprocess.run([sys.executable, "-m", "cli"], env=env, capture_output=True, text=True, check=True)
        return [word.partition(",")[2] for word in done.stdout.split()]

    assert completes("sluice fr") == ["freeze"]
    assert completes("sluice release show R-") == ["R-2", "R-1"]
