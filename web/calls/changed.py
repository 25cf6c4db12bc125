"""What is new in a release, for whoever decides with a program."""

from pipeline.store.changes import Brought, Changes, changes

from ..acting import read_in
from ..endpoint import Call
from ..face import face
from ..gives_changes import BroughtOut, ChangesOut, NewCommitOut, ObjectOut
from ..present.lines import unified
from ..present.objects import compared, says
from . import shapes


def show(call: Call) -> ChangesOut:
    """Read with what a vote would be for, in one moment."""
    here = face()
    with here.sessions.reading() as session:
        told = read_in(session, here, call.path["release_id"])
        found = changes(session, told.head.id) or Changes(None, (), "", "", configured_anew=False)
    return ChangesOut(
        since=found.since.id if found.since else None,
        commits=[NewCommitOut(hash=one.hash, subject=one.subject, author=one.author) for one in found.commits],
        definition=unified(found.before, found.after) if found.since else "",
        configured_anew=found.configured_anew,
        clusters=[_brought(one) for one in found.brought],
        shown=shapes.shown(told),
    )


def _brought(one: Brought) -> BroughtOut:
    return BroughtOut(
        cluster=one.cluster,
        since=one.since.id if one.since else None,
        rendered=one.after is not None,
        says=says(one),
        objects=[
            ObjectOut(kind=found.kind, name=found.name, change=found.change, diff=unified(found.before, found.after))
            for found in compared(one)
        ],
    )
