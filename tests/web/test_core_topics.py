"""What a stream is about, and where it goes on after a break."""

import pytest

from web.feed import News
from web.topics import Cursor, NoSuchTopic, missing, read_cursor, read_topics

ABOUT_42 = News(7, 42, "shift")


def test_topics_are_read_in_order_and_once():
    topics = read_topics("release:42,log:42:canary az1+az2,releases,release:42")

    assert topics.names == ("release:42", "log:42:canary az1+az2", "releases")
    assert [(log.release, log.step) for log in topics.logs] == [(42, "canary az1+az2")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "release:0",
        "release:x",
        "log:42",
        "secrets",
        "release:42;x",
        ",".join(f"release:{n}" for n in range(1, 10)),
    ],
)
def test_what_is_no_topic_is_refused(text):
    with pytest.raises(NoSuchTopic):
        read_topics(text)


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (ABOUT_42, ("releases", "release:42", "approvals")),
        (News(8, 43, "vote"), ("releases", "approvals")),
        (News(9, 0, "freeze"), ("freezes",)),
        (News(10, 0, "token"), ()),
    ],
)
def test_news_go_to_the_topics_they_are_about(news, expected):
    assert read_topics("releases,release:42,approvals,freezes").of(news) == expected


def test_a_reader_that_was_cut_off_between_two_messages_gets_the_second_only():
    topics = read_topics("releases,release:42")

    assert [name for *_, name in missing([ABOUT_42], Cursor(6), topics)] == ["releases", "release:42"]
    assert [name for *_, name in missing([ABOUT_42], Cursor(7, sent=1), topics)] == ["release:42"]


def test_a_cursor_comes_back_as_it_went():
    topics = read_topics("releases,log:42:build,log:42:test")
    cursor = Cursor(12, 1, (100, 0)).at_log(1, 5)

    assert str(cursor) == "12.1.100.5"
    assert read_cursor(str(cursor), topics) == cursor


@pytest.mark.parametrize("text", ["", "x", "1", "1.2.3", "-1.0", "1.0.0.0", "9" * 30 + ".0", "1.0\n"])
def test_a_cursor_that_is_not_ours_is_refused(text):
    with pytest.raises(NoSuchTopic):
        read_cursor(text, read_topics("releases"))
