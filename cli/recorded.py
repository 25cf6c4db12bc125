"""What Sluice recorded of past canaries, judged once more on this machine: the server only hands out the readings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from pipeline.definition.judging import JudgeBy
from pipeline.facts import Reading
from pipeline.judge.replay import Stay, replay
from pipeline.plan import judge_of, margins
from pipeline.settings import Judge

from .client import Api, Json

Judges = Mapping[int, Judge]
_JUDGES = TypeAdapter(dict[int, Judge])
_READINGS = TypeAdapter(list[Reading])


@dataclass(frozen=True, slots=True)
class Recorded:
    """One release's canaries: the settings by cluster and share, and everything that was read."""

    release: Json
    rules: int | None  # the version of the rules it was judged by; None: it was not judged
    judges: Mapping[str, Judges]  # of the clusters in which an older version ran beside it
    readings: tuple[Reading, ...]

    def lives(self, by: JudgeBy | None = None) -> dict[str, tuple[Stay, ...]]:
        """What the judge says of each cluster, by the settings of then or by others. Empty: nothing was judged."""
        found = {}
        for cluster, judges in self.judges.items():
            here = [one for one in self.readings if one.cluster == cluster]
            if stays := replay(here, _changed(judges, by) if by else judges):
                found[cluster] = stays
        return found


def fetch(api: Api, number: int) -> Recorded:
    """Ask for all that was recorded of one release."""
    readings: list[Reading] = []
    offset: int | None = 0
    while offset is not None:
        part = api.get(f"/releases/{number}/readings", offset=offset)
        readings += _READINGS.validate_python(part["readings"])
        offset = part["next"]
    judges = {one["cluster"]: _JUDGES.validate_python(one["judges"]) for one in part["clusters"] if one["compared"]}
    return Recorded(part["release"], part["rules"], judges, tuple(readings))


def since(api: Api, start: datetime, app: str | None) -> Iterator[Json]:
    """The releases that were created since `start`, newest first."""
    cursor: str | None = ""
    while cursor is not None:
        page = api.get("/releases", app=app, cursor=cursor or None, limit=100)
        for one in page["releases"]:
            if datetime.fromisoformat(one["created_at"]) < start:
                return
            yield one
        cursor = page["next"]


def _changed(judges: Judges, by: JudgeBy) -> Judges:
    """Other settings for the same ladder: shares that ask for a margin then still ask for one."""
    guarded = sorted(share for share, judge in judges.items() if judge.margin is not None)
    asked = dict(zip(guarded, margins(by.errors.margin, len(guarded)), strict=True))
    return {
        share: _as_then(judge_of(by, asked.get(share)), judge)
        for share, judge in judges.items()
        if not judge.alone or by.slo is not None
    }


def _as_then(judge: Judge, then: Judge) -> Judge:
    """A first version stays one, and where the file leaves the unit open it stays as it was."""
    judge = replace(judge, alone=then.alone)
    return replace(judge, unit=then.unit, window=then.window, chosen=then.chosen) if judge.unit == "auto" else judge
