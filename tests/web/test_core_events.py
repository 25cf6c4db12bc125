"""Live streams: everything once and in order, also after a break; and no more of them than there are threads for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import socketpair
from threading import Event

import pytest

from pipeline.decision import Shift, Start
from pipeline.store import events as journal
from pipeline.store.logs import Logs
from web.auth import watch
from web.events import hung_up
from web.feed import WAITING, Feed, Full, News, Seats


@dataclass(frozen=True)
class Message:
    """One message of a stream."""

    id: str
    event: str
    data: dict


class Reader:
    """Reads a stream as a browser does."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self.last = chunks, ""

    def __next__(self) -> Message:
        for chunk in self._chunks:
            fields = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if ": " in line)
            if "event" in fields:
                self.last = fields["id"]
                return Message(fields["id"], fields["event"], json.loads(fields["data"]))
        raise AssertionError("the stream has ended")

    def take(self, number):
        return [next(self) for _ in range(number)]


@pytest.fixture
def listen(app, program):
    """`with listen("release:1") as reader`: a stream that is open."""

    @contextmanager
    def stream(topics, *, last="", **query):
        headers = program("vera").headers | ({"Last-Event-ID": last} if last else {})
        answer = app.test_client().get("/events", query_string={"topics": topics, **query}, headers=headers)
        assert answer.status_code == 200, answer.text
        reader = Reader(answer.iter_encoded())
        assert next(reader).event == "hello"
        try:
            yield reader
        finally:
            answer.close()

    return stream


def names(messages):
    return [(message.event, message.data["kind"]) for message in messages]


def test_what_is_written_arrives_on_its_topics_in_order(listen, lives):
    with listen("release:1,releases") as reader:
        lives.waiting()
        seen = reader.take(4)

    assert names(seen) == [
        ("release:1", "submit"),
        ("releases", "submit"),
        ("release:1", "start"),
        ("releases", "start"),
    ]


def test_other_releases_do_not_arrive(listen, lives):
    first = lives.begin()
    with listen(f"release:{first}") as reader:
        lives.begin()
        lives.decide(first, Start(1))
        message = next(reader)

    assert (message.event, message.data["release"], message.data["kind"]) == (f"release:{first}", first, "start")


def test_a_reader_that_was_cut_off_anywhere_misses_nothing_and_sees_nothing_twice(listen, lives):
    with listen("releases,release:1") as reader:
        release = lives.waiting()
        lives.decide(release, Start(2))
        lives.decide(release, Shift(10))
        whole = reader.take(8)

    for cut in range(8):
        with listen("releases,release:1", last=whole[cut].id) as again:
            assert again.take(7 - cut) == whole[cut + 1 :]


def test_what_happened_between_drawing_and_listening_arrives(listen, lives, program):
    drawn = program("vera").get("/events?limit=500").json["next"]
    lives.begin()
    with listen("releases", since=drawn) as reader:
        assert names([next(reader)]) == [("releases", "submit")]


def test_a_freeze_arrives_on_its_topic(listen, program):
    with listen("freezes") as reader:
        program("mia").post("/freezes", {"name": "sale", "reason": "black friday"})
        message = next(reader)

    assert (message.event, message.data["kind"]) == ("freezes", "freeze")


def test_a_reader_that_was_away_too_long_is_told_to_load_again(listen, lives, here):
    with here.sessions.writing() as session:
        first = journal.append(session, here.sessions.now(session), "note", {}, actor="setup")
        for _ in range(1000):
            journal.append(session, here.sessions.now(session), "note", {}, actor="setup")
    with listen("releases", last=f"{first - 1}.0") as reader:
        message = next(reader)
        lives.begin()
        after = next(reader)

    assert message.event == "reload"
    assert after.event == "releases"


@pytest.mark.parametrize("end", ["revoked", "disabled"])
def test_a_stream_asks_whether_its_reader_may_still_read(app, program, here, end):
    with app.test_request_context("/events", headers=program("vera").headers):
        valid = watch()
    before = valid()
    if end == "revoked":
        here.access.revoke(here.access.tokens("vera")[0].id, actor="vera")
    else:
        here.people.change("vera", disabled=True, actor="root")

    assert (before, valid()) == (True, False)


# ---- logs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(here, lives):
    """The log of R-1's build."""
    release, logs = lives.begin(), Logs(here.sessions)
    logs.begin("r1-build-1", release, "build", 1)
    return logs


def test_a_log_arrives_in_whole_lines_as_it_grows(listen, log):
    log.append("r1-build-1", 0, b"one\ntw")
    with listen("log:1:build", **{"from": 0}) as reader:
        first = next(reader)
        log.append("r1-build-1", 6, b"o\nthree")
        second = next(reader)
        log.end("r1-build-1", "done")
        third = next(reader)

    assert [(one.data["text"], one.data["offset"], one.data["done"]) for one in (first, second, third)] == [
        ("one\n", 0, False),
        ("two\n", 4, False),
        ("three", 8, True),
    ]


