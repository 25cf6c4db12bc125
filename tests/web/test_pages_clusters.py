"""Clusters and audit say what was seen and kept, and nothing that was not."""

import doctest
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.definition.platform import ClusterEntry
from pipeline.store.looks import Rate, Shown, SlotShown
from tests.web import pages_app
from tests.web.stories import Story
from web.pages.audit import FIELDS
from web.present import audit, clusters

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ENTRY = ClusterEntry.model_validate({"group": "east", "capacity": 10})


def look(cluster: str = "az1", **changes: object) -> Shown:
    slots = (SlotShown("a", "sha256:1", 4, 4, 90, ""), SlotShown("b", "sha256:2", 1, 1, 10, ""))
    told = {
        "cluster": cluster,
        "service": "shop",
        "tried_at": NOW,
        "seen_at": NOW,
        "trouble": "",
        "share": 50,
        "stable": "a",
        "moving": 0,
        "marked": 0,
        "slots": slots,
        "rates": (Rate(30.0, 0.0), Rate(60.0, 1.0)),
    }
    return Shown(**{**told, **changes})  # type: ignore[arg-type]


def card(*looks: Shown) -> clusters.Card:
    return clusters.cards(looks, {"az1": ENTRY}, (), {("shop", "sha256:1"): "v1"}, NOW)[0]


def test_the_share_of_a_cluster_is_counted_not_assumed() -> None:
    found = clusters.traffic([look(), look("az2", rates=(Rate(20.0, 0.0),))], ["az1", "az2", "dr"])

    assert [(one.name, one.measured, one.wanted) for one in found] == [
        ("az1", "75 %", "50 %"),
        ("az2", "25 %", "50 %"),
        ("dr", "not counted", "not set"),
    ]
    assert found[0].errors == "1.00 %"
    assert found[2].requests == "–"


def test_slots_say_what_they_are_for() -> None:
    shown = card(look(slots=(*look().slots, SlotShown("c", "", 0, 0, 0, ""))))

    assert [(slot.version, slot.role) for slot in shown.slots] == [
        ("v1", "stable"),
        ("sha256:2", "canary"),
        ("", "empty"),
    ]
    assert (shown.used, shown.free) == ("5 of 10 replicas run", "50 % free")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "healthy"),
        ({"moving": 3}, "release in motion"),
        ({"trouble": "its gateway does not answer"}, "not seen"),
        ({"slots": (SlotShown("a", "sha256:1", 4, 3, 100, ""),)}, "replicas missing"),
        ({"tried_at": NOW - timedelta(minutes=5)}, "last seen 11:55:00"),
    ],
)
def test_a_cluster_is_healthy_only_when_that_was_seen_lately(changes: dict[str, object], word: str) -> None:
    assert card(look(**changes)).word == word


def test_a_cluster_nobody_looked_at_says_so() -> None:
    assert card().word == "not looked at yet"


def test_the_examples_in_the_code_are_true() -> None:
    assert doctest.testmod(audit).failed == 0


def test_a_changed_line_breaks_the_chain_and_is_named(tmp_path: Path) -> None:
    story = pages_app.told().copy(tmp_path)
    with story.sessions.writing() as session:
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"
        for name in session.scalars(text(names)).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("UPDATE event SET actor = 'nobody' WHERE release_id = 12 AND seq = 2"))
    page = pages_app.sign_in(pages_app.make(story), story, "vera")[0].get("/audit?verify=now")

    assert "Chain broken at 1 places" in page.text
    assert "Line 2 of the journal of R-12: it was changed." in pages_app.words(page.text)


def test_the_export_can_be_checked_without_sluice() -> None:
    story: Story = pages_app.told()
    client = pages_app.sign_in(pages_app.make(story), story, "vera")[0]
    lines = [json.loads(line) for line in client.get("/audit/export?release=12").text.splitlines()]

    before = ""
    for line in lines:
        assert line["prev_hash"] == before
        before = line["hash"]
    one = lines[0]
    at = datetime.fromisoformat(one["at"]).timestamp()
    told = json.dumps(one["told"], sort_keys=True, separators=(",", ":"))
    hashed = [12, 1, one["epoch"], one["kind"], told, one["actor"], at, ""]
    assert one["hash"] == sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def test_a_day_that_is_none_is_said_with_what_to_write() -> None:
    story = pages_app.told()
    answer = pages_app.sign_in(pages_app.make(story), story, "vera")[0].get("/audit?from=yesterday")

    assert answer.status_code == 422
    assert "yesterday is no day; write it like 2026-11-24" in answer.text


def test_every_filter_stays_in_the_address_of_the_next_page() -> None:
    story = pages_app.told()
    asked = {"q": "az", "who": "Sluice", "kind": "shift", "from": "2026-11-24", "to": "2026-11-24", "release": "14"}
    assert set(asked) == set(FIELDS)
    page = pages_app.sign_in(pages_app.make(story), story, "vera")[0].get("/audit", query_string=asked)

    export = page.text.split('href="/audit/export?')[1].split('"')[0].replace("&amp;", "&")
    assert dict(pair.split("=") for pair in export.split("&")) == asked


def test_who_may_not_stop_the_line_is_told_who_may() -> None:
    story = pages_app.told()
    answer = pages_app.sign_in(pages_app.make(story), story, "vera")[0].get("/calendar/stop")

    assert answer.status_code == 403
    assert "needs the role release manager" in answer.text


def test_stopping_the_line_is_a_freeze_of_everything(tmp_path: Path) -> None:
    story = pages_app.told().copy(tmp_path)
    client, token = pages_app.sign_in(pages_app.make(story), story, "jonas")
    form = {"csrf_token": token, "name": "Line stopped", "reason": "payments fail"}

    assert client.post("/freezes", data=form).status_code == 303
    assert "The line is frozen" in client.get("/").text
