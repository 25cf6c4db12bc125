"""Before an approval: which commits are new, what the definition says now, and whether the targets are others."""

from pathlib import Path

import pytest

from pipeline.plan import make
from pipeline.store.changes import Changes, changes
from pipeline.store.restore import NewRelease
from tests.web import pages_app
from tests.web.stories import PLATFORM, Story, spec
from web.present.changes import news


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return pages_app.told().copy(tmp_path)


def found(story: Story, number: int) -> Changes | None:
    with story.sessions.reading() as session:
        return changes(session, number)


def test_the_commits_since_the_live_version_are_shown_before_the_question(story: Story) -> None:
    client = pages_app.sign_in(pages_app.make(story), story, "jonas")[0]

    for page in ("/releases/12", "/releases/12/ask/approve", "/approvals"):
        said = pages_app.words(client.get(page).text)
        assert "What is new since R-7 shop 1.1.0" in said
        assert "2 commits" in said
        assert "Before: Hostile" in said
        assert "Definition: 2 lines changed" in said
        assert "− approve: False" in said
        assert "+ approve: True" in said


def test_a_first_version_is_all_new_and_what_has_ended_is_compared_with_nothing(tmp_path: Path) -> None:
    fresh = Story(tmp_path)
    first = fresh.submit("cart", "1.0.0")

    told = found(fresh, first)
    assert told is not None
    assert told.since is None
    fresh.finish(first)
    assert found(fresh, first) is None


def test_what_went_live_since_is_not_called_new(tmp_path: Path) -> None:
    fresh = Story(tmp_path)
    fresh.finish(fresh.submit("cart", "1.0.0"))
    second = fresh.submit("cart", "1.1.0", "Second")
    definition, commit = spec("cart", approve=True), "c" * 40
    listed = ((commit, "Third", "mei"), (fresh.release(second).commit, "Second", "mei"), ("b" * 40, "Older", "mei"))
    new = NewRelease(
        "cart", "vmart", commit, definition, make(definition, PLATFORM), "app: cart", "def", commits=listed
    )
    fresh.finish(second)
    told = found(fresh, fresh.ledger.submit(new, actor="webhook"))

    assert told is not None
    assert [one.subject for one in told.commits] == ["Third"]


def test_other_targets_are_said_and_the_same_ones_too(story: Story) -> None:
    told = found(story, 12)
    assert told is not None
    same = news(Changes(told.since, (), "one\n", "one\n", configured_anew=False))
    other = news(Changes(told.since, (), "one\n", "one\ntwo\n", configured_anew=True))

    assert same is not None
    assert (same.definition, same.configuration) == (
        "The definition is the same.",
        "The configuration of its targets is the same.",
    )
    assert other is not None
    assert other.definition == "Definition: 1 line changed"
    assert other.configuration == "The configuration of its targets is another one."