def test_a_log_goes_on_where_it_was_cut(listen, log):
    log.append("r1-build-1", 0, b"one\n")
    with listen("log:1:build,release:1", **{"from": 0}) as reader:
        first = next(reader)
    log.append("r1-build-1", 4, b"two\n")
    with listen("log:1:build,release:1", last=first.id) as reader:
        second = next(reader)

    assert (first.data["text"], second.data["text"]) == ("one\n", "two\n")


def test_without_a_place_a_log_begins_at_its_end(listen, log):
    log.append("r1-build-1", 0, b"old\n")
    with listen("log:1:build") as reader:
        log.append("r1-build-1", 4, b"new\n")

        assert next(reader).data["text"] == "new\n"


def test_a_new_attempt_begins_at_its_beginning(listen, log):
    log.append("r1-build-1", 0, b"a long first attempt\n")
    with listen("log:1:build", **{"from": 0}) as reader:
        first = next(reader)
        log.begin("r1-build-2", 1, "build", 2)
        log.append("r1-build-2", 0, b"again\n")
        second = next(reader)

    assert [(one.data["attempt"], one.data["text"]) for one in (first, second)] == [
        (1, "a long first attempt\n"),
        (2, "again\n"),
    ]


# ---- who may, and how many ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    ["", "topics=", "topics=secrets", "topics=release:0", "topics=releases&since=x", "topics=log:1:build&from=-1"],
)
def test_what_is_no_topic_is_refused(program, anyone, query):
    answer = anyone.get(f"/events?{query}", headers=program("vera").headers)

    assert (answer.status_code, answer.json["code"]) == (400, "events.topic")


def test_a_cursor_of_another_stream_is_refused(program, anyone):
    headers = program("vera").headers | {"Last-Event-ID": "1.0.5"}
    answer = anyone.get("/events?topics=releases", headers=headers)

    assert answer.status_code == 400


def test_nobody_listens_without_signing_in(anyone):
    assert anyone.get("/events?topics=releases").status_code == 401


def test_a_person_has_twelve_streams_and_a_closed_one_is_free_again(app, program, here):
    vera, opened = program("vera"), []

    def open_one():
        return app.test_client().get("/events?topics=releases", headers=vera.headers)

    opened = [open_one() for _ in range(12)]
    refused = open_one()
    opened.pop().close()
    again = open_one()
    for answer in (*opened, again):
        answer.close()

    assert (refused.status_code, refused.json["code"]) == (503, "events.full")
    assert refused.headers["Retry-After"] == "30"
    assert again.status_code == 200
    assert here.feed.seats.taken == 0


def test_a_reader_who_has_gone_is_noticed_without_writing_to_it():
    reader, server = socketpair()
    with server:
        gone = hung_up(server)
        assert not gone()
        reader.close()

        assert gone()


def test_where_the_server_gives_no_socket_nobody_seems_gone():
    assert not hung_up(None)()


def test_seats_are_counted_for_everybody_together():
    seats = Seats(everybody=2, each=2)
    leave = seats.take("mia")
    seats.take("lena")
    with pytest.raises(Full, match="2 live streams"):
        seats.take("dan")
    leave()
    leave()

    seats.take("dan")
    assert seats.taken == 2


# ---- the feed -------------------------------------------------------------------------------------------------------


def test_one_thread_reads_for_all_and_ends_when_nobody_listens():
    reads, both_listen = [], Event()

    def read(after):
        assert both_listen.wait(10)
        reads.append(after)
        return [News(after + 1, 1, "x")] if after < 3 else []

    feed = Feed(read, lambda: 0)
    with feed.listening() as first, feed.listening() as second:
        both_listen.set()
        taken = [[], []]
        while len(taken[0]) < 3 or len(taken[1]) < 3:
            taken[0] += [one.id for one in first.take(10)] if len(taken[0]) < 3 else []
            taken[1] += [one.id for one in second.take(10)] if len(taken[1]) < 3 else []

    assert taken == [[1, 2, 3], [1, 2, 3]]
    assert sorted(set(reads)) == list(range(max(reads) + 1))


def test_a_listener_that_does_not_read_is_cut_and_the_others_go_on():
    feed = Feed(lambda after: [], lambda: 0)
    with feed.listening() as slow, feed.listening() as quick:
        for number in range(WAITING + 1):
            news = [News(number, 1, "x")]
            slow.offer(news)
            quick.offer(news)
            quick.take(0)

        assert slow.cut
        assert slow.take(0) == []
        assert not quick.cut
