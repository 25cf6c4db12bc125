"""A worker compiles its statements before it forks, and touches no database for it."""

from pipeline.decide import decide
from pipeline.facts import Facts
from pipeline.store import rehearsal
from pipeline.store.ledger import Ledger
from pipeline.store.migrate import migrate
from pipeline.store.session import open_database


def test_the_first_steps_of_a_release_compile_nothing_anew(tmp_path):
    migrate(url := f"sqlite:///{tmp_path / 'sluice.db'}")
    sessions = open_database(url, pooled=False)
    rehearsal.rehearse(sessions)
    known = set(sessions.engine._compiled_cache)

    ledger = Ledger(sessions)
    number = ledger.submit(rehearsal.a_release(), "test")
    lease = ledger.claim(number)
    release = ledger.load(lease)
    ledger.settle(lease, release, Facts(release.read_at), decide)

    assert set(sessions.engine._compiled_cache) == known
    assert len(known) > 20


def test_the_database_of_the_installation_is_not_opened(tmp_path):
    rehearsal.rehearse(open_database(f"sqlite:///{tmp_path / 'sluice.db'}", pooled=False))

    assert list(tmp_path.iterdir()) == []


def test_on_postgresql_nothing_happens():
    sessions = open_database("postgresql://nobody@127.0.0.1:1/none", pooled=False)

    rehearsal.rehearse(sessions)

    assert len(sessions.engine._compiled_cache) == 0
