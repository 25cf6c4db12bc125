"""What a stranger may put into an address, and hosts that misbehave: refused by name, and nothing happens."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman, TryLater
from tests.runners.hostile import outside, source
from tests.runners.repository import Repository


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Nothing outside mirror and trees changes while Sluice acts, and no payload runs."""
    yield tmp_path
    assert not list(tmp_path.rglob("owned*"))
    assert not Path("owned").exists()


SCHEME = "git.url_scheme"
INVALID = "git.url_invalid"
HOST = "git.host_not_allowed"


@pytest.mark.parametrize("allow_local", [False, True])
@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("ext::sh -c 'touch owned'", INVALID, "spaces"),
        ("ext::sh%20-c%20touch%20owned", SCHEME, "'ext' is not accepted"),
        ("fd::17/x", SCHEME, "'fd' is not accepted"),
        ("file:///etc", SCHEME, "write the plain path"),
        ("git://example.org/x", SCHEME, "https://host/path"),
        ("http://example.org/x", SCHEME, "https://host/path"),
        ("ftp://example.org/x", SCHEME, "https://host/path"),
        ("HTTPS://example.org/x", SCHEME, "https://host/path"),
        ("git@example.org:shop.git", SCHEME, "ssh://git@host/path, not as git@host:path"),
        ("shop", SCHEME, "https://host/path"),
        ("../shop", SCHEME, "https://host/path"),
        ("", SCHEME, "https://host/path"),
        ("ssh://-oProxyCommand=touch${IFS}owned/x", INVALID, "no host name"),
        ("ssh://git@-oProxyCommand=x/x", INVALID, "no host name"),
        ("ssh://-oProxyCommand=x@example.org/x", INVALID, "user name"),
        ("ssh://example.org:0/x", INVALID, ""),
        ("ssh://example.org:99999/x", INVALID, "host or port"),
        ("https://user:hunter2@example.org/x", "git.url_password", "deploy key"),
        ("https://hunter2@example.org/x", "git.url_password", "deploy key"),
        ("ssh://git:hunter2@example.org/x", "git.url_password", "deploy key"),
        ("https://example.org/x%0aurl", INVALID, "path"),
        ("https://example.org/x%00", INVALID, "path"),
        ("https://example.org/x\n--upload-pack=touch", INVALID, "control"),
        ("https://example.org/x?y=z", INVALID, "path"),
        ("https://example.org/x#y", INVALID, "path"),
        ("https://exämple.org/x", INVALID, "non-ASCII"),
        ("https:///x", INVALID, "no host name"),
        ("https://example.org", INVALID, "path"),
        ("https://" + "a." * 240 + "!/x", INVALID, "no host name"),
        ("--upload-pack=touch", INVALID, "dash"),
        ("-u./owned", INVALID, "dash"),
        ("https://127.0.0.1/x", HOST, "use the host's name"),
        ("https://2130706433/x", HOST, "use the host's name"),
        ("https://0x7f.1/x", HOST, "use the host's name"),
        ("https://[::1]/x", HOST, "use the host's name"),
        ("https://169.254.169.254/x", HOST, "use the host's name"),
        ("ssh://git@localhost/x", HOST, "use the host's name"),
    ],
)
def test_an_address_that_could_do_harm_is_refused(folder: Path, url: str, code: str, says: str, allow_local: bool):
    before = outside(folder)

    with pytest.raises(NeedsHuman) as refused:
        source(folder, url, allow_local=allow_local).head("main")
    text = str(refused.value)
    assert text.startswith(f"{code}: ")
    assert says in text
    assert "hunter2" not in text
    assert outside(folder) == before
    assert not (folder / "mirror").exists()


def test_a_path_on_this_machine_needs_the_platforms_word(folder: Path):
    Repository(folder / "shop").push({"a": b"1"})

    with pytest.raises(NeedsHuman, match=r"^git\.url_scheme: .*allow-local: true"):
        source(folder, str(folder / "shop")).head("main")
    with pytest.raises(NeedsHuman, match=r"^git\.url_invalid: "):
        source(folder, f"{folder}/x/../shop", allow_local=True).head("main")


def test_a_host_that_is_not_listed_is_refused(folder: Path):
    with pytest.raises(NeedsHuman, match=r"^git\.host_not_allowed: evil\.example is not in the list"):
        source(folder, "https://evil.example/x", hosts=frozenset({"git.example"})).head("main")


def test_a_host_that_never_answers_is_given_up(folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        git = source(folder, f"https://127.0.0.1:{port}/x", hosts=frozenset({"127.0.0.1"}), timeout=0.7)
        with pytest.raises(TryLater, match=r"^git\.timeout: git did not end within 0\.7 s"):
            git.head("main")


STARTER = """
import sys
from pathlib import Path
from runners.sources.git import GitSource
GitSource(sys.argv[1], Path("mirror"), Path("trees"), hosts=frozenset({"127.0.0.1"}), timeout=1.0).head("main")
"""


def test_git_does_not_hang_on_when_its_worker_is_killed(folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/x"
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with subprocess.Popen([sys.executable, "-c", STARTER, url], cwd=folder, env=env) as worker:
            connection, _ = server.accept()
            worker.kill()
        with connection:
            while connection.recv(65536):
                pass  # ends when git has ended


def test_a_host_that_is_not_there_may_come_back(folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TryLater, match=r"^git\.unreachable: "):
        source(folder, f"https://127.0.0.1:{port}/x", hosts=frozenset({"127.0.0.1"})).head("main")


class Elsewhere(BaseHTTPRequestHandler):
    """Sends everybody on."""

    asked: list[str] = []
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/second"):
            self.send_error(500)
            return
        self.send_response(301)
        self.send_header("Location", "/second" + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_a_redirect_is_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    keys = tmp_path_factory.mktemp("keys")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(keys / "key"), "-out", str(keys / "cert")]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "cert", keys / "key")
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"https://127.0.0.1:{server.server_port}/first"
            passed_on = {"GIT_SSL_CAINFO": str(keys / "cert"), "GIT_DIR": "/nowhere"}
            git = source(folder, url, hosts=frozenset({"127.0.0.1"}), passed_on=passed_on)
            with pytest.raises(NeedsHuman, match=r"^git\.host_not_allowed: the host sends us on"):
                git.head("main")
        finally:
            server.shutdown()
            thread.join()
    assert Elsewhere.asked
    assert all(path.startswith("/first") for path in Elsewhere.asked)
