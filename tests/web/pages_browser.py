"""The face as a real gunicorn process, and Debian's Chromium to look at it."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from tests.ports import free_ports
from tests.web.fates import tell
from tests.web.stories import PLATFORM_TEXT, Story
from web import passwords

WHO, ANOTHER, PASSWORD = "ada", "bob", "correct horse battery staple"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]


def chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium; without it these tests fail and say what to install."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("Chromium is missing, so no page was looked at; on Debian: apt-get install chromium")
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


@dataclass
class Site:
    """A story and the process that shows it."""

    home: Path
    story: Story
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process and wait until it answers."""
        environment = os.environ | {
            "SLUICE_HOME": str(self.home),
            "DATABASE_URL": self.story.url,
            "SLUICE_BIND": f"127.0.0.1:{self.port}",
            "SLUICE_BASE_URL": self.url,
            "REDIS_URL": "",
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "python:web.gunicorn_conf", "web:create_app()"]
        with (self.home / "web.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = datetime.now(UTC) + timedelta(seconds=60)
        while datetime.now(UTC) < deadline and self.process.poll() is None:
            try:
                with urlopen(f"{self.url}/login", timeout=5):
                    return
            except (URLError, OSError):
                continue
        pytest.fail((self.home / "web.log").read_text()[-2000:])

    def stop(self) -> None:
        """End the process we started."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self) -> None:
        """End it and its worker as a crash would: nobody says goodbye."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for number in (self.process.pid, *map(int, children)):
            os.kill(number, signal.SIGKILL)
        self.process.wait(30)


def site(home: Path, minutes: int = 9) -> Site:
    """A story that begins so many minutes ago and ends about now, with people who can sign in by password."""
    story = tell(home, datetime.now(UTC) - timedelta(minutes=minutes))
    word = passwords.hashed(PASSWORD)
    story.people.add(WHO, "admin", word, actor="setup")
    story.people.add(ANOTHER, "release manager", word, actor="setup")
    (home / "platform.yaml").write_text(PLATFORM_TEXT)
    return Site(home, story, free_ports(1)[0])


@dataclass
class Look:
    """One page of a signed-in browser, and everything its console complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def sign_in(site: Site, context: BrowserContext, who: str = WHO) -> Look:
    """A page after the log-in form."""
    look = Look(context.new_page())
    look.page.on("console", look.note)
    look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
    look.page.goto(f"{site.url}/login")
    look.page.get_by_label("Name or email").fill(who)
    look.page.get_by_label("Password").fill(PASSWORD)
    look.page.get_by_role("button", name="Sign in").click()
    look.page.wait_for_url(f"{site.url}/")
    return look
