"""The whole face on a real database: people, tokens, browsers, and releases at any place of their plan."""

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pipeline.decision import Decision, Finish, Halt, Ruling, Start
from pipeline.definition.app import App
from pipeline.definition.platform import Platform
from pipeline.facts import ClusterSeen, Facts
from pipeline.plan import make
from pipeline.states import State
from pipeline.store.access import NewToken
from pipeline.store.bell import SilentBell
from pipeline.store.configured import AppConfigured, Configured
from pipeline.store.ledger import Ledger
from pipeline.store.migrate import migrate
from pipeline.store.people import People
from pipeline.store.restore import NewRelease
from pipeline.store.session import open_database
from tests.web import pages_app
from web import create_app, passwords, tokens
from web.app import parts
from web.auth import COOKIE, LASTS
from web.face import KEY, Face
from web.settings import WebSettings

PASSWORD = "correct horse battery staple"
HASH = passwords.hashed(PASSWORD)
DIGEST = "sha256:" + "d" * 64
ROLES = {
    "vera": "viewer",
    "dan": "developer",
    "mia": "release manager",
    "lena": "release manager",
    "root": "admin",
}
PLATFORM = Platform.model_validate(
    {
        "tenants": {"online-shop": {}},
        "clusters": {"az1": {}, "az2": {}},
        "apps": {
            "shop": {
                "tenant": "online-shop",
                "repository": "https://git.example.com/shop.git",
                "webhook": {"kind": "github", "secret": "forge"},
            },
            "cart": {
                "tenant": "online-shop",
                "repository": "https://git.example.com/cart.git",
                "webhook": {"kind": "gitea", "secret": "forge"},
            },
            "mail": {"tenant": "online-shop", "repository": "https://git.example.com/mail.git"},
        },
    }
)
SPEC = App.model_validate(
    {
        "app": "shop",
        "serve": {"run": "serve", "replicas": 1},
        "waves": [
            {
                "clusters": ["az1"],
                "canary": ["10%", "50%"],
                "soak": "10s",
                "gates": [{"approval": {"from": "release-managers", "of": 2}}],
            },
            {"clusters": ["az2"], "canary": ["50%"]},
        ],
    }
)


@pytest.fixture(scope="session", autouse=True)
def run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> None:
    """One folder for all processes of this run."""
    mine = tmp_path_factory.getbasetemp()
    pages_app.SHARED.folder = mine.parent if hasattr(request.config, "workerinput") else mine


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database to copy."""
    path = tmp_path_factory.mktemp("migrated") / "sluice.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def inhabited(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """One with everybody and all apps in it, to copy."""
    path = Path(shutil.copy(migrated, tmp_path_factory.mktemp("inhabited")))
    sessions = open_database(f"sqlite:///{path}", pooled=False)
    people = People(sessions)
    for name, role in ROLES.items():
        people.add(name, role, HASH, email=f"{name}@example.com", actor="setup")
    Ledger(sessions).configure(
        Configured({name: AppConfigured("online-shop", "cfg-1") for name in PLATFORM.apps}, {"payments": ["dan"]})
    )
    sessions.engine.dispose()
    return path


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Path:
    shutil.copy(migrated, tmp_path / "sluice.db")
    (tmp_path / "secrets").mkdir()
    secret = tmp_path / "secrets" / "forge"
    secret.touch(mode=0o600)
    secret.write_text("forge-secret\n")
    return tmp_path


def settings_of(home: Path) -> WebSettings:
    return WebSettings(home, f"sqlite:///{home / 'sluice.db'}", PLATFORM, secret=b"s" * 64, base_url="http://localhost")


@pytest.fixture
def settings(home: Path) -> WebSettings:
    return settings_of(home)


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The routes and templates of all pages, read once for a file of tests: each test brings its own parts."""
    return create_app(settings_of(tmp_path_factory.mktemp("routed")))


@pytest.fixture
def app(routed: Flask, settings: WebSettings, home: Path, inhabited: Path):
    shutil.copy(inhabited, home / "sluice.db")
    limiter = routed.extensions[KEY].limiter
    limiter.reset()
    routed.extensions[KEY] = here = replace(parts(settings, limiter), bell=SilentBell())
    yield routed
    here.feed.closing = True
    here.sessions.engine.dispose()


