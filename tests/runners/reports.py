"""Reports as forges send them, and reading them as a worker would."""

import json

from pipeline.store.records import InboxRow
from pipeline.store.tables import ReleaseRow
from runners.intake import intake
from tests.runners.fake_world import DEFINITION


def commit(office, subject, definition=DEFINITION, **more):
    files = {"sluice.yaml": definition.encode(), "app.py": subject.encode()}
    return office.source.push(files, subject=subject, **more)


def github(head, **more):
    """The parts of a GitHub push that matter, and some that must not."""
    told = {
        "ref": "refs/heads/main",
        "before": "1" * 40,
        "after": head,
        "repository": {"full_name": "vmart/shop", "clone_url": "https://elsewhere.example/evil.git"},
        "pusher": {"name": "lena", "email": "lena@example.org"},
        "commits": [{"id": head, "message": "Change"}],
    }
    return told | more


def gitea(head, **more):
    told = {
        "ref": "refs/heads/main",
        "after": head,
        "secret": "",
        "repository": {"full_name": "vmart/shop"},
        "pusher": {"login": "lena", "username": "lena", "full_name": "Lena"},
    }
    return told | more


def deliver(office, said, source="shop"):
    """A report arrives and is read; the release, and what became of the report."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    received = office.inbox.put(source, body, "d", {})
    release_id = intake(received.id, office.desk)
    return release_id, report(office, received.id)


def report(office, number):
    with office.sessions.reading() as session:
        row = session.get_one(InboxRow, number)
        return row.state, row.reason


def releases(office):
    with office.sessions.reading() as session:
        return [row.subject for row in session.query(ReleaseRow).order_by(ReleaseRow.id)]
