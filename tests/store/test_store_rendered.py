"""What a release brings into clusters: stored once, and what approvals are bound to."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from store_world import new, step, well

from pipeline.decide import decide
from pipeline.errors import Refused
from pipeline.facts import Rendered, Rendering
from pipeline.store import rendered
from pipeline.store.records import RenderedRow
from pipeline.store.said import content_of
from pipeline.store.tables import ReleaseRow

ONE, OTHER = Rendered("Deployment", "shop-*", "image: one\n"), Rendered("Deployment", "shop-*", "image: other\n")


def look(ledger, release_id, *objects, cfg_hash="cfg-1"):
    """A tick in which the objects for az1 were rendered."""
    lease = ledger.claim(release_id)
    release = ledger.load(lease)
    rendering = Rendering(cfg_hash, {"az1": objects})
    ledger.settle(lease, release, replace(well(release), rendering=rendering), decide)


@pytest.fixture
def release_id(ledger):
    return ledger.submit(new(), "tom")


def content(sessions, release_id):
    with sessions.reading() as session:
        return content_of(session, session.get_one(ReleaseRow, release_id))


def stored(sessions, release_id, cfg_hash="cfg-1"):
    with sessions.reading() as session:
        return rendered.under(session, release_id, "az1", cfg_hash)


def test_what_was_rendered_is_read_back(sessions, ledger, release_id):
    look(ledger, release_id, ONE)

    assert stored(sessions, release_id) == (ONE,)
    assert stored(sessions, release_id, "cfg-2") is None


def test_a_release_knows_what_is_stored_of_it(ledger, release_id):
    look(ledger, release_id, ONE)

    assert ledger.load(ledger.claim(release_id)).rendered == {("az1", "cfg-1")}


def test_the_first_rendering_counts(sessions, ledger, release_id):
    look(ledger, release_id, ONE)
    look(ledger, release_id, OTHER)

    assert stored(sessions, release_id) == (ONE,)


def test_a_vote_is_for_the_objects_that_were_shown(sessions, ledger, release_id):
    look(ledger, release_id, ONE)
    shown = content(sessions, release_id)
    ledger.vote(release_id, "mia", yes=True, shown=shown)

    with pytest.raises(Refused, match="changed since this was shown"):
        ledger.vote(release_id, "root", yes=True, shown=replace(shown, cfg_hash="cfg-1"))


def test_who_agreed_before_there_were_objects_to_see_has_not_agreed_to_them(sessions, ledger, release_id):
    step(ledger, release_id)
    ledger.vote(release_id, "mia", yes=True)
    look(ledger, release_id, ONE)

    with sessions.reading() as session:
        row = session.get_one(ReleaseRow, release_id)
    assert "the approval of mia is outdated" in row.waiting


def test_other_objects_are_another_content(sessions, ledger):
    contents = set()
    for commit, one in (("1" * 40, ONE), ("2" * 40, OTHER), ("3" * 40, ONE)):
        number = ledger.submit(new(commit), "tom")
        look(ledger, number, one)
        contents.add(content(sessions, number).cfg_hash)

    assert len(contents) == 2
    assert "cfg-1" not in contents


def test_what_was_rendered_for_another_configuration_binds_nobody(sessions, ledger, release_id):
    look(ledger, release_id, ONE, cfg_hash="cfg-0")

    assert content(sessions, release_id).cfg_hash == "cfg-1"


def test_the_latest_is_what_went_out_in_the_end(sessions, ledger, release_id):
    look(ledger, release_id, ONE, cfg_hash="cfg-0")
    look(ledger, release_id, OTHER)

    with sessions.reading() as session:
        assert rendered.latest(session, release_id, "az1") == (OTHER,)
        assert rendered.latest(session, release_id, "az2") is None


@pytest.mark.parametrize("statement", [update(RenderedRow).values(objects_json="[]"), delete(RenderedRow)])
def test_the_database_keeps_what_was_rendered(sessions, ledger, release_id, statement):
    look(ledger, release_id, ONE)

    with (
        pytest.raises(DBAPIError, match="what was rendered for a release is never changed"),
        sessions.writing() as session,
    ):
        session.execute(statement)
