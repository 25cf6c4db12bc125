"""The command `sluice` against the real face on a real database, behind a real port."""

import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from cli.__main__ import sluice
from pipeline.store.access import NewToken
from tests.web.conftest import PLATFORM, Lives, app, here, home, inhabited, lives, migrated, routed  # noqa: F401  fixtures
from web import tokens
from web.face import Face
from web.settings import WebSettings


@pytest.fixture
def door():
    """A port of the loopback on which the face will listen."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture
def settings(home: Path, door: socket.socket) -> WebSettings:  # noqa: F811
    base_url = f"http://127.0.0.1:{door.getsockname()[1]}"
    return WebSettings(home, f"sqlite:///{home / 'sluice.db'}", PLATFORM, secret=b"s" * 64, base_url=base_url)


@pytest.fixture
def url(app, settings: WebSettings, door: socket.socket):  # noqa: F811
    """The address of a face that answers."""
    served = make_server("127.0.0.1", door.getsockname()[1], app, threaded=True, fd=door.fileno())
    thread = Thread(target=served.serve_forever, args=(0.02,))
    thread.start()
    yield settings.base_url
    served.shutdown()
    thread.join()
    served.server_close()


@dataclass
class Terminal:
    """A terminal of somebody: an own folder, an own home, an environment."""

    folder: Path
    env: dict[str, str | None]

    def __call__(self, *words: str, typed: str | None = None, **env: str) -> Result:
        result = CliRunner().invoke(sluice, words, env={**self.env, **env}, input=typed, prog_name="sluice")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture
def nobody(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in which nobody is logged in and nothing is known."""
    folder = tmp_path_factory.mktemp("terminal")
    monkeypatch.chdir(folder)
    known = {"HOME": str(folder), "XDG_CONFIG_HOME": None, "SLUICE_HOME": None, "SLUICE_URL": None}
    return Terminal(folder, {**known, "SLUICE_TOKEN": None, "NO_COLOR": "1"})


@pytest.fixture
def terminal(nobody: Terminal, url: str, here: Face):  # noqa: F811
    """`terminal("mia")`: a terminal with a token of Mia's."""

    def of(name: str, *scopes: str) -> Terminal:
        made = tokens.new_token()
        held = frozenset(scopes or {"read", "operate", "admin"})
        here.access.issue(NewToken(name, "test", made.prefix, made.hash, held, timedelta(days=1)), actor=name)
        return Terminal(nobody.folder, {**nobody.env, "SLUICE_URL": url, "SLUICE_TOKEN": made.text})

    return of
