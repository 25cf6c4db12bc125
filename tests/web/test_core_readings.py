"""What the judge was given, through the API; and what it will wait for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.facts import ClusterSeen, Count
from pipeline.store.looks import Look, note
from tests.web.conftest import Lives, Program
from tests.web.stories import shops_past
from web.face import Face

Programs = Callable[[str], Program]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every test begins with a copy of these three releases."""
    return shops_past(tmp_path_factory.mktemp("past"))


def test_the_readings_come_in_parts_without_a_gap(program: Programs) -> None:
    vera = program("vera")
    whole, found, offset = vera.get("/releases/2/readings").json, [], 0
    while offset is not None:
        part = vera.get(f"/releases/2/readings?offset={offset}&limit=7").json
        found += part["readings"]
        offset = part["next"]

    assert found == whole["readings"]
    assert len(found) > 70
    assert whole["clusters"][0]["judges"]["10"]["margin"] == pytest.approx(0.02)


def test_a_first_version_was_compared_with_nothing(program: Programs) -> None:
    found = program("vera").get("/releases/1/readings").json

    assert [one["compared"] for one in found["clusters"]] == [False, False, False]


def test_a_step_ahead_says_how_long_it_will_wait_at_the_traffic_there_is(
    here: Face, program: Programs, lives: Lives
) -> None:
    number = lives.canary()
    for total in (0, 100_000):
        counts = {"a": Count("a1", total, total // 1000)}
        note(here.sessions, [Look(ClusterSeen("az2", "shop", stable="a", weights={"a": 100}), counts)])

    plan = {step["name"]: step["waits"] for step in program("vera").get(f"/releases/{number}").json["plan"]}

    assert plan.pop("canary az2")[0]["promote"] > 0
    assert not any(plan.values())
    assert any("twice as often" in line for line in program("vera").get(f"/releases/{number}/explain").json["lines"])
