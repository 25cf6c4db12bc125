"""The whole face over a story's database, and browsers that are signed in."""

import fcntl
import os
import re
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from pipeline.store.access import Access
from tests.web.fates import tell
from tests.web.stories import PLATFORM, Story
from web import auth, create_app, face, tokens
from web.feed import Feed
from web.settings import WebSettings


@dataclass
class Shared:
    """Where all processes of a run find the story that one of them tells."""

    folder: Path = Path()  # set once the run has one


SHARED = Shared()


@cache
def told() -> Story:
    """The story of every fate, for all that only look: told once in a run, and each process has a copy of its own."""
    story, ends, mine = SHARED.folder / "story", SHARED.folder / "story-ends", SHARED.folder / f"story-{os.getpid()}"
    with (SHARED.folder / "story.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ends.exists():
            story.mkdir()
            one = tell(story)
            one.save(SHARED.folder / "story.db")
            ends.write_text(one.clock.at.isoformat())
    mine.mkdir()
    shutil.copy(SHARED.folder / "story.db", mine / "sluice.db")
    return Story(mine, datetime.fromisoformat(ends.read_text()))


def make(story: Story) -> Flask:
    """The face as it is started, on the clock of `story`."""
    settings = WebSettings(story.home, story.url, PLATFORM, secret=b"s" * 32, base_url="http://localhost")
    app = create_app(settings)
    app.extensions[face.KEY] = replace(
        app.extensions[face.KEY],
        sessions=story.sessions,
        ledger=story.ledger,
        people=story.people,
        access=Access(story.sessions),
        feed=Feed(lambda after: (), lambda: 0),
    )
    return app


def sign_in(app: Flask, story: Story, name: str) -> tuple[FlaskClient, str]:
    """A browser of `name`, and the token its forms carry."""
    client = app.test_client()
    cookie, token = tokens.new_cookie(), tokens.new_cookie()
    Access(story.sessions).sign_in(name, tokens.digest(cookie), token, auth.LASTS)
    client.set_cookie(auth.COOKIE, cookie)
    return client, token


def words(html: str) -> str:
    """What a person reads, without tags and runs of blanks."""
    bare = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", bare)
