"""Job output is copied by offset: twice is once, gaps are not made, old ones are forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from store_world import new

from pipeline.store import logs as module
from pipeline.store.logs import Logs
from pipeline.store.records import JobRow, LogRow
from pipeline.store.tables import ReleaseRow

JOB = "r1-build-1"


@pytest.fixture
def logs(sessions, ledger):
    made = Logs(sessions)
    release_id = ledger.submit(new(), "tom")
    for _ in range(2):
        made.begin(JOB, release_id, "build", 1)
    return made


def test_pieces_come_back_as_one(logs):
    assert logs.append(JOB, 0, b"hello ") == 6
    assert logs.append(JOB, 6, b"world") == 11

    assert logs.read(JOB, 0) == b"hello world"
    assert logs.read(JOB, 3, 5) == b"lo wo"
    assert logs.read(JOB, 11) == b""
    assert logs.size(JOB) == 11


@pytest.mark.parametrize(
    ("offset", "data", "whole"),
    [
        pytest.param(0, b"hello", b"hello", id="twice"),
        pytest.param(0, b"hello wor", b"hello wor", id="longer"),
        pytest.param(3, b"lo!", b"hello!", id="overlapping"),
        pytest.param(2, b"l", b"hello", id="within"),
        pytest.param(9, b"gap", b"hello", id="gap"),
    ],
)
def test_two_who_copy_the_same_log_do_not_disturb_each_other(logs, offset, data, whole):
    logs.append(JOB, 0, b"hello")

    assert logs.append(JOB, offset, data) == len(whole)
    assert logs.read(JOB, 0) == whole


def test_a_large_piece_is_read_from_anywhere(logs):
    data = bytes(range(256)) * 1000
    logs.append(JOB, 0, data)

    assert logs.read(JOB, 0, len(data)) == data
    assert logs.read(JOB, 65_530, 20) == data[65_530:65_550]
    assert logs.read(JOB, 200_001, 7) == data[200_001:200_008]


def test_what_is_too_long_ends_with_a_word_about_it_and_copying_goes_on(logs, sessions):
    step = 8 * 1024 * 1024
    for offset in range(0, module.LARGEST + step, step):
        logs.append(JOB, offset, b"x" * step)

    assert logs.size(JOB) == module.LARGEST + step
    assert logs.read(JOB, module.LARGEST - 3) == b"xxx" + module.CUT


def test_a_log_is_open_until_its_job_has_ended(logs, sessions):
    assert logs.open() == (JOB,)
    logs.end(JOB, "failed", "exit code 3")
    logs.end(JOB, "done")

    with sessions.reading() as session:
        row = session.get_one(JobRow, JOB)
    assert logs.open() == ()
    assert (row.state, row.why) == ("failed", "exit code 3")


def test_output_of_releases_that_ended_long_ago_is_forgotten(logs, sessions):
    logs.append(JOB, 0, b"hello")
    assert logs.tidy() == 0
    with sessions.writing() as session:
        session.execute(update(ReleaseRow).values(ended_at=sessions.now(session) - timedelta(days=91)))

    assert logs.tidy() == 1
    with sessions.reading() as session:
        assert session.scalar(select(func.count()).select_from(LogRow)) == 0
