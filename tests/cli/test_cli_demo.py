"""The parts of the demo: where it plays, what is pushed, what buyers count, and what it takes to be content."""

import io
import json
import subprocess
from dataclasses import replace

import pytest
from rich.console import Console

from cli.client import Api
from cli.exits import Stop
from cli.home import Home
from cli.story.crowd import Tally
from cli.story.people import Person
from cli.story.place import MARK, fresh, write_platform
from cli.story.seen import Seen, shortfalls
from cli.story.shop import EMAIL, Commit, ShopRepository, report_push
from cli.story.telling import Teller
from cli.up import CHECKOUT
from pipeline.definition.reading import read_app, read_platform
from pipeline.safety import complaints

T0 = 1_800_000_000.0


# ---- where it plays -------------------------------------------------------------------------------------------------


def test_a_folder_of_somebody_else_is_never_touched(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(Stop, match="is not a demo's; nothing was touched"):
        fresh(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_an_earlier_demo_left_is_cleared(tmp_path):
    home = fresh(tmp_path / "home")
    (home.path / "old").write_text("x")

    again = fresh(tmp_path / "home")

    assert (again.path / MARK).is_file()
    assert not (again.path / "old").exists()


def test_a_demo_that_still_runs_is_not_cleared(tmp_path):
    home = fresh(tmp_path / "home")

    with home.alone(), pytest.raises(Stop, match="A demo runs in"):
        fresh(tmp_path / "home")


# ---- what is pushed -------------------------------------------------------------------------------------------------


def test_the_shop_is_released_on_the_platform_of_the_demo(tmp_path):
    home = Home.at(tmp_path / "home")
    repository = ShopRepository(home.path / "shop")
    repository.begin()
    platform = read_platform(write_platform(home, repository.path).read_text())
    app = read_app((repository.path / "sluice.yaml").read_text())

    assert list(complaints(app, platform)) == []
    assert platform.apps["shop"].repository == str(repository.path)


def test_three_versions_come_by_an_author_who_has_an_account(tmp_path):
    repository = ShopRepository(tmp_path / "shop")
    made = [repository.begin(), repository.change("v2", "Compare"), repository.change("v3", "Points")]

    log = git(repository, "log", "--reverse", "--format=%H %ae").splitlines()

    assert log == [f"{commit.hash} {EMAIL}" for commit in made]
    assert git(repository, "status", "--porcelain") == ""
    assert '"3.0.0"' in (repository.path / "shop" / "version.py").read_text()


def test_only_what_belongs_to_the_shop_is_in_its_repository(tmp_path):
    repository = ShopRepository(tmp_path / "shop")
    repository.begin()
    tracked = subprocess.run(
        ["git", "ls-files", "--", "sample-shop"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )

    files = git(repository, "ls-files").splitlines()

    assert not [name for name in files if "__pycache__" in name or name.startswith((".venv", "data/"))]
    assert set(files) >= {name.removeprefix("sample-shop/") for name in tracked.stdout.splitlines()}


def test_a_push_is_reported_with_a_signature(url):
    commit = Commit("v1", "a" * 40, "Open the shop")

    assert report_push(url, "forge-secret", commit) > 0
    with pytest.raises(Stop, match="answered 401"):
        report_push(url, "another secret", commit)


def test_a_person_approves_what_waits_in_the_own_inbox_and_nothing_else(terminal, url, lives):
    mia, dan = (Person(name, "", "", Api(url, terminal(name).env["SLUICE_TOKEN"])) for name in ("mia", "dan"))
    number = lives.waiting()

    assert mia.approve(number + 1) is False
    assert dan.approve(number) is False
    assert mia.approve(number) is True
    assert mia.api.get("/releases/1/journal")["events"][0]["kind"] == "vote"


# ---- what buyers count ----------------------------------------------------------------------------------------------


def line(t: float, **targets: dict[str, tuple[int, int]]) -> dict[str, object]:
    """A line of the shopper: requests and failures by version, of each cluster."""
    return {
        "t": t,
        "targets": {
            cluster: {
                "by_version": {
                    version: {
                        "requests": requests,
                        "failed": failed,
                        "last": t,
                        "first_failed": t if failed else None,
                    }
                    for version, (requests, failed) in versions.items()
                }
            }
            for cluster, versions in targets.items()
        },
    }


def test_an_answer_that_never_came_is_charged_to_the_suspect_of_its_cluster():
    tally = Tally()
    tally.hear(line(T0, az1={"a": (90, 0)}, az2={"a": (90, 0)}), lambda _: "a")
    tally.hear(line(T0 + 1, az1={"a": (130, 0), "none": (2, 2)}, az2={"a": (130, 0)}), lambda _: "b")
    tally.hear(line(T0 + 2, az1={"a": (170, 0), "none": (3, 3)}, az2={"a": (170, 0)}), lambda _: "a")

    assert (tally.failed("az1", "b"), tally.failed("az1", "a"), tally.failed("az2", "b")) == (2, 1, 0)
    assert tally.requests("az1", "a") == 171
    assert tally.total().failed == 3


def test_an_answer_that_names_no_version_is_a_failure_whatever_it_said():
    tally = Tally()
    tally.hear(line(T0, az1={"none": (4, 0)}), lambda _: "a")

    assert tally.failed("az1", "a") == 4


def test_the_rate_is_that_of_the_last_second():
    tally = Tally()
    tally.hear(line(T0, az1={"a": (100, 0)}), lambda _: "a")
    tally.hear(line(T0 + 2, az1={"a": (400, 0)}), lambda _: "a")

    assert tally.rate == 150


# ---- what it takes to be content ------------------------------------------------------------------------------------


def at(seconds: float) -> str:
    return f"2027-01-15T08:{int(seconds) // 60:02}:{seconds % 60:06.3f}+00:00"


def seen(name: str, version: str, state: str, reason: str | None = None) -> Seen:
    found = {"version": version, "state": state, "reason": reason, "digest": "sha256:d", "targets": []}
    found |= {"created_at": at(0), "ended_at": at(30.5), "colour": "pass"}
    return Seen(Commit(name, version * 8, "x"), found)


@pytest.fixture
def told():
    """What is seen when everything goes well."""
    first, good, bad = seen("v1", "a", "live"), seen("v2", "b", "live"), seen("v3", "c", "rolled back", "harmed")
    good.weights = {cluster: [(1.0, 10), (2.0, 25), (3.0, 50), (4.0, 100)] for cluster in ("az1", "az2")}
    tally = Tally()
    tally.hear(line(T0, az1={"a": (9, 0), "c": (5, 1)}, az2={"a": (9, 0)}), lambda _: "a")
    bad.decided = T0 + 20
    tally.hear(line(T0 + 21, az1={"a": (9, 0), "b": (9, 0)}, az2={"a": (9, 0), "b": (9, 0)}), lambda _: "b")
    tally.counts["az1"]["c"] = replace(tally.counts["az1"]["a"], requests=9, failed=2, last=T0 + 21.5, first_failed=T0)
    return [first, good, bad], tally


def test_all_is_well_when_all_was_seen(told):
    releases, tally = told

    assert list(shortfalls(releases, tally)) == []
    assert releases[2].first_failure_to_decision(tally) == 20.0
    assert releases[2].decision_to_zero(tally) == 1.5


def test_a_story_that_ended_early_is_no_success(told):
    releases, tally = told

    assert list(shortfalls(releases[:2], tally)) == ["the story did not come to its end"]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda r, t: r[0].found.update(state="rolled back"), "v1 is rolled back, not live"),
        (lambda r, t: t.charged.update({("az2", "b"): 1}), "1 requests to v2 failed in az2"),
        (lambda r, t: t.counts["az2"].pop("b"), "no buyer met v2 in az2"),
        (lambda r, t: r[1].weights["az2"].pop(1), "v2 was not seen at 25 % in az2"),
        (lambda r, t: r[2].found.update(reason="failed"), "v3 is rolled back (failed), not rolled back for harm"),
        (lambda r, t: setattr(r[2], "decided", T0 + 46), "v3 was decided 46.0 s after its first failing answer"),
        (lambda r, t: setattr(r[2], "decided", T0 + 19), "v3 was gone 2.5 s after the decision"),
        (lambda r, t: setattr(r[2], "decided", None), "v3 was decided None s after its first failing answer"),
        (lambda r, t: t.counts["az2"].update(c=t.counts["az1"]["c"]), "v3 answered 9 requests in az2"),
    ],
)
def test_whatever_is_not_as_promised_is_said(told, spoil, why):
    releases, tally = told

    spoil(releases, tally)

    assert any(what.startswith(why) for what in shortfalls(releases, tally))


