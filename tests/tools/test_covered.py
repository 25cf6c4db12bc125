"""tools/covered tells of each place in the rules where no test has been."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "covered"
RULE = """\
def words(shape):
    match shape:
        case Circle():
            return "round"

class Shape(Protocol):
    def area(self):
        ...
"""


@pytest.fixture
def told(tmp_path):
    def tell(**missing):
        rule, report = tmp_path / "rule.py", tmp_path / "report"
        rule.write_text(RULE)
        seen = {"missing_lines": [], "missing_branches": [], **missing}
        report.write_text(json.dumps({"files": {str(rule): seen}}))
        ended = subprocess.run([sys.executable, TOOL, report], capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout.replace(str(rule), "rule.py")

    return tell


def test_nothing_is_said_where_tests_have_been_everywhere(told) -> None:
    assert told() == (0, "")


def test_a_line_that_never_ran_is_told(told) -> None:
    assert told(missing_lines=[4]) == (1, "rule.py:4: never run\n")


def test_a_branch_that_was_never_taken_is_told(told) -> None:
    assert told(missing_branches=[[2, 4]]) == (1, "rule.py:2: never goes to line 4 from here\n")


def test_a_way_out_that_was_never_taken_is_told(told) -> None:
    assert told(missing_branches=[[4, 0]]) == (1, "rule.py:4: never goes to the end from here\n")


def test_nobody_has_to_run_an_empty_body_or_pass_a_match_over_a_union(told) -> None:
    assert told(missing_lines=[8], missing_branches=[[2, 0]]) == (0, "")
