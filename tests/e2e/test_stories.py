"""Stories on real processes with a fast profile: what a release manager lives through in a week, in two minutes."""

import pytest

from tests.e2e.installation import FIXTURES
from tests.e2e.users import users

pytestmark = pytest.mark.story
DEFINITION = (FIXTURES / "pebble" / "sluice.yaml").read_text()
ASKING = DEFINITION.replace(
    "clusters: [az1], ", "clusters: [az1], gates: [{approval: {from: release-managers, of: 2}}], "
)


def test_the_first_version_and_then_a_good_one_reach_everyone_without_a_failure(shop):
    first = shop.release("v1")
    with users(shop) as (one, other):
        second = shop.release("v2")

    assert [shop.answers("az1"), shop.answers("az2")] == ["v2", "v2"]
    assert (one.failed, other.failed) == (0, 0)
    assert one.said()["v1\n"] > 0 < one.said()["v2\n"]
    assert "test passed" not in shop.show(first)["why"]
    assert shop.kinds(second)[-1] == "finish"


def test_a_bad_version_is_taken_back_and_the_second_cluster_never_saw_it(shop):
    with users(shop) as (one, other):
        bad = shop.push("bad", **{"fails-every": 2})
        assert shop.ends(bad) == "rolled back"

    shown = shop.show(bad)
    assert shown["reason"] == "harmed"
    assert "the canary failed" in shown["why"]
    assert one.failed > 0
    assert other.failed == other.said()["bad\n"] == 0
    assert [shop.answers("az1"), shop.answers("az2")] == ["v2", "v2"]


def test_a_version_whose_test_fails_touches_no_cluster(shop):
    failed = shop.push("untested", passes=False)

    assert shop.ends(failed) == "rolled back"
    assert shop.show(failed)["why"].startswith("Test unit failed")
    assert shop.show(failed)["targets"] == []
    log = shop.call("GET", f"/api/releases/{failed}/log?step=test")
    assert "does not pass its test" in log["text"]


def test_two_release_managers_approve_and_the_author_cannot(shop):
    asked = shop.push("asked", definition=ASKING)
    shop.waits(asked, "0 of 2 of release-managers agreed")

    shop.approve(asked, "mei", status=403)
    shop.approve(asked, "lena")
    shop.waits(asked, "1 of 2 of release-managers agreed")
    shop.approve(asked, "lena")
    shop.waits(asked, "1 of 2 of release-managers agreed")
    shop.approve(asked, "diego")

    with users(shop):
        assert shop.ends(asked) == "live"


def test_an_approval_is_void_once_definition_or_targets_change(shop):
    shown = {}
    first = shop.push("voided", definition=ASKING)
    shown[first] = shop.waits(first, "0 of 2")["shown"]
    shop.approve(first, "lena")
    shop.waits(first, "1 of 2")

    shop.platform.write_text(shop.platform.read_text().replace("{group: east}", "{group: east, capacity: 19}", 1))
    shop.waits(first, "0 of 2")
    assert shop.approve(first, "diego", status=409, shown=shown[first])["code"] == "gate.outdated"

    second = shop.push("voided-too", definition=ASKING.replace("soak: 2s", "soak: 3s"))
    shop.waits(second, "0 of 2")
    assert shop.ends(first) == "rolled back"
    assert shop.show(first)["reason"] == "superseded"
    shop.act(second, "reject", "lena", {**shop.show(second)["shown"], "comment": "not today"})
    assert shop.ends(second) == "rolled back"
    assert '"not today"' in shop.show(second)["why"]


def test_a_freeze_holds_what_goes_forward_and_lets_a_rollback_through(shop):
    with users(shop):
        frozen = shop.push("frozen")
        shop.reaches(frozen, 50)
        freeze = {"name": "Sale", "reason": "flash sale"}
        shop.call("POST", "/api/freezes", "lena", freeze)
        shop.waits(frozen, "freeze Sale")

        shop.act(frozen, "rollback", "diego", {"reason": "sale first"})

        assert shop.ends(frozen) == "rolled back"
    assert shop.answers("az1") == "asked"
    for one in shop.call("GET", "/api/freezes")["freezes"]:
        shop.call("POST", f"/api/freezes/{one['id']}/lift", "lena", {})


def test_when_the_second_wave_fails_the_first_goes_back_after_it(shop):
    with users(shop) as (one, other):
        late = shop.push("late", **{"fails-every": 2, "fails-in": "az2"})
        assert shop.ends(late) == "rolled back"

    assert (one.failed, other.failed > 0) == (0, True)
    assert one.said()["late\n"] > 0
    assert [shop.answers("az1"), shop.answers("az2")] == ["asked", "asked"]
    undone = [
        one["text"] for one in shop.call("GET", f"/api/releases/{late}/journal")["events"] if one["kind"] == "undo"
    ]
    assert "First az2, then az1" in undone[0]


def test_a_live_version_returns_to_the_one_before(shop):
    with users(shop) as (one, other):
        now = shop.release("newest")
        outcome = shop.act(now, "rollback", "lena", {"reason": "slow"})

        assert shop.ends(outcome["release"]) == "live"
    assert [shop.answers("az1"), shop.answers("az2")] == ["asked", "asked"]
    assert (one.failed, other.failed) == (0, 0)
    assert shop.show(now)["state"] == "live"


def test_sluice_is_killed_in_mid_canary_and_completes_it_when_it_is_back(shop):
    with users(shop) as (one, other):
        number = shop.push("survivor")
        shop.reaches(number, 50)
        shop.kill()
        shop.up()

        assert shop.ends(number) == "live"
    assert (one.failed, other.failed) == (0, 0)
    assert shop.kinds(number).count("finish") == 1


def test_an_app_in_another_language_goes_the_same_way_beside_it(shop, greeter):
    """In Perl: Sluice knows nothing of the language of an app."""
    greeter.release("v1")
    with users(greeter) as loads:
        assert greeter.ends(greeter.push("v2")) == "live"

    assert [load.failed for load in loads] == [0, 0]
    assert [shop.answers("az1"), shop.answers("az2")] == ["survivor", "survivor"]
