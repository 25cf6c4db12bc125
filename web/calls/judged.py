"""What the judge was given, for whoever wants to judge it once more."""

from pipeline.release import Release, Target
from pipeline.store.said import readings as stored

from ..acting import read_in
from ..endpoint import Call
from ..face import face
from ..gives import ReadingsOut, SharesOut
from ..present.evidence import judges
from ..takes import PartQuery
from . import shapes


def readings(call: Call) -> ReadingsOut:
    """A part of the readings; the settings come with every part."""
    asked = call.query(PartQuery)
    here, number = face(), call.path["release_id"]
    with here.sessions.reading() as session:
        told = read_in(session, here, number)
        found = stored(session, number, offset=asked.offset, limit=asked.limit + 1)
    return ReadingsOut(
        release=shapes.release(told.head),
        rules=max((one.rules for one in told.results if one.rules), default=None),
        clusters=_shares(told.release) if told.release else [],
        readings=list(found[: asked.limit]),
        next=asked.offset + asked.limit if len(found) > asked.limit else None,
    )


def _judged(release: Release, target: Target) -> bool:
    return bool(target.previous or judges(release, target))


def _shares(release: Release) -> list[SharesOut]:
    """Cluster by cluster: who guards the way on from each share."""
    return [
        SharesOut(cluster=one.cluster, judges=judges(release, one), compared=_judged(release, one))
        for one in release.targets
    ]
