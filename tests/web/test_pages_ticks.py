"""A stream tells of each settled tick of a release that somebody looks at."""

from pathlib import Path

from pipeline.store import news
from tests.web import pages_app
from web.topics import read_topics


def test_ticks_are_a_topic_of_their_own() -> None:
    topics = read_topics("release:42,ticks:42,ticks:7")

    assert topics.ticks == (42, 7)
    assert topics.journals == ("release:42",)


def test_every_settled_tick_changes_the_revision_that_the_stream_looks_at(tmp_path: Path) -> None:
    story = pages_app.told().copy(tmp_path)
    with story.sessions.reading() as session:
        before = news.revisions(session, (13,))
    story.tick(13)
    with story.sessions.reading() as session:
        after = news.revisions(session, (13, 999))

    assert after == {13: before[13] + 1}


def test_a_stream_begins_with_where_each_release_is(tmp_path: Path) -> None:
    story = pages_app.told().copy(tmp_path)
    client, _ = pages_app.sign_in(pages_app.make(story), story, "vera")
    answer = client.get("/events?topics=ticks:13", buffered=False)
    told = iter(answer.response)
    lines = next(told) + next(told)
    answer.close()

    assert b"event: hello" in lines
    assert b"event: ticks:13" in lines
