"""A shop to test, in this process or as real ones on real ports."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from shop import Settings, create_app

ROOT = Path(__file__).parents[1]
ADA = {"name": "Ada Byron", "email": "ada@example.org", "street": "Harbour Road 12", "city": "20457 Hamburg"}
TOKEN = re.compile(r'name="token" value="([^"]+)"')


def token_of(page: str) -> str:
    """The order token in a checkout page."""
    found = TOKEN.search(page)
    assert found, "the page has no order form"
    return found[1]


@pytest.fixture
def make_shop(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Makes shops that share one database file."""
    made: list[Flask] = []

    def make(**settings: object) -> Flask:
        made.append(create_app(Settings(f"sqlite:///{tmp_path / 'shop.db'}", **{"cluster": "az1", **settings})))
        return made[-1]

    yield make
    for app in made:
        app.extensions["database"].dispose()


@pytest.fixture
def client(make_shop: Callable[..., Flask]) -> FlaskClient:
    """A buyer's browser at a shop with two phones of the flash sale."""
    return make_shop(stock=2).test_client()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts replicas under gunicorn that share one database file; each call gives an address."""
    running: list[subprocess.Popen[str]] = []

    def start(**env: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:0", "shop:create_app()"]
        found = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        own = {**found, "HOME": str(tmp_path), "DATA_DIR": str(tmp_path), "CLUSTER": "az1"}
        running.append(subprocess.Popen(command, cwd=ROOT, env={**own, **env}, stderr=subprocess.PIPE, text=True))
        return running[-1]

    def address(replica: subprocess.Popen[str]) -> str:
        assert replica.stderr
        seen = []
        for line in replica.stderr:
            seen.append(line)
            if found := re.search(r"Listening at: (http://\S+)", line):
                return found[1]
        raise AssertionError(f"gunicorn did not start: {''.join(seen)}")

    def several(count: int, **env: str) -> list[str]:
        return [address(replica) for replica in [start(**env) for _ in range(count)]]

    yield several
    for replica in running:
        replica.terminate()
    for replica in running:
        replica.communicate(timeout=20)
