"""A Prometheus that is away, hangs, drips, refuses, warns or talks rubbish: its counters are for later, in time."""

import http.client
import io
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from pipeline.errors import TryLater
from runners.metrics import asking, promql
from runners.metrics.asking import Prometheus
from tests.ports import free_ports

Serve = Callable[[socket.socket], None]


@contextmanager
def answering(serve: Serve) -> Iterator[str]:
    """A server that does just this with each peer; its address."""
    door = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                peer = door.accept()[0]
            except OSError:
                return
            with peer:
                try:
                    serve(peer)
                except OSError:
                    continue  # the other side had enough

    thread = Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}/prometheus"
    door.shutdown(socket.SHUT_RDWR)
    door.close()
    thread.join(10)


def question(peer: socket.socket) -> bytes:
    """All of it: what is left unread when the peer is closed would cut off the answer."""
    with peer.makefile("rb") as asked:
        head = b"".join(iter(asked.readline, b"\r\n"))
        length = http.client.parse_headers(io.BytesIO(head.partition(b"\r\n")[2]))["Content-Length"]
        return head + asked.read(int(length))


def saying(status: str, body: str, heard: list[bytes] | None = None) -> Serve:
    def serve(peer: socket.socket) -> None:
        asked = question(peer)
        if heard is not None:
            heard.append(asked)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body.encode())}\r\n\r\n"
        peer.sendall((head + body).encode())

    return serve


def result(*series: object, **more: object) -> str:
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": series}, **more})


def trouble(serve: Serve) -> str:
    with answering(serve) as address, pytest.raises(TryLater) as said:
        promql.read(Prometheus(address).ask("up"), ["a/requests"])
    return str(said.value)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        ("500 Oops", "", "it answered 500 and no JSON"),
        ("200 OK", "<html>Log in</html>", "it answered 200 and no JSON"),
        ("200 OK", "[" * 100_000, "it answered 200 and no JSON"),
        ("302 Found", "{}", "it answered 302 and not what a Prometheus answers"),
        ("200 OK", "7", "not what a Prometheus answers"),
        (
            "200 OK",
            result(status="success") and '{"status":"success","data":{"resultType":"matrix","result":[]}}',
            "not",
        ),
        ("400 Bad", '{"status":"error","errorType":"bad_data","error":"1:5: parse\\nerror"}', "400: 1:5: parse error"),
        ("503 Busy", '{"status":"error","error":"query timed out"}', "query timed out"),
        ("200 OK", result(warnings=["a store is away"]), "it warns: a store is away"),
        ("200 OK", "{}" + " " * asking.LARGEST, "longer than"),
    ],
)
def test_what_it_says_instead_is_told(status: str, body: str, why: str) -> None:
    assert why in trouble(saying(status, body))


def test_one_that_hangs_is_left_in_time() -> None:
    gone = Event()

    def hang(peer: socket.socket) -> None:
        peer.recv(65536)
        gone.wait(30)

    with answering(hang) as address:
        with pytest.raises(TryLater, match="cannot be read"):
            Prometheus(address).ask("up")
        gone.set()


def test_one_that_drips_is_left_in_time() -> None:
    over = Event()

    def drip(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not over.wait(0.2):
            peer.sendall(b" ")

    with answering(drip) as address:
        with pytest.raises(TryLater, match="cannot be read"):
            Prometheus(address).ask("up")
        over.set()


def test_one_that_is_not_there_is_told_with_its_address() -> None:
    address = f"http://127.0.0.1:{free_ports(1)[0]}"

    with pytest.raises(TryLater, match=f"the Prometheus at {address} cannot be read: .*refused"):
        Prometheus(address).ask("up")


def test_a_token_is_shown_and_one_that_cannot_be_read_is_trouble_for_later() -> None:
    heard: list[bytes] = []

    def lost() -> str:
        raise FileNotFoundError(2, "No such file", "secrets/prometheus")

    with answering(saying("200 OK", result(), heard)) as address:
        with pytest.raises(TryLater, match="secrets/prometheus"):
            Prometheus(address, lost).ask("up")
        Prometheus(address, lambda: "s3cret").ask("up")

    assert b"POST /prometheus/api/v1/query " in heard[0]
    assert b"Authorization: Bearer s3cret" in heard[0]


@pytest.mark.parametrize(
    ("series", "why"),
    [
        (7, "no value"),
        ({"metric": {}, "histogram": [0, {}]}, "a histogram of the newer kind"),
        ({"metric": {"sluice_part": "a/requests sum"}, "value": [0, "many"]}, "'many' where a number should be"),
        ({"metric": {"sluice_part": "z/requests sum"}, "value": [0, "1"]}, "series that nobody asked for"),
        ({"metric": {}, "value": [0, "1"]}, "series that nobody asked for"),
    ],
)
def test_series_of_another_form_are_refused(series: object, why: str) -> None:
    with pytest.raises(promql.Unusable, match=why):
        promql.read([series], ["a/requests"])


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(promql.Unusable, match="a list of series"):
        promql.read({}, ["a/requests"])
