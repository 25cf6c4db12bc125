"""Old samples go, fresh ones stay, and the write-ahead log shrinks."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update
from store_world import make_due, new, ruled, well

from pipeline.decision import Finish, Ruling
from pipeline.facts import Count, Reading
from pipeline.states import Reason, State
from pipeline.store.housekeeping import tidy
from pipeline.store.records import CaseRow, SampleRow
from pipeline.store.tables import ReleaseRow


def ended_with_a_sample(ledger, sessions, commit):
    release_id = ledger.submit(new(commit * 40), "tom")
    make_due(sessions, release_id)
    lease = ledger.claim(release_id)
    release = ledger.load(lease)
    reading = Reading(release.read_at, "az1", 50, Count("a", 100, 1), None)
    facts = replace(well(release), readings=(reading,))
    ledger.settle(lease, release, facts, ruled(Ruling(Finish(State.ROLLED_BACK, "no", Reason.FAILED))))
    with sessions.writing() as session:
        session.add(CaseRow(release_id=release_id, cluster="az1", case_json="{}"))
    return release_id


def test_samples_of_releases_that_ended_long_ago_are_forgotten_and_what_was_made_of_them(ledger, sessions):
    old, fresh = (ended_with_a_sample(ledger, sessions, commit) for commit in "ab")
    with sessions.writing() as session:
        ago = sessions.now(session) - timedelta(days=91)
        session.execute(update(ReleaseRow).where(ReleaseRow.id == old).values(ended_at=ago))

    assert (tidy(sessions), tidy(sessions)) == (1, 0)
    with sessions.reading() as session:
        for row in (SampleRow, CaseRow):
            assert session.scalars(select(row.release_id)).all() == [fresh]


def test_the_write_ahead_log_shrinks_to_nothing(ledger, sessions):
    ended_with_a_sample(ledger, sessions, "a")
    tidy(sessions)

    if sessions.engine.dialect.name == "sqlite":
        log = Path(f"{sessions.engine.url.database}-wal")
        assert log.stat().st_size == 0
