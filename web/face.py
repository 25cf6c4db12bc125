"""What every part of the face works with: settings, store, bell, feed. Made once by `create_app`."""

from dataclasses import dataclass, field

from flask import current_app
from flask_limiter import Limiter

from pipeline.store.access import Access
from pipeline.store.bell import Rings
from pipeline.store.inbox import Inbox
from pipeline.store.ledger import Ledger
from pipeline.store.people import People
from pipeline.store.session import Sessions

from .answered import Answered
from .curves import Curves
from .feed import Feed
from .logbook import Book
from .settings import WebSettings

KEY = "sluice"


@dataclass(frozen=True, slots=True)
class Face:
    """The parts of one web process."""

    settings: WebSettings
    sessions: Sessions
    ledger: Ledger
    inbox: Inbox
    people: People
    access: Access
    bell: Rings
    feed: Feed
    limiter: Limiter
    book: Book = field(default_factory=Book)
    curves: Curves = field(default_factory=Curves)
    answered: Answered = field(default_factory=Answered)


def face() -> Face:
    """The parts of the app that answers this request."""
    found: Face = current_app.extensions[KEY]
    return found
