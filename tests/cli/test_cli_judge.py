"""`sluice judge`: recorded counts, judged without any server."""

import json

import pytest

HEAD = "t,canary_requests,canary_bad,stable_requests,stable_bad\n"


def trace(ticks: int, tick: str) -> str:
    return "".join(f"{5 * number},{tick}\n" for number in range(1, ticks + 1))


@pytest.fixture
def judge(nobody):
    """`judge(text, "--json")` judges a file with this content."""

    def of(text: str, *words: str):
        (nobody.folder / "counts.csv").write_text(text)
        return nobody("judge", "counts.csv", *words)

    return of


def test_it_says_the_verdict_with_its_time_and_the_planned_waits(judge):
    said = judge(HEAD + trace(40, "50,0,950,1"))

    assert said.exit_code == 0
    lines = said.output.splitlines()
    assert len(lines) == 1 + 40 + 3
    assert "promote at " in lines[-3]
    assert "canary 0 of 2,000 bad, stable 40 of 38,000" in lines[-3]
    assert lines[-2].startswith("  planned: about 96 seconds to promote a canary like stable")
    assert "to catch one that fails twice as often" in lines[-1]


def test_as_json_it_is_one_object_a_line_and_the_first_verdict_stays(judge):
    said = judge(HEAD + trace(3, "50,0,950,1") + "20,50,9,950,1\n25,50,0,950,1\n", "--json")

    found = [json.loads(line) for line in said.output.splitlines()]
    assert [set(one) for one in found] == [{"series", "t", "harm", "not_worse", "verdict"}] * 5
    assert [one["verdict"] for one in found] == [None, None, None, "roll back", "roll back"]
    assert found[3]["harm"] > 100 > found[2]["harm"]
    assert [one["t"] for one in found] == [5, 10, 15, 20, 25]


def test_several_series_in_one_file_are_judged_apart_also_when_mixed(judge):
    mixed = "series," + HEAD
    for number in range(1, 30):
        mixed += f"good,{5 * number},50,0,950,1\nbad,{5 * number},50,4,950,1\n"

    said = judge(mixed, "--json")

    last = {one["series"]: one["verdict"] for one in map(json.loads, said.output.splitlines())}
    assert last == {"good": "promote", "bad": "roll back"}


def test_pods_are_judged_as_pods_unless_requests_are_asked_for(judge, nobody):
    text = "pod," + HEAD
    for number in range(1, 61):
        burst = 150 if number in (7, 8) else 0
        text += f"c,{10 * number},500,{burst},,\n"
        text += "".join(f"s{pod},{10 * number},,,500,1\n" for pod in range(9))
    (nobody.folder / "requests.yaml").write_text("unit: request\n")

    by_pod = [json.loads(line)["harm"] for line in judge(text, "--json").output.splitlines()]
    by_request = [
        json.loads(line)["harm"] for line in judge(text, "--json", "--judge", "requests.yaml").output.splitlines()
    ]

    assert max(by_pod) < 100 < max(by_request)


@pytest.mark.parametrize(
    "text",
    [
        "errors: {margin: 5pp}",
        "judge: {errors: {margin: 5pp}}",
        "app: a\nserve: {run: x}\nwaves: [{clusters: [a]}]\njudge: {errors: {margin: 5pp}}",
    ],
)
def test_the_settings_are_the_judge_part_of_a_definition(judge, nobody, text):
    (nobody.folder / "judge.yaml").write_text(text)
    trace_ = HEAD + trace(8, "50,0,950,1")

    assert "undecided" in judge(trace_).output
    assert "promote at" in judge(trace_, "--judge", "judge.yaml").output


def test_settings_that_are_wrong_are_told_with_their_place(judge, nobody):
    (nobody.folder / "judge.yaml").write_text("errors: {margni: 5pp}\n")

    said = judge(HEAD + trace(1, "50,0,950,1"), "--judge", "judge.yaml")

    assert said.exit_code == 2
    assert "judge.yaml:1:10" in said.stderr
    assert 'did you mean "margin"?' in said.stderr


def test_a_wait_that_cannot_end_in_time_is_said(judge):
    said = judge(HEAD + trace(40, "1,0,19,0"))

    assert "longer than the deadline of 30 minutes" in said.output
    assert "a larger share for the canary" in said.output


@pytest.mark.parametrize(
    ("rows", "line", "what"),
    [
        ("x,1,0,1,0\n", 2, "t is 'x', which is no number of seconds"),
        ("nan,1,0,1,0\n", 2, "no number of seconds"),
        ("5,1,0,1,0\n10,-1,0,1,0\n", 3, "canary_requests is '-1', which is no number of requests"),
        ("5,1,0,1.5,0\n", 2, "stable_requests is '1.5'"),
        ("5,1,0,,0\n", 2, "stable_requests is 'empty'"),
        ("5,1,0,inf,0\n", 2, "stable_requests is 'inf'"),
        ("5,1,2,9,0\n", 2, "canary_bad is 2, but there were 1 requests"),
        ("5,1,0,9\n", 2, "4 cells, but 5 columns"),
        ("5,1,0,9,0\n\n4,1,0,9,0\n", 4, "t is 4, which is before the 5 above it"),
        ("5,1,0,9,0\n5,1,0,9,0\n", 3, "a second row for t = 5"),
    ],
)
def test_a_bad_row_is_named_by_its_line(judge, rows, line, what):
    said = judge(HEAD + rows)

    assert said.exit_code == 2
    assert f"counts.csv:{line}: " in said.output
    assert what in said.output
    assert "nothing was judged" in said.output


def test_only_the_first_twenty_bad_rows_are_told(judge):
    said = judge(HEAD + "x,1,0,1,0\n" * 31)

    assert "31 bad rows" in said.output
    assert "… and 11 more" in said.output


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "counts.csv is empty"),
        ("t,canary_requests\n", "counts.csv:1: the column canary_bad is missing"),
        (HEAD, "has no rows"),
        ('"t,' + HEAD, "is no CSV file"),
    ],
)
def test_a_file_without_counts_is_refused(judge, text, what):
    said = judge(text)

    assert said.exit_code == 2
    assert what in said.output


def test_a_file_that_is_not_there_or_no_text_is_a_mistake_of_the_caller(nobody):
    (nobody.folder / "counts.csv").write_bytes(b"t,\xff\n")

    assert "cannot be read: No such file" in nobody("judge", "none.csv").output
    assert "it is no UTF-8 text" in nobody("judge", "counts.csv").output


def test_windows_of_pods_need_a_column_of_pods(judge, nobody):
    (nobody.folder / "judge.yaml").write_text("unit: pod-window\n")

    said = judge(HEAD + trace(1, "50,0,950,1"), "--judge", "judge.yaml")

    assert said.exit_code == 2
    assert "has no column pod" in said.output


def test_a_count_may_be_written_as_a_program_writes_it(judge):
    assert judge(HEAD.replace("\n", "\r\n") + "5.0,50.0,0.0,9e2,1\r\n").exit_code == 0
