"""What the judge was given, for whoever wants to judge it once more."""

from pipeline.release import Release, Target

from ..acting import read
from ..endpoint import Call
from ..face import face
from ..gives import ReadingsOut, SharesOut
from ..present.evidence import judges
from ..takes import PartQuery
from . import shapes


def readings(call: Call) -> ReadingsOut:
    """A part of the readings; the settings come with every part."""
    asked = call.query(PartQuery)
    told = read(face(), call.path["release_id"])
    found = told.said.readings[asked.offset : asked.offset + asked.limit]
    after = asked.offset + len(found)
    return ReadingsOut(
        release=shapes.release(told.head),
        rules=max((one.rules for one in told.results if one.rules), default=None),
        clusters=_shares(told.release) if told.release else [],
        readings=list(found),
        next=after if after < len(told.said.readings) else None,
    )


def _judged(release: Release, target: Target) -> bool:
    return bool(target.previous or judges(release, target))


def _shares(release: Release) -> list[SharesOut]:
    """Cluster by cluster: who guards the way on from each share."""
    return [
        SharesOut(cluster=one.cluster, judges=judges(release, one), compared=_judged(release, one))
        for one in release.targets
    ]
