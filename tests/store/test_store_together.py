"""Several processes at once: workers that steal each other's leases while people talk. Nothing is lost or torn."""

import multiprocessing
from contextlib import suppress

from sqlalchemy import func, select, text, update
from store_world import new, well

from pipeline.decide import decide
from pipeline.errors import Lost, Refused
from pipeline.facts import FreezeSpan
from pipeline.store import events
from pipeline.store.ledger import Ledger
from pipeline.store.session import open_database
from pipeline.store.tables import AskedRow, CrossingRow, EventRow, ReleaseRow

RELEASES = 3
ROUNDS = 40


def _work(url):
    """A worker that claims whatever it can, even what another one holds."""
    sessions = open_database(url, pooled=False)
    ledger = Ledger(sessions)
    for number in range(ROUNDS):
        release_id = 1 + number % RELEASES
        with sessions.writing() as session:
            now = sessions.now(session)
            session.execute(update(ReleaseRow).where(ReleaseRow.id == release_id).values(due=now, held_until=now))
        lease = ledger.claim(release_id)
        if lease is not None:
            _tick(ledger, lease)


def _tick(ledger, lease):
    try:
        release = ledger.load(lease)
        ledger.settle(lease, release, well(release), decide)
    except Lost:
        return


def _talk(url):
    """A person who pauses, resumes, votes and freezes."""
    ledger = Ledger(open_database(url, pooled=False))
    for number in range(ROUNDS):
        release_id = 1 + number % RELEASES
        with suppress(Refused):  # it has ended: a newer one was quicker
            ledger.ask(release_id, "pause" if number % 2 else "resume", f"tom{number}")
        freeze_id = ledger.freeze(FreezeSpan(f"freeze {number}", "busy"), "mia")
        ledger.unfreeze(freeze_id, "mia")


def test_three_workers_and_a_person_tear_nothing(url, sessions, ledger):
    for number in range(RELEASES):
        ledger.submit(new(f"{number}" * 40), "tom")
    spawn = multiprocessing.get_context("spawn")
    everybody = [spawn.Process(target=_work, args=(url,)) for _ in range(3)]
    everybody.append(spawn.Process(target=_talk, args=(url,)))
    for one in everybody:
        one.start()
    for one in everybody:
        one.join()

    assert [one.exitcode for one in everybody] == [0] * 4
    with sessions.reading() as session:
        assert events.verify(session) == []
        numbers = session.scalars(select(EventRow.id).order_by(EventRow.id)).all()
        assert numbers == list(range(1, len(numbers) + 1))
        orders = session.scalar(select(func.count()).select_from(AskedRow))
        told = select(func.count()).where(EventRow.kind.in_(("pause", "resume")))
        assert session.scalar(told) == orders
        assert session.scalar(select(func.count()).where(EventRow.kind == "unfreeze")) == ROUNDS
        twice = select(CrossingRow.release_id, CrossingRow.step).group_by(CrossingRow.release_id, CrossingRow.step)
        assert session.execute(twice.having(func.count() > 1)).all() == []
        rows = session.execute(text("SELECT id, revision, epoch FROM release")).all()
    assert all(0 < revision <= epoch for _, revision, epoch in rows)
