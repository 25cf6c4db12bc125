"""Every verb once: who may, what it writes, and that saying it twice is saying it once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from pipeline.decision import Finish, Start
from pipeline.states import State
from pipeline.store.tables import AskedRow, VoteRow
from web.actions import ACTIONS

from .conftest import DIGEST

SHOWN = {"digest": DIGEST, "def_hash": "def-1", "cfg_hash": "cfg-1"}


@pytest.fixture
def rows(here):
    def count(table):
        with here.sessions.reading() as session:
            return session.scalar(select(func.count()).select_from(table))

    return count


def act(program, name, release, verb, **body):
    if ACTIONS[verb].shown:
        body = {**SHOWN, **body}
    return program(name).post(f"/releases/{release}/{verb}", body)


# ---- approvals ------------------------------------------------------------------------------------------------------


def test_a_release_manager_approves_what_was_looked_at(program, lives, rows, here):
    release = lives.waiting()
    answer = act(program, "mia", release, "approve", comment="looks good")

    assert answer.status_code == 202
    assert answer.json == {
        "action": "approve",
        "told": f"You approved R-{release}.",
        "new": True,
        "release": release,
        "delivery": None,
    }
    assert rows(VoteRow) == 1
    assert here.bell.rung == [("tick", release)]


def test_the_same_approval_again_is_the_same_approval(program, lives, rows):
    release = lives.waiting()
    first = act(program, "mia", release, "approve")
    second = act(program, "mia", release, "approve")

    assert (first.json["new"], second.json["new"]) == (True, False)
    assert second.json["told"] == f"You already approved R-{release}."
    assert rows(VoteRow) == 1


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        (
            "digest",
            {"digest": "sha256:" + "0" * 64},
            f"image changed from sha256:{'0' * 64} to {DIGEST}; review again.",
        ),
        ("definition", {"def_hash": "def-0"}, "definition changed from def-0 to def-1; review again."),
        ("configuration", {"cfg_hash": "cfg-0"}, "target configuration changed from cfg-0 to cfg-1; review again."),
    ],
)
def test_an_approval_for_anything_else_is_refused(program, lives, rows, name, changed, words):
    answer = act(program, "mia", lives.waiting(), "approve", **changed)

    assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (409, "gate.outdated", words)
    assert answer.json["shown"] == SHOWN
    assert rows(VoteRow) == 0


@pytest.mark.parametrize("missing", SHOWN)
def test_an_approval_that_does_not_say_for_what_is_refused(program, lives, rows, missing):
    body = {name: value for name, value in SHOWN.items() if name != missing}
    answer = program("mia").post(f"/releases/{lives.waiting()}/approve", body)

    assert (answer.status_code, answer.json["code"]) == (422, "api.invalid")
    assert rows(VoteRow) == 0


@pytest.mark.parametrize("name", ["dan", "vera"])
def test_others_do_not_approve(program, lives, rows, name):
    answer = act(program, name, lives.waiting(), "approve")

    assert answer.status_code == 403
    assert rows(VoteRow) == 0


def test_an_author_does_not_approve_but_may_reject(program, lives, rows):
    release = lives.waiting(authors=frozenset({"mia"}))
    approved = act(program, "mia", release, "approve")
    rejected = act(program, "mia", release, "reject", comment="I saw a mistake")

    assert (approved.status_code, approved.json["code"]) == (403, "gate.not_yours")
    assert approved.json["detail"] == "You are an author of it; somebody else has to approve."
    assert rejected.status_code == 202
    assert rows(VoteRow) == 1


def test_a_token_that_only_reads_does_not_approve(program, lives, rows):
    answer = program("mia", "read").post(f"/releases/{lives.waiting()}/approve", SHOWN)

    assert (answer.status_code, answer.json["code"]) == (403, "auth.not_allowed")
    assert rows(VoteRow) == 0


def test_an_approval_during_a_freeze_is_taken_as_the_freeze_holds_by_itself(program, lives, rows):
    program("mia").post("/freezes", {"name": "sale", "reason": "black friday"})

    assert act(program, "mia", lives.waiting(), "approve").status_code == 202


def test_what_is_not_built_cannot_be_approved(program, lives):
    answer = act(program, "mia", lives.begin(), "approve")

    assert answer.status_code == 409


@pytest.mark.parametrize("verb", ["reject", "pause", "promote"])
@pytest.mark.parametrize("given", ["", "   "])
def test_some_verbs_need_a_reason(program, lives, rows, verb, given):
    name = "comment" if ACTIONS[verb].shown else "reason"
    answer = act(program, "mia", lives.waiting(), verb, **{name: given})

    assert (answer.status_code, answer.json["code"]) == (422, "action.reason")
    assert rows(VoteRow) + rows(AskedRow) == 0


# ---- orders ---------------------------------------------------------------------------------------------------------

PLACES = ("begin", "waiting", "canary", "halted", "live", "rolled_back")
POSSIBLE = {
    "approve": {"waiting"},
    "reject": {"waiting"},
    "pause": {"begin", "waiting", "canary"},
    "resume": {"halted"},
    "promote": {"canary"},
    "rollback": {"begin", "waiting", "canary", "halted"},  # and live, when there is a version before
    "cancel": {"begin", "waiting", "canary"},
    "rerun": {"rolled_back"},
}


@pytest.mark.parametrize("place", PLACES)
def test_each_verb_is_possible_exactly_where_it_makes_sense(program, lives, place):
    release = getattr(lives, place)()
    seen = {verb for verb in POSSIBLE if act(program, "mia", release, verb, **reason(verb)).status_code == 202}
    first = {verb for verb in POSSIBLE if place in POSSIBLE[verb]}

    assert seen >= first - {"reject"} if place == "waiting" else seen == first | also(place)


def reason(verb):
    return {"comment": "because"} if ACTIONS[verb].shown else {"reason": "because"}


def also(place):
    """After a pause, a resume is possible."""
    return {"resume"} if place in POSSIBLE["pause"] else set()


@pytest.mark.parametrize("place", PLACES)
def test_the_release_says_beforehand_what_is_possible(program, lives, place):
    release = getattr(lives, place)()
    shown = program("mia").get(f"/releases/{release}").json["actions"]
    possible = {one["name"] for one in shown if not one["why_not"]}

    assert possible == {verb for verb in POSSIBLE if place in POSSIBLE[verb]} | ({"rollback"} & {place_rollback(place)})


def place_rollback(place):
    """A live release says yes: whether there is a version before is found out when it is asked for."""
    return "rollback" if place == "live" else ""


def test_fifty_people_promote_and_one_order_is_written(program, lives, rows):
    release = lives.canary()
    callers = [program("mia") for _ in range(10)]

    def promote(number):
        return (
            callers[number % 10]
            .client.application.test_client()
            .post(
                f"/api/releases/{release}/promote",
                json={"reason": "now"},
                headers=callers[number % 10].headers,
            )
        )

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(promote, range(50)))

    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 49
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"action.repeated"}
    assert rows(AskedRow) == 1


def test_a_verb_on_a_release_that_is_not_there_is_404(program, rows):
    answer = act(program, "mia", 77, "cancel")

    assert (answer.status_code, answer.json["code"]) == (404, "release.unknown")
    assert rows(AskedRow) == 0


def test_rolling_back_a_live_release_makes_a_release_that_goes_back(program, lives, here):
    old = lives.live()
    new = lives.live(digest="sha256:" + "e" * 64)
    answer = act(program, "dan", new, "rollback", reason="buyers complain")
    back = program("dan").get(f"/releases/{answer.json['release']}").json

    assert answer.status_code == 202
    assert (back["kind"], back["digest"], back["state"]) == ("return", DIGEST, "running")
    assert here.bell.rung[-1] == ("tick", back["id"])
    assert program("dan").get(f"/releases/{old}").json["state"] == "live"


def test_the_first_version_has_nothing_to_go_back_to(program, lives):
    answer = act(program, "dan", lives.live(), "rollback")

    assert (answer.status_code, answer.json["code"]) == (409, "action.refused")
    assert "no live version of shop before" in answer.json["detail"]


def test_running_again_asks_the_intake_for_the_same_commit_once(program, lives, here):
    release = lives.rolled_back()
    first = act(program, "dan", release, "rerun")
    second = act(program, "dan", release, "rerun")

    assert (first.status_code, second.status_code) == (202, 409)
    delivery = here.inbox.take(first.json["delivery"])
    assert delivery.source == "api"
    assert b'"commit": "0000' in delivery.body
    assert here.bell.rung == [("intake", delivery.id)]


def test_running_again_from_the_tests_brings_the_image_that_was_built(program, lives, here):
    answer = act(program, "dan", lives.rolled_back(), "rerun", **{"from": "test"})

    assert answer.status_code == 202
    delivery = here.inbox.take(answer.json["delivery"])
    assert b'"digest": "sha256:' in delivery.body


def test_what_was_never_built_cannot_begin_with_its_tests(program, lives, here):
    release = lives.begin()
    lives.decide(release, Finish(State.ROLLED_BACK, "the build failed"))
    with here.sessions.writing() as session:
        session.execute(text("UPDATE release SET digest = ''"))
    answer = act(program, "dan", release, "rerun", **{"from": "test"})

    assert (answer.status_code, answer.json["code"]) == (409, "action.not_built")
    assert "run it again from the build" in answer.json["detail"]


# ---- starting, freezing ---------------------------------------------------------------------------------------------


def test_starting_puts_a_wish_into_the_inbox(program, here):
    answer = program("dan").post("/apps/shop/start", {"reason": "friday"})
    delivery = here.inbox.take(answer.json["delivery"])

    assert answer.status_code == 202
    assert delivery.source == "api"
    assert here.bell.rung == [("intake", delivery.id)]
    assert {b'"app": "shop"', b'"who": "dan"'} <= set(delivery.body.strip(b"{}").split(b", "))


def test_the_same_key_starts_once(program):
    dan = program("dan")
    first, second = (dan.post("/apps/shop/start", {}, headers={"Idempotency-Key": "abc"}) for _ in range(2))

    assert (first.json["new"], second.json["new"]) == (True, False)
    assert first.json["delivery"] == second.json["delivery"]


def test_the_same_key_for_something_else_is_refused(program):
    dan = program("dan")
    dan.post("/apps/shop/start", {}, headers={"Idempotency-Key": "abc"})
    answer = dan.post("/apps/mail/start", {}, headers={"Idempotency-Key": "abc"})

    assert (answer.status_code, answer.json["code"]) == (409, "api.idempotency_key")


def test_the_key_of_somebody_else_is_another_key(program):
    answers = [
        program(name).post("/apps/shop/start", {}, headers={"Idempotency-Key": "abc"}) for name in ("dan", "mia")
    ]

    assert [answer.json["new"] for answer in answers] == [True, True]


def test_without_a_key_twice_is_twice(program):
    dan = program("dan")

    assert [dan.post("/apps/shop/start").json["new"] for _ in range(2)] == [True, True]


def test_an_unknown_app_cannot_be_started(program):
    answer = program("dan").post("/apps/nothing/start")

    assert (answer.status_code, answer.json["code"]) == (404, "app.unknown")


def test_a_freeze_is_entered_listed_and_lifted(program, lives, here):
    mia, release = program("mia"), lives.begin()
    mia.post(
        "/freezes", {"name": "sale", "reason": "black friday", "weekly": "Fri 16:00 - Mon 08:00", "apps": ["shop"]}
    )
    listed = mia.get("/freezes").json["freezes"]
    lifted = mia.post(f"/freezes/{listed[0]['id']}/lift", {"reason": "over"})

    assert [(one["name"], one["who"], one["source"], one["apps"]) for one in listed] == [
        ("sale", "mia", "people", ["shop"])
    ]
    assert lifted.status_code == 202
    assert ("tick", release) in here.bell.rung
    assert mia.get("/freezes").json["freezes"] == []
    assert mia.post(f"/freezes/{listed[0]['id']}/lift").status_code == 409


# ---- parity ---------------------------------------------------------------------------------------------------------


def test_every_verb_has_an_address_in_the_api_and_a_form(app):
    posts = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]

    def answers(path):
        adapter = app.url_map.bind("localhost")
        return adapter.test(path, method="POST")

    assert posts
    for action in ACTIONS.values():
        path = action.rule.replace("<int:release_id>", "1").replace("<int:freeze_id>", "1").replace("<string:app>", "x")
        assert answers(f"/api{path}"), f"{action.name} has no address in the API"
        assert answers(path), f"{action.name} has no form"


def test_the_table_is_told_to_the_terminal(anyone):
    told = anyone.get("/api/openapi.json").json

    assert [one["name"] for one in told["x-actions"]] == list(ACTIONS)
    for one in told["x-actions"]:
        assert told["paths"][one["path"]]["post"]["operationId"] == one["name"]
        assert one["cli"]


def test_a_gate_that_moved_on_meanwhile_needs_nobody(program, lives):
    release = lives.waiting()
    lives.decide(release, Start(2))
    answer = act(program, "mia", release, "approve")

    assert (answer.status_code, answer.json["code"]) == (409, "action.not_now")
