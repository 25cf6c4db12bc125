"""A whole installation as a user has it: `sluice up` in a process, a git repository, people, and the API."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.ports import free_ports
from tests.runners.repository import Repository
from tests.runners.until import until

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
WORD = "correct horse battery staple"
PEOPLE = {"mei": "developer", "lena": "release manager", "diego": "release manager"}
TERMINAL = ("live", "rolled back")
LOOK = 0.1  # seconds between two questions to the API, which answers one token 1200 times a minute
PLATFORM = """
tenants: {vmart: {plane: online}}
clusters:
  az1: {group: east}
  az2: {group: east}
apps:
"""
APP = """\
  {app}:
    tenant: vmart
    repository: {repository}
    allow-local: true
    webhook: {{kind: github, secret: push}}
"""


@dataclass
class Installation:
    """Everything in one folder. Whatever it started is ended with it."""

    folder: Path
    app: str = "pebble"
    platform_text: str = ""  # "": one app, in two clusters
    process: "subprocess.Popen[str] | None" = None
    said: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # One client, since each makes a TLS context anew (36 ms of CPU); no kept connection outlives a killed Sluice.
        self.http = httpx2.Client(timeout=20, trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0))
        self.home = self.folder / "home"
        self.home.mkdir(mode=0o700)
        secrets = self.home / "secrets"
        secrets.mkdir(mode=0o700)
        (secrets / "push").write_text("hush-hush-hush-hush")
        (secrets / "push").chmod(0o600)
        self.repository = Repository(self.folder / "repository")
        self.platform = self.folder / "platform.yaml"
        self.platform.write_text(self.platform_text or PLATFORM + self.entry())
        self.base = free_ports(16)[0]  # `sluice up` puts everything there

    def entry(self) -> str:
        """The app in platform.yaml."""
        return APP.format(app=self.app, repository=self.repository.path)

    def beside(self, app: str) -> "Installation":
        """The same installation as the team of another app has it; before it is up, as web reads platform.yaml once."""
        other = copy(self)
        other.app, other.repository = app, Repository(self.folder / app)
        self.platform.write_text(self.platform.read_text() + other.entry())
        return other

    # ---- the system ---------------------------------------------------------------------------------------------

    def up(self) -> None:
        """`sluice up`, until it answers."""
        words = ["up", "--home", str(self.home), "--platform", str(self.platform), "--port", str(self.base)]
        env = {**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
        log = (self.folder / "up.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", *words], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()
        until(self._answers, "sluice up answers", 90)

    def down(self) -> None:
        """Ctrl-C, then `sluice down`: nothing stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        subprocess.run(
            [sys.executable, "-m", "cli", "down", "--home", str(self.home)], cwd=ROOT, check=True, capture_output=True
        )

    def kill(self) -> None:
        """`kill -9` of all of Sluice, by number: the supervisor and every part of it. The clusters stay."""
        running = json.loads((self.home / "up.json").read_text())
        for pid in (running["pid"], *running["processes"].values()):
            os.kill(pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait(10)

    def kill_web(self) -> None:
        """`kill -9` of the web process and its workers; its supervisor starts it again."""
        number = json.loads((self.home / "up.json").read_text())["processes"]["web"]
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        for pid in (number, *map(int, children)):
            os.kill(pid, signal.SIGKILL)

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "up.log").read_text())
        try:
            pid = json.loads((self.home / "up.json").read_text())["pid"]
            healthy = self.http.get(f"{self.url}/healthz", timeout=5).is_success
        except (OSError, httpx2.HTTPError):
            return False
        return bool(pid == self.process.pid and healthy and (self.home / "credentials").exists())

    # ---- people and the API -------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.base}"

    def admin(self) -> str:
        """The token that `sluice up` left for the terminal."""
        return str(json.loads((self.home / "credentials").read_text())["logins"][self.url])

    def hire(self) -> None:
        """A developer and two release managers, each with a token."""
        self.tokens["admin"] = self.admin()
        for name, role in PEOPLE.items():
            about = {"name": name, "role": role, "password": WORD, "email": f"{name}@example.org"}
            self.call("POST", "/api/users", "admin", about)
            sign_in = {"username": name, "password": WORD, "name": "tests", "scopes": ["read", "operate"]}
            self.tokens[name] = self.call("POST", "/api/sign-in", "", sign_in)["token"]

    def call(self, method: str, path: str, who: str = "admin", body: Any = None, status: int = 0) -> Any:
        """Ask the API as somebody; what it answers. `status`: the one that is expected, 0 = any good one."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        answer = self.http.request(method, self.url + path, headers=headers, json=body)
        good = answer.status_code == status if status else answer.is_success
        assert good, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def show(self, number: int) -> Any:
        return self.call("GET", f"/api/releases/{number}")

    def act(self, number: int, verb: str, who: str, body: Any = None, status: int = 0) -> Any:
        return self.call("POST", f"/api/releases/{number}/{verb}", who, body or {}, status)

    def approve(self, number: int, who: str, status: int = 0, shown: Any = None) -> Any:
        return self.act(number, "approve", who, {**(shown or self.show(number)["shown"])}, status)

    def kinds(self, number: int) -> list[str]:
        """The kinds of its events, oldest first."""
        events = self.call("GET", f"/api/releases/{number}/journal?limit=100")["events"]
        return [event["kind"] for event in reversed(events)]

    # ---- commits and releases -----------------------------------------------------------------------------------

    def commit(self, version: str, *, definition: str = "", **settings: Any) -> str:
        """A commit of the fixture app by mei, with these settings; its hash."""
        files = {path.name: path.read_bytes() for path in (FIXTURES / self.app).iterdir() if path.is_file()}
        if "settings.json" in files:
            told = {"version": version, "fails-every": 0, "fails-in": "", "passes": True, **settings}
            files["settings.json"] = json.dumps(told).encode()
        if definition:
            files["sluice.yaml"] = definition.encode()
        return self.repository.push(files, subject=f"Make {version}", by="mei@example.org")

    def report(self, commit: str) -> None:
        """The forge reports the push, signed."""
        body = json.dumps({"ref": "refs/heads/main", "after": commit, "pusher": {"name": "mei"}}).encode()
        signature = hmac.new(b"hush-hush-hush-hush", body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Event": "push", "X-GitHub-Delivery": commit}
        headers["Content-Type"] = "application/json"
        answer = self.http.post(f"{self.url}/hooks/{self.app}", content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    def push(self, version: str, *, definition: str = "", **settings: Any) -> int:
        """Commit, report, and the number of the release that comes of it."""
        commit = self.commit(version, definition=definition, **settings)
        self.report(commit)
        found: list[int] = []

        def arrived() -> bool:
            releases = self.call("GET", "/api/releases?limit=100")["releases"]
            found[:] = [one["id"] for one in releases if one["commit"] == commit]
            return bool(found)

        until(arrived, f"a release of {version}", every=LOOK)
        return found[0]

    def release(self, version: str, **settings: Any) -> int:
        """A version that goes live."""
        number = self.push(version, **settings)
        assert self.ends(number) == "live", self.show(number)["why"]
        return number

    def ends(self, number: int, seconds: float = 90, every: float = LOOK) -> str:
        """How the release ended."""
        said = f"R-{number} ends: {self.show(number)['stands']}"
        until(lambda: self.show(number)["state"] in TERMINAL, said, seconds, every)
        return str(self.show(number)["state"])

    def waits(self, number: int, why: str, seconds: float = 60) -> Any:
        """Until it waits with these words."""
        until(lambda: why in self.show(number)["waiting"], f"R-{number} waits: {why}", seconds, LOOK)
        return self.show(number)

    def reaches(self, number: int, percent: int) -> None:
        """Until so many percent of the users of its cluster are on it."""
        until(lambda: self.show(number)["percent"] == percent, f"{percent} % of R-{number}", 60, LOOK)

    def port(self, cluster: str) -> int:
        """Where users reach the app in a cluster."""
        return int(json.loads((self.home / "up.json").read_text())["ports"]["clusters"][cluster])

    def answers(self, cluster: str) -> str:
        """The version that answers there now."""
        got = self.http.get(f"http://127.0.0.1:{self.port(cluster)}/")
        return got.headers["X-Version"]


@contextmanager
def running(one: Installation) -> Iterator[None]:
    """It runs, with its people."""
    try:
        one.up()
        one.hire()
        yield
    finally:
        one.down()
