"""The face as it really runs: gunicorn on a port, slow and endless senders, streams, and an orderly end."""

import hmac
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLATFORM = """\
tenants: {online-shop: {}}
clusters: {az1: {}}
apps:
  shop:
    tenant: online-shop
    repository: https://git.example.com/shop.git
    webhook: {kind: github, secret: forge}
"""


class Server:
    """A running gunicorn."""

    def __init__(self, home: Path) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SLUICE_HOME": str(home),
            "SLUICE_BASE_URL": f"http://127.0.0.1:{self.port}",
        }
        words = ["-m", "gunicorn", "-c", "python:web.gunicorn_conf", "-b", f"fd://{self.socket.fileno()}"]
        self.log = home / "web.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *words, "web:create_app()"],
                env=self.env,
                cwd=home,
                stdout=log,
                stderr=log,
                pass_fds=[self.socket.fileno()],
            )

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def raw(self, head: str) -> socket.socket:
        """A connection on which this much was said."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        raw.sendall(head.replace("\n", "\r\n").encode())
        return raw

    def get(self, path: str, **headers: str):
        with closing(self.connect()) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            self.socket.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, migrated):
    home = tmp_path_factory.mktemp("home")
    shutil.copy(migrated, home / "sluice.db")
    (home / "platform.yaml").write_text(PLATFORM)
    (home / "secrets").mkdir()
    (home / "secrets" / "forge").touch(mode=0o600)
    (home / "secrets" / "forge").write_text("forge-secret")
    running = Server(home)
    status, body = running.get("/healthz")  # the socket listens already, so this waits for the first worker
    assert status == 200, running.log.read_text()
    assert json.loads(body)["ok"] is True
    yield running
    running.process.kill()
    running.process.wait()
    running.socket.close()


def head(length: str) -> str:
    signed = hmac.new(b"forge-secret", b"{}", sha256).hexdigest()
    return (
        f"POST /hooks/shop HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\n"
        f"X-Hub-Signature-256: sha256={signed}\n{length}\n\n"
    )


def with_host(text: str, server: Server) -> str:
    return text.replace("Host: 127.0.0.1\n", f"Host: 127.0.0.1:{server.port}\n")


def answer_of(raw: socket.socket) -> tuple[int, dict[str, object]]:
    said = b""
    while piece := raw.recv(65_536):
        said += piece
    start, _, body = said.partition(b"\r\n\r\n")
    return int(start.split()[1]), json.loads(body)


def test_a_signed_delivery_is_taken(server):
    signed = hmac.new(b"forge-secret", b"{}", sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signed}"}
    with closing(server.connect()) as connection:
        connection.request("POST", "/hooks/shop", b"{}", headers)
        answer = connection.getresponse()

        assert answer.status == 202
        assert json.loads(answer.read())["duplicate"] is False


def test_a8_an_endless_body_without_a_length_is_stopped_at_the_limit(server):
    with server.raw(with_host(head("Transfer-Encoding: chunked"), server)) as raw:
        for _ in range(25):
            raw.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
        raw.sendall(b"400\r\n" + b" " * 0x400 + b"\r\n")  # a little too much, and the end never comes
        status, told = answer_of(raw)

    assert (status, told["code"]) == (413, "webhook.too_large")
    assert server.get("/healthz")[0] == 200


def test_a9_a_body_that_never_comes_is_given_up_and_others_are_answered_meanwhile(server):
    with server.raw(with_host(head("Content-Length: 100"), server)) as raw:
        raw.sendall(b"{")
        meanwhile = server.get("/healthz")[0]
        status, told = answer_of(raw)

    assert meanwhile == 200
    assert (status, told["code"]) == (408, "webhook.too_slow")


def test_two_signature_headers_are_one_too_many(server):
    twice = head("Content-Length: 2").replace("X-Hub", f"X-Hub-Signature-256: sha256={'0' * 64}\nX-Hub")
    with server.raw(with_host(twice, server).replace("Host", "Connection: close\nHost")) as raw:
        raw.sendall(b"{}")
        status, told = answer_of(raw)

    assert (status, told["code"]) == (400, "webhook.header_repeated")


def run(server: Server, *words: str):
    return subprocess.run(
        [sys.executable, "-m", *words], env=server.env, cwd=server.env["SLUICE_HOME"], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def admin(server):
    """The first admin's password."""
    done = run(server, "web.first_admin")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_first_admin_is_made_once_and_told_once(server, admin):
    again = run(server, "web.first_admin")

    assert re.fullmatch(r"([0-9a-f]{6}-){4}[0-9a-f]{6}", admin)
    assert (again.returncode, again.stdout) == (0, "")
    assert admin.encode() not in (Path(server.env["SLUICE_HOME"]) / "sluice.db").read_bytes()


def test_nothing_that_answers_requests_is_read_to_make_the_first_admin(server):
    words = "import sys, web.first_admin; print({'flask', 'rq', 'sqlalchemy'} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", words], env=server.env, text=True) == "{'sqlalchemy'}\n"


def test_the_first_admin_signs_in_follows_a_stream_and_the_server_ends_in_order(server, admin):
    asked = {"username": "admin", "password": admin, "name": "test", "scopes": ["admin"]}
    with closing(server.connect()) as connection:
        connection.request("POST", "/api/sign-in", json.dumps(asked), {"Content-Type": "application/json"})
        token = json.loads(connection.getresponse().read())["token"]
    with closing(server.connect()) as stream:
        stream.request("GET", "/events?topics=freezes", headers={"Authorization": f"Bearer {token}"})
        answer = stream.getresponse()
        assert answer.readline() == b"retry: 1000\n"
        with closing(server.connect()) as other:
            freeze = json.dumps({"name": "sale", "reason": "black friday"})
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            other.request("POST", "/api/freezes", freeze, headers)
            assert other.getresponse().status == 202
        told = b""
        while b'"kind": "freeze"' not in told:
            told += answer.readline()
        code = server.end()
        rest = answer.read()

    assert code == 0
    assert b"event: hello" in told
    assert rest in (b"", b"\n")
