"""What forges, people and polling report becomes releases: of the branch as it is now, and once."""

import json

import pytest

from pipeline.store.changes import changes
from runners.intake import intake, poll
from tests.runners.fake_world import DEFINITION, Office
from tests.runners.reports import commit, deliver, gitea, github, releases, report


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


@pytest.mark.parametrize("shape", [github, gitea])
def test_a_push_becomes_a_release_of_its_commit(office, shape):
    head = commit(office, "Sell pears")

    release_id, answer = deliver(office, shape(head))

    row = office.row(release_id)
    assert (row.commit, row.subject, row.state) == (head, "Sell pears", "running")
    assert answer == ("done", f"R-{release_id}")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"payload=%7B%7D", "the body is no JSON"),
        (b"\xff\xfe", "the body is no JSON"),
        (b"[" * 100_000, "the body is no JSON"),
        (b"[]", "the body is no JSON object"),
        ({"zen": "Keep it logically awesome.", "hook_id": 1}, "it reports no push"),
        (github("2" * 40, ref="refs/heads/topic"), "'refs/heads/topic' is not released; only refs/heads/main is"),
        (github("2" * 40, ref="refs/heads/main2"), "'refs/heads/main2' is not released; only refs/heads/main is"),
        (github("2" * 40, ref="refs/tags/v1"), "'refs/tags/v1' is not released; only refs/heads/main is"),
        (github("2" * 40, ref="main"), "'main' is not released; only refs/heads/main is"),
        (github("2" * 40, ref=["refs/heads/main"]), "\"['refs/heads/main']\" is not released"),
        (github("2" * 40, ref="--upload-pack=touch x"), "is not released; only refs/heads/main is"),
        (github("0" * 40, deleted=True), "refs/heads/main was deleted"),
        (gitea("0" * 64), "refs/heads/main was deleted"),
    ],
)
def test_what_reports_no_push_to_the_branch_is_rejected_with_the_reason(office, said, why):
    commit(office, "v1")

    release_id, (state, reason) = deliver(office, said)

    assert (release_id, state) == (None, "rejected")
    assert why in reason
    assert releases(office) == []


def test_a_report_for_an_app_that_is_not_here_is_rejected(office):
    assert deliver(office, github("1" * 40), source="till") == (
        None,
        ("rejected", "till is no app of this installation"),
    )


@pytest.mark.parametrize(
    "who", [None, "lena", ["lena"], {"name": {"a": 1}}, {"name": "\x1b[31mlena\n" * 40}, {"name": "\ud800\0"}]
)
def test_whoever_pushed_is_only_a_name(office, who):
    head = commit(office, "v1")

    release_id, _ = deliver(office, github(head, pusher=who))

    assert office.row(release_id).authors == frozenset()


def test_an_old_push_that_is_sent_again_deploys_what_the_branch_is_now(office):
    old = commit(office, "v1")
    first, _ = deliver(office, github(old))
    new = commit(office, "v2")

    second, _ = deliver(office, github(old, replayed=True))

    assert office.row(first).commit == old
    assert office.row(second).commit == new
    assert releases(office) == ["v1", "v2"]


def test_the_same_push_told_twice_and_found_by_polling_is_one_release(office):
    head = commit(office, "v1")
    deliver(office, github(head))

    assert deliver(office, github(head)) == (None, ("done", "R-1"))
    assert deliver(office, gitea(head)) == (None, ("done", "this commit is known already"))
    assert poll("shop", office.desk) is None
    assert releases(office) == ["v1"]


def test_a_branch_that_went_back_to_a_known_commit_is_no_new_release(office):
    first = commit(office, "v1")
    deliver(office, github(first))
    deliver(office, github(commit(office, "v2")))
    office.source.branches["main"] = first

    assert deliver(office, github(first, forced=True)) == (None, ("done", "this commit is known already"))


def test_a_definition_of_another_app_is_refused(office):
    head = commit(office, "v1", DEFINITION.replace("app: shop", "app: till"))

    row = office.row(deliver(office, github(head))[0])

    assert (row.state, row.reason_kind) == ("rolled back", "failed")
    assert 'this repository belongs to "shop"' in row.why


def test_a_definition_that_cannot_be_read_is_refused_with_every_problem_at_its_place(office):
    head = commit(office, "v1", DEFINITION.replace("replicas: 4", "replicas: many"))

    row = office.row(deliver(office, github(head))[0])

    assert row.state == "rolled back"
    assert "sluice.yaml:" in row.why
    assert "replicas" in row.why


def test_a_plan_that_would_put_users_at_risk_is_refused(office):
    both = DEFINITION.replace("clusters: [az1]", "clusters: [az1, az2]")
    both = "\n".join(line for line in both.splitlines() if "clusters: [az2]" not in line)
    head = commit(office, "v1", both)

    row = office.row(deliver(office, github(head))[0])

    assert row.state == "rolled back"
    assert "az1" in row.why
    assert "az2" in row.why


def test_a_commit_without_a_definition_is_rejected_and_the_next_one_is_released(office):
    head = office.source.push({"app.py": b"1"}, subject="No definition")
    release_id, (state, reason) = deliver(office, github(head))
    assert (release_id, state) == (None, "rejected")
    assert "sluice.yaml" in reason

    assert deliver(office, github(commit(office, "v2")))[0] is not None


def test_a_host_that_is_away_is_asked_again_and_after_three_times_the_report_is_put_aside(office):
    head = commit(office, "v1")
    number = office.inbox.put("shop", json.dumps(github(head)).encode(), "d", {}).id
    office.source.trouble = "no route to host"
    for state in ("waiting", "waiting", "parked"):
        intake(number, office.desk)
        assert report(office, number) == (state, "git.unreachable: no route to host")
        assert intake(number, office.desk) is None, "not before its time"
        office.offset += 60


def test_a_report_that_kills_whoever_reads_it_is_put_aside_and_the_others_go_on(office):
    poison = office.inbox.put("shop", b'{"poison": 1}', "d1", {}).id
    for _ in range(3):
        assert office.inbox.take(poison) is not None  # taken, and never heard of again
        office.offset += 31
    head = commit(office, "v1")

    assert intake(poison, office.desk) is None
    assert report(office, poison)[0] == "parked"
    assert deliver(office, github(head))[0] is not None


def new_in(office, release_id):
    with office.sessions.reading() as session:
        return [one.subject for one in changes(session, release_id).commits]


def test_the_commits_that_are_not_live_yet_are_kept_with_a_release(office):
    assert office.play(office.push("v1")) == "live"
    commit(office, "Sell pears")

    release_id, _ = deliver(office, github(commit(office, "Sell plums")))

    assert new_in(office, release_id) == ["Sell plums", "Sell pears"]


def test_a_history_that_lost_the_live_commit_is_released_all_the_same(office):
    live = office.push("v1")
    assert office.play(live) == "live"
    head = commit(office, "All anew")
    del office.source.commits[office.row(live).commit]

    release_id, _ = deliver(office, github(head))

    assert new_in(office, release_id) == []
