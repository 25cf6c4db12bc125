"""What the judge was given, for whoever wants to judge it once more."""

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
    shares = [
        SharesOut(cluster=one.cluster, judges=judges(told.release, one.wave), compared=bool(one.previous))
        for one in (told.release.targets if told.release else ())
        if told.release
    ]
    return ReadingsOut(
        release=shapes.release(told.head),
        rules=max((one.rules for one in told.results if one.rules), default=None),
        clusters=shares,
        readings=list(found),
        next=after if after < len(told.said.readings) else None,
    )