@pytest.fixture
def here(app: Flask) -> Face:
    found: Face = app.extensions[KEY]
    return found


@pytest.fixture
def anyone(app: Flask) -> FlaskClient:
    """A browser that is not signed in."""
    return app.test_client()


@dataclass
class Browser:
    """A browser in which somebody is signed in."""

    client: FlaskClient
    csrf: str

    def post(self, path: str, **form: str):
        return self.client.post(path, data={"csrf_token": self.csrf, **form})


@pytest.fixture
def browser(app: Flask, here: Face):
    """`browser("mia")`: a browser in which Mia is signed in."""

    def sign_in(name: str) -> Browser:
        client, cookie, csrf = app.test_client(), tokens.new_cookie(), tokens.new_cookie()
        here.access.sign_in(name, tokens.digest(cookie), csrf, LASTS)
        client.set_cookie(COOKIE, cookie)
        return Browser(client, csrf)

    return sign_in


@dataclass
class Program:
    """A program that calls the API with a token."""

    client: FlaskClient
    headers: dict[str, str]

    def get(self, path: str, **more):
        return self.client.get(f"/api{path}", headers=self.headers, **more)

    def post(self, path: str, body: object = None, **more):
        headers = {**self.headers, **more.pop("headers", {})}
        return self.client.post(f"/api{path}", json={} if body is None else body, headers=headers, **more)

    def call(self, method: str, path: str, **more):
        return self.client.open(f"/api{path}", method=method, headers=self.headers, **more)


@pytest.fixture
def program(app: Flask, here: Face):
    """`program("mia")`: a program with a token of Mia's."""

    def bring(name: str, *scopes: str) -> Program:
        made = tokens.new_token()
        held = frozenset(scopes or {"read", "operate", "admin"})
        here.access.issue(NewToken(name, "test", made.prefix, made.hash, held, timedelta(days=1)), actor=name)
        return Program(app.test_client(use_cookies=False), {"Authorization": f"Bearer {made.text}"})

    return bring


class Lives:
    """Releases, moved by decisions of ours through the real ledger."""

    def __init__(self, here: Face) -> None:
        self._ledger = here.ledger
        self._made = 0

    def begin(self, **changes: object) -> int:
        """A release of the shop that is about to be built."""
        self._made += 1
        commit = f"{self._made:040x}"
        new = NewRelease("shop", "online-shop", commit, SPEC, make(SPEC, PLATFORM), "app: shop", "def-1")
        return self._ledger.submit(replace(new, version=f"v{self._made}", **changes), "push")  # type: ignore[arg-type]

    def decide(self, release_id: int, decision: Decision) -> None:
        """Write this decision down, as a tick would."""
        lease = self._ledger.claim(release_id)
        assert lease is not None
        release = self._ledger.load(lease)
        seen = {name: ClusterSeen(name, "shop") for name in PLATFORM.clusters}
        facts = Facts(release.read_at, clusters=seen, digest=release.digest or DIGEST)
        self._ledger.settle(lease, release, facts, lambda *_: Ruling(decision))

    def waiting(self, **changes: object) -> int:
        """Built, and waiting for its approval."""
        release_id = self.begin(**changes)
        self.decide(release_id, Start(1))
        return release_id

    def canary(self, **changes: object) -> int:
        """On az1 with 10 % of the traffic, judged."""
        release_id = self.waiting(**changes)
        self.decide(release_id, Start(2, 10))
        return release_id

    def halted(self) -> int:
        release_id = self.canary()
        self.decide(release_id, Halt("both do badly"))
        return release_id

    def live(self, **changes: object) -> int:
        release_id = self.canary(**changes)
        self.decide(release_id, Finish(State.LIVE, "done"))
        return release_id

    def rolled_back(self) -> int:
        release_id = self.waiting()
        self.decide(release_id, Finish(State.ROLLED_BACK, "the test unit failed"))
        return release_id


@pytest.fixture
def lives(here: Face) -> Lives:
    return Lives(here)
