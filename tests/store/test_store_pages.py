"""What pages are told of everything that is on its way."""

import pytest
from sqlalchemy import event
from store_world import new, step

from pipeline.store import pages


@pytest.fixture
def tell(sessions):
    """All releases in motion, and how many statements it took."""

    def told():
        asked = []
        with sessions.reading() as session:
            now = sessions.now(session)
            event.listen(sessions.engine, "before_cursor_execute", note := lambda *words: asked.append(words[2]))
            found = pages.in_motion(session, now)
        event.remove(sessions.engine, "before_cursor_execute", note)
        return found, len(asked)

    return told


def test_many_releases_are_told_in_as_many_statements_as_one(ledger, tell):
    ledger.submit(new(), "tom")
    one, few = tell()
    for number in range(5):
        ledger.submit(new(f"{number}" * 40), "tom")
    all_six, many = tell()

    assert (len(one), len(all_six)) == (1, 6)
    assert many == few


def test_each_is_told_with_what_is_its_own(ledger, tell):
    first, second = (ledger.submit(new(commit * 40), "tom") for commit in "12")
    for _ in range(2):
        step(ledger, first)
    ledger.ask(second, "pause", "lena", reason="lunch")

    (one, other), _ = tell()

    assert [told.head.id for told in (one, other)] == [first, second]
    assert [[order.verb for order in told.said.orders] for told in (one, other)] == [[], ["pause"]]
    assert [[who.id for who in told.said.neighbours] for told in (one, other)] == [[second], [first]]
    assert "tests" in [result.gate for result in one.results]
    assert other.results == ()
