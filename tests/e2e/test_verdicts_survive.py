"""All of Sluice is killed twice in mid-canary; what the judge said, and has, is what the readings say in one go."""

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import pytest
from sqlalchemy import select

from pipeline.facts import Reading
from pipeline.judge.case import Case
from pipeline.judge.compare import judge_cluster, verdict
from pipeline.judge.counts import added
from pipeline.judge.kept import text_of
from pipeline.judge.windows import GAP, Merging, filled, pieces
from pipeline.pinned import unpin
from pipeline.plan import passages
from pipeline.settings import Judge
from pipeline.store.records import CaseRow
from pipeline.store.said import readings
from pipeline.store.session import open_database
from pipeline.store.tables import CrossingRow, ReleaseRow, ResultRow
from tests.e2e.installation import FIXTURES
from tests.e2e.users import users
from tests.runners.until import until

pytestmark = pytest.mark.story
PEBBLE = (FIXTURES / "pebble" / "sluice.yaml").read_text()
CAREFUL = PEBBLE.replace("{margin: 10pp}", "{margin: 2pp}").partition("  - {clusters: [az2]")[0]
EVERY = {"fails-every": 40}  # both versions fail alike, so that there is something to judge


@dataclass(frozen=True)
class Told:
    """What the judge said at one moment, and what it had to say."""

    passage: str
    verdict: str
    why: str
    at: datetime


@dataclass(frozen=True)
class Stored:
    """What the database holds of a release in one cluster."""

    readings: tuple[Reading, ...]
    told: tuple[Told, ...]
    judges: dict[str, Judge]
    reached: tuple[datetime, ...]  # when it went on
    case: str  # what the judge had at the end, look by look


def stored(shop, number: int, cluster: str) -> Stored:
    """Read from the file, as nothing of Sluice would have to be running."""
    with open_database(f"sqlite:///{shop.home / 'sluice.db'}", pooled=False).reading() as session:
        row = session.get_one(ReleaseRow, number)
        _, plan = unpin(row.plan_json)
        results = session.scalars(select(ResultRow).where(ResultRow.release_id == number, ResultRow.gate == "judge"))
        told = [Told(one.step, one.verdict, json.loads(one.evidence_json)["why"], one.at) for one in results]
        crossed = select(CrossingRow.at).where(CrossingRow.release_id == number).order_by(CrossingRow.at)
        judges = {one.name: gate for one in passages(plan) for gate in one.gates if isinstance(gate, Judge)}
        return Stored(
            tuple(one for one in readings(session, number) if one.cluster == cluster),
            tuple(told),
            judges,
            tuple(session.scalars(crossed)),
            session.get_one(CaseRow, (number, cluster)).case_json,
        )


def in_one_go(found: Stored, told: Told) -> str:
    """What the judge says of the readings up to then, folded from the first one on by this process."""
    seen = [one for one in found.readings if one.at <= told.at]
    judge, reached = found.judges[told.passage], max(at for at in found.reached if at < told.at)
    since = max((one.at for one in seen if one.at <= reached), default=reached)  # the look that decided it
    return verdict(judge_cluster(seen, (judge,), seen[-1].at), judge, since, seen[-1].at).why


def test_two_kills_in_mid_canary_change_no_verdict(shop):
    shop.release("v1", **EVERY)
    with users(shop, rate=60) as (one, _):
        number = shop.push("survivor", definition=CAREFUL, **EVERY)
        for _ in range(2):
            shop.waits(number, "Evidence that it is not worse")
            shop.kill()
            before = len(one.answers)
            until(lambda: len(one.answers) > before + 60, "users go on without Sluice")  # noqa: B023
            shop.up()
        assert shop.ends(number, 240) == "live", shop.show(number)["why"]

    found = stored(shop, number, "az1")
    assert len(found.told) >= 3
    assert [one.why for one in found.told] == [in_one_go(found, one) for one in found.told]
    assert {one.verdict for one in found.told} == {"wait", "pass"}
    asked = tuple(dict.fromkeys(found.judges.values()))
    assert found.case == text_of(Case.begin(asked).after(found.readings))

    errors = [reading for reading in found.readings if reading.metric == "errors"]
    first, last = errors[0], errors[-1]
    silent = max((new.at - old.at).total_seconds() for old, new in pairwise(errors))
    assert silent > 1, "Sluice was away"
    still, full = filled(Merging(), pieces(errors))
    parts = [*full, *([still.held] if still.held else [])]  # the last few requests wait for more
    assert all(part.before == part.percent for part in parts if part.window.seconds > GAP)
    judged = added(part.window for part in parts)
    assert judged.n_b <= last.stable.total - first.stable.total
    assert (judged.n_c, judged.k_c) == (last.canary.total - first.canary.total, last.canary.bad - first.canary.bad)