def test_the_report_has_the_form_that_was_promised(told):
    releases, tally = told

    said = json.loads(json.dumps(releases[1].report(tally)))

    assert said == {
        "version": "v2",
        "commit": "b" * 8,
        "digest": "sha256:d",
        "state": "live",
        "seconds": 30.5,
        "clusters": {
            cluster: {"weights": [[1.0, 10], [2.0, 25], [3.0, 50], [4.0, 100]], "requests": 9, "failed": 0}
            for cluster in ("az1", "az2")
        },
        "first_failure_to_decision": None,
        "decision_to_zero": None,
    }


def test_a_share_is_written_down_when_it_changes():
    one = Seen(Commit("v1", "a", "x"))
    for share in (0, 10, 10, 25):
        one.look({"created_at": at(0), "targets": [{"cluster": "az1", "share": share}]})

    assert [share for _, share in one.weights["az1"]] == [0, 10, 25]


def test_a_share_that_came_and_went_between_two_looks_is_known_from_the_journal():
    one = Seen(Commit("v1", "a", "x"))
    one.look({"created_at": at(0), "targets": []})
    one.weights["az1"] = [(5.0, 10), (9.0, 50)]

    one.hear({"kind": "shift", "at": at(8), "text": "az1 from 25 % to 50 %. No harm."})
    one.hear({"kind": "shift", "at": at(7), "text": "az1 from 10 % to 25 %. No harm."})

    assert one.weights["az1"] == [(5.0, 10), (8.0, 25), (9.0, 50)]


# ---- how it is told -------------------------------------------------------------------------------------------------


def test_without_a_terminal_the_story_is_plain_lines(told):
    releases, tally = told
    out = io.StringIO()
    with Teller(Console(file=out, width=200, no_color=True, highlight=False, markup=False)) as teller:
        teller.head("v2  A good version")
        event = {"kind": "shift", "text": "az1 from 0 % to 10 %. No harm; No freeze is planned.", "actor": "Sluice"}
        teller.event(event, "v2")
        teller.now(("az1",), releases[1], "v1", tally)
        teller.table(releases, tally)

    lines = [text.rstrip() for text in out.getvalue().splitlines()]
    assert lines[:3] == ["", "v2  A good version", "  0:00  v2  az1 from 0 % to 10 %. No harm."]
    assert ["v3", "c", "rolled", "back", "30", "s", "2", "of", "9", "0", "of", "0"] in [text.split() for text in lines]
    assert lines[-1] == "v3  first failing answer → decision 20.0 s; decision → last answer 1.5 s"
    assert "\x1b" not in out.getvalue()


def git(repository: ShopRepository, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=repository.path, capture_output=True, text=True, check=True)
    return done.stdout.strip()
