"""The API: who may call what, what it answers, and everything it refuses."""

import json
import re
from itertools import product

import pytest

from pipeline.store.logs import Logs
from web.api import ENDPOINTS
from web.roles import Role, Scope, User

from .conftest import DIGEST, PASSWORD, ROLES

GUARDED = [endpoint for endpoint in ENDPOINTS if not endpoint.public]
BY_ROLE = {Role(role): name for name, role in ROLES.items()}


def address(endpoint):
    return re.sub(r"<int:\w+>", "999", endpoint.rule).replace("<string:name>", "nobody").replace("<string:app>", "no")


@pytest.mark.parametrize("endpoint", GUARDED, ids=lambda endpoint: endpoint.name)
def test_each_role_and_scope_may_call_exactly_what_the_table_says(program, endpoint):
    seen, expected = {}, {}
    for role, scope in product(Role, Scope):
        answer = program(BY_ROLE[role], scope).call(endpoint.method, address(endpoint))
        seen[role, scope] = "no" if answer.status_code == 403 else "yes" if answer.status_code < 500 else "broken"
        may = User("x", role, scopes=frozenset({scope})).lacks(endpoint.role, endpoint.scope) is None
        expected[role, scope] = "yes" if may else "no"

    assert seen == expected


@pytest.mark.parametrize("endpoint", GUARDED, ids=lambda endpoint: endpoint.name)
def test_nobody_calls_anything_without_a_token(anyone, endpoint):
    answer = anyone.open(f"/api{address(endpoint)}", method=endpoint.method)

    assert answer.status_code == 401
    assert answer.json["code"] == "auth.required"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_route_of_the_api_is_outside_the_table(app):
    routes = {(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    known = {(f"/api{endpoint.rule}", endpoint.method) for endpoint in ENDPOINTS} | {("/api/openapi.json", "GET")}

    assert {
        (rule, method) for rule, method in routes if rule.startswith("/api/") and method not in ("HEAD", "OPTIONS")
    } == known


# ---- tokens ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer slc_000000000000_" + "a" * 43,
        "Basic bWlhOnB3",
        "bearer x",
        "Bearer é",
        "Bearer \x00",
    ],
)
def test_what_is_no_token_of_ours_is_refused_without_an_echo(anyone, given):
    answer = anyone.get("/api/whoami", headers={"Authorization": given})

    assert answer.status_code == 401
    assert answer.json["code"] == "auth.token"
    assert given not in answer.text or not given


def test_the_prefix_of_a_token_is_not_enough(anyone, program):
    good = program("mia").headers["Authorization"]
    answer = anyone.get("/api/whoami", headers={"Authorization": good[:-1] + ("a" if good[-1] != "a" else "b")})

    assert answer.status_code == 401


def test_a_revoked_token_is_refused(program, here):
    mia = program("mia")
    here.access.revoke(here.access.tokens("mia")[0].id, actor="mia")

    assert mia.get("/whoami").status_code == 401


def test_a_token_of_a_disabled_account_is_refused(program, here):
    mia = program("mia")
    here.people.change("mia", disabled=True, actor="root")

    assert mia.get("/whoami").status_code == 401


@pytest.mark.parametrize("name", ["token", "access_token", "api_key"])
def test_a_token_in_the_address_is_refused(anyone, program, name):
    secret = program("mia").headers["Authorization"].removeprefix("Bearer ")
    answer = anyone.get(f"/api/whoami?{name}={secret}")

    assert answer.status_code == 400
    assert answer.json["code"] == "auth.token_in_url"
    assert secret not in answer.text


def test_a_made_token_is_shown_once_and_works(program, app):
    made = program("mia").post("/tokens", {"name": "laptop", "scopes": ["read"], "days": 7})
    text = made.json["token"]
    listed = program("mia").get("/tokens")

    assert made.status_code == 201
    assert text.startswith(f"slc_{made.json['prefix']}_")
    assert text not in listed.text
    answer = app.test_client().get("/api/whoami", headers={"Authorization": f"Bearer {text}"})
    assert answer.json == {
        "name": "mia",
        "role": "release manager",
        "groups": ["release-managers"],
        "scopes": ["read"],
    }
    assert next(one for one in program("mia").get("/tokens").json["tokens"] if one["name"] == "laptop")["last_used"]


def test_a_token_cannot_renew_itself(program):
    answer = program("mia", "read", "operate").post("/tokens", {"name": "more", "scopes": ["operate"]})

    assert answer.status_code == 403


@pytest.mark.parametrize("days", [0, 91, 10**9, "7", 1.5, True])
def test_a_token_lasts_at_most_ninety_days(program, days):
    answer = program("mia").post("/tokens", {"name": "long", "scopes": ["read"], "days": days})

    assert answer.status_code == 422


def test_tokens_of_others_look_like_none(program, here):
    program("lena")
    number = here.access.tokens("lena")[0].id

    assert program("mia").call("DELETE", f"/tokens/{number}").status_code == 404
    assert {one["account"] for one in program("mia").get("/tokens").json["tokens"]} == {"mia"}
    assert program("root").call("DELETE", f"/tokens/{number}").status_code == 200


def test_name_and_password_give_a_token(anyone):
    asked = {"username": "mia", "password": PASSWORD, "name": "terminal", "scopes": ["operate"]}
    made = anyone.post("/api/sign-in", json=asked)

    assert made.status_code == 201
    headers = {"Authorization": f"Bearer {made.json['token']}"}
    assert anyone.get("/api/whoami", headers=headers).json["name"] == "mia"
    assert "Set-Cookie" not in made.headers


def test_wrong_passwords_lock_the_api_as_they_lock_the_form(anyone):
    asked = {"username": "mia", "password": "wrong", "name": "terminal", "scopes": ["operate"]}
    answers = [anyone.post("/api/sign-in", json=asked) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert answers[-1].headers["Retry-After"]
    assert answers[0].json["code"] == "auth.password"


# ---- browsers -------------------------------------------------------------------------------------------------------


def test_a_browser_looks_with_its_cookie(browser):
    assert browser("mia").client.get("/api/whoami").json["name"] == "mia"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"X-CSRF-Token": "x"}, 403),
        ({"X-CSRF-Token": "é"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
def test_a_browser_changes_nothing_without_the_token_of_its_session(browser, headers, status):
    answer = browser("mia").client.post("/api/freezes", json={"name": "x", "reason": "y"}, headers=headers)

    assert answer.status_code == status
    assert answer.json["code"].startswith("csrf.")


def test_a_browser_with_its_token_changes_things(browser):
    mia = browser("mia")
    headers = {"X-CSRF-Token": mia.csrf, "Sec-Fetch-Site": "same-origin"}

    assert mia.client.post("/api/freezes", json={"name": "x", "reason": "y"}, headers=headers).status_code == 202


def test_the_api_sets_no_cookies(browser, program):
    assert "Set-Cookie" not in browser("mia").client.get("/api/whoami").headers
    assert "Set-Cookie" not in program("mia").get("/whoami").headers


# ---- bodies ---------------------------------------------------------------------------------------------------------

FREEZE = {"name": "sale", "reason": "black friday"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"{", 400, "api.json", id="malformed"),
        pytest.param(b"[]", 400, "api.json", id="no object"),
        pytest.param(b'{"name": "a", "name": "b"}', 400, "api.json_duplicate_key", id="duplicate key"),
        pytest.param(b'{"name": NaN}', 400, "api.json_value", id="NaN"),
        pytest.param(b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "api.json_depth", id="deep"),
        pytest.param(b'{"name": ' + b"9" * 5000 + b"}", 400, "api.json_number", id="long number"),
        pytest.param(b'{"name": "\\ud800"}', 400, "api.json_text", id="surrogate"),
        pytest.param(b"\xff", 400, "api.json_text", id="not UTF-8"),
        pytest.param(b" " * 1_000_001, 413, "api.too_large", id="too large"),
        pytest.param({**FREEZE, "state": "live"}, 422, "api.invalid", id="mass assignment of state"),
        pytest.param({**FREEZE, "epoch": 7}, 422, "api.invalid", id="mass assignment of epoch"),
        pytest.param({**FREEZE, "name": 7}, 422, "api.invalid", id="wrong type"),
        pytest.param({**FREEZE, "apps": "shop"}, 422, "api.invalid", id="text for a list"),
        pytest.param({"name": "sale"}, 422, "api.invalid", id="missing"),
        pytest.param({**FREEZE, "ends": "tomorrow"}, 422, "api.invalid", id="no time"),
        pytest.param({**FREEZE, "ends": "2026-11-27T16:00:00"}, 422, "api.invalid", id="no zone"),
        pytest.param({**FREEZE, "weekly": "Someday"}, 422, "freeze.invalid", id="no week"),
        pytest.param({**FREEZE, "zone": "Mars/Base"}, 422, "freeze.invalid", id="no such zone"),
        pytest.param({**FREEZE, "zone": "../../etc/passwd"}, 422, "freeze.invalid", id="zone as path"),
        pytest.param({**FREEZE, "apps": ["nothing"]}, 422, "freeze.invalid", id="unknown app"),
        pytest.param({**FREEZE, "clusters": ["nothing"]}, 422, "freeze.invalid", id="unknown cluster"),
        pytest.param(
            {**FREEZE, "starts": "2026-11-28T00:00:00Z", "ends": "2026-11-27T00:00:00Z"},
            422,
            "freeze.invalid",
            id="ends before it starts",
        ),
    ],
)
def test_what_is_no_clean_body_is_refused_and_has_no_effect(program, here, body, status, code):
    mia = program("mia")
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = mia.client.post("/api/freezes", data=raw, headers=mia.headers, content_type="application/json")

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert mia.get("/freezes").json == {"freezes": []}


def test_all_complaints_come_at_once_and_say_where(program):
    answer = program("mia").post("/freezes", {"reason": 7, "extra": 1})

    assert {one["where"] for one in answer.json["errors"]} == {"body.name", "body.reason", "body.extra"}
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_other_kinds_of_bodies_are_refused(program, kind):
    mia = program("mia")
    answer = mia.client.post("/api/freezes", data="a=b", headers=mia.headers, content_type=kind)

    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=101", 422),
        ("limit=1000000000", 422),
        ("limit=x", 422),
        ("offset=1000000000", 422),
        ("state=dead", 422),
        ("cursor=x", 400),
        ("cursor=-1", 400),
        ("cursor=1%3B", 400),
        ("cursor=%D9%A1", 400),
        ("cursor=9999999999999999999999", 400),
        ("cursor=999999999999999999", 200),
    ],
)
def test_pages_of_a_list_are_bounded(program, query, status):
    assert program("vera").get(f"/releases?{query}").status_code == status


@pytest.mark.parametrize("path", ["/releases/0", "/releases/999999999999999999999999", "/releases/-1", "/releases/x"])
def test_what_is_not_there_is_404(program, path):
    assert program("vera").get(path).status_code == 404


def test_a_header_does_not_change_the_method(program, lives):
    release = lives.waiting()
    answer = program("mia").call(
        "GET", f"/releases/{release}", query_string={}, environ_overrides={"HTTP_X_HTTP_METHOD_OVERRIDE": "POST"}
    )

    assert answer.status_code == 200
    assert answer.json["state"] == "running"


def test_a_wrong_method_says_which_are_right(program):
    answer = program("mia").call("PUT", "/releases")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.json["code"] == "http.method_not_allowed"


@pytest.mark.parametrize("accept", ["*/evil", "text/html", ""])
def test_the_answer_does_not_depend_on_accept(program, accept):
    mia = program("mia")
    answer = mia.client.get("/api/nothing", headers={**mia.headers, "Accept": accept})

    assert answer.status_code == 404
    assert answer.json["code"] == "http.not_found"


# ---- what it shows --------------------------------------------------------------------------------------------------


def test_releases_are_listed_newest_first_a_page_at_a_time(program, lives):
    ids = [lives.begin() for _ in range(5)]
    vera = program("vera")
    first = vera.get("/releases?limit=2").json
    second = vera.get(f"/releases?limit=2&cursor={first['next']}").json
    third = vera.get(f"/releases?limit=2&cursor={second['next']}").json

    seen = [one["id"] for page in (first, second, third) for one in page["releases"]]
    assert seen == list(reversed(ids))
    assert third["next"] is None


def test_releases_are_found_by_state_and_text(program, lives):
    waits, live = lives.waiting(), lives.live()
    vera = program("vera")

    assert [one["id"] for one in vera.get("/releases?state=live").json["releases"]] == [live]
    assert [one["id"] for one in vera.get(f"/releases?text=R-{waits}").json["releases"]] == [waits]
    assert vera.get("/releases?app=mail").json["releases"] == []


def test_one_release_is_shown_with_all_that_belongs_to_it(program, lives):
    release = lives.canary()
    shown = program("mia").get(f"/releases/{release}").json

    assert (shown["state"], shown["percent"], shown["digest"]) == ("running", 10, DIGEST)
    assert [step["place"] for step in shown["plan"]] == ["done", "done", "here", "ahead", "ahead", "ahead"]
    assert shown["targets"][0]["cluster"] == "az1"
    assert shown["shown"] == {"digest": DIGEST, "def_hash": "def-1", "cfg_hash": "cfg-1"}
    why_not = {one["name"]: one["why_not"] for one in shown["actions"]}
    assert why_not["rollback"] == ""
    assert why_not["approve"] == "It does not ask for an approval now."


def test_a_story_is_told_oldest_first_with_where_it_stands(program, lives):
    lines = program("vera").get(f"/releases/{lives.canary()}/explain").json["lines"]

    assert lines[0].startswith("R-1 is shop v1")
    now = next(place for place, line in enumerate(lines) if line.startswith("Now: Canary on az1 at 10 %."))
    assert lines[now + 1 :] != []
    assert all(line.startswith("Next: ") for line in lines[now + 1 :])


def test_a_journal_is_read_a_page_at_a_time(program, lives):
    release = lives.canary()
    vera = program("vera")
    first = vera.get(f"/releases/{release}/journal?limit=2").json
    second = vera.get(f"/releases/{release}/journal?limit=2&cursor={first['next']}").json

    kinds = [one["kind"] for one in first["events"] + second["events"]]
    assert kinds == ["start", "start", "submit"]


def test_events_are_followed_by_number(program, lives):
    vera = program("vera")
    before = vera.get("/events?limit=500").json["next"]
    release = lives.waiting()
    after = vera.get(f"/events?since={before}").json

    assert [(one["release"], one["kind"]) for one in after["events"]] == [(release, "submit"), (release, "start")]
    assert vera.get(f"/events?since={after['next']}").json == {"events": [], "next": after["next"]}


def test_a_log_is_read_in_parts_that_fit_together(program, lives, here):
    release, logs = lives.begin(), Logs(here.sessions)
    text = "grüße 漢字 🎈\n" * 50
    logs.begin("r1-build-1", release, "build", 1)
    logs.append("r1-build-1", 0, text.encode())
    vera, offset, parts = program("vera"), 0, []
    while len(parts) < 1000:
        part = vera.get(f"/releases/{release}/log?step=build&offset={offset}&limit=7").json
        if not part["text"]:
            break
        parts.append(part["text"])
        offset = part["next"]

    assert "".join(parts) == text
    assert part["done"] is False
    logs.end("r1-build-1", "done")
    assert vera.get(f"/releases/{release}/log?step=build&offset={offset}").json["done"] is True


def test_bytes_that_are_no_text_do_not_stop_a_log(program, lives, here):
    release, logs = lives.begin(), Logs(here.sessions)
    logs.begin("r1-build-1", release, "build", 1)
    logs.append("r1-build-1", 0, b"\xff\xfe\xf0\x9f" + b"\x80" * 10)
    part = program("vera").get(f"/releases/{release}/log?step=build").json

    assert part["next"] == 14


def test_a_log_that_never_began_is_404(program, lives):
    answer = program("vera").get(f"/releases/{lives.begin()}/log?step=../../etc/passwd")

    assert (answer.status_code, answer.json["code"]) == (404, "log.unknown")


def test_apps_are_listed_with_their_last_release(program, lives):
    release = lives.begin()
    apps = {one["name"]: one for one in program("vera").get("/apps").json["apps"]}

    assert apps["shop"]["last"]["id"] == release
    assert (apps["shop"]["webhook"], apps["mail"]["webhook"], apps["mail"]["last"]) == ("github", None, None)


def test_approvals_that_wait_say_whether_the_asker_may_give_them(program, lives):
    release = lives.waiting(authors=frozenset({"lena"}))
    lives.begin()

    def seen(name):
        return program(name).get("/approvals").json["approvals"]

    assert [one["release"]["id"] for one in seen("mia")] == [release]
    assert seen("mia")[0]["why_not"] == ""
    assert seen("mia")[0]["groups"] == ["release-managers"]
    assert "author" in seen("lena")[0]["why_not"]
    assert "Only release-managers" in seen("dan")[0]["why_not"]


# ---- users ----------------------------------------------------------------------------------------------------------


def test_an_admin_adds_and_changes_users(program):
    root = program("root")
    added = root.post("/users", {"name": "noor", "role": "developer", "password": PASSWORD, "email": "n@example.com"})
    changed = root.post("/users/noor", {"role": "release manager", "disabled": True})

    assert (added.status_code, changed.status_code) == (201, 200)
    assert (changed.json["role"], changed.json["disabled"]) == ("release manager", True)
    assert "password" not in added.text + changed.text + root.get("/users").text
    assert root.post("/users", {"name": "noor", "role": "viewer", "password": PASSWORD}).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "noor", "role": "developer", "password": "short"}, 422),
        ({"name": "noor", "role": "owner", "password": PASSWORD}, 422),
        ({"name": "Noor Ali", "role": "viewer", "password": PASSWORD}, 422),
        ({"name": "../x", "role": "viewer", "password": PASSWORD}, 422),
        ({"name": "noor", "role": "viewer", "password": PASSWORD, "password_hash": "x"}, 422),
    ],
)
def test_a_user_is_added_whole_or_not_at_all(program, body, status):
    assert program("root").post("/users", body).status_code == status


def test_the_last_admin_stays_admin(program):
    answer = program("root").post("/users/root", {"role": "viewer"})

    assert (answer.status_code, answer.json["code"]) == (409, "user.refused")


def test_a_user_nobody_knows_is_404(program):
    assert program("root").post("/users/nobody", {"disabled": True}).status_code == 404


# ---- the description ------------------------------------------------------------------------------------------------


def test_the_api_describes_itself(anyone):
    told = anyone.get("/api/openapi.json").json

    assert told["openapi"] == "3.1.0"
    described = {(path, method.upper()) for path, methods in told["paths"].items() for method in methods}
    variable = re.compile(r"<(?:int|string):(\w+)>")
    assert described == {("/api" + variable.sub(r"{\1}", one.rule), one.method) for one in ENDPOINTS}
    names = [one["operationId"] for methods in told["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))


def test_every_reference_of_the_description_leads_somewhere(anyone):
    told = anyone.get("/api/openapi.json")
    wanted = set(re.findall(r'"#/components/schemas/(\w+)"', told.text))

    assert wanted <= set(told.json["components"]["schemas"])


@pytest.mark.parametrize("path", ["/releases", "/apps", "/approvals", "/freezes", "/users", "/tokens", "/version"])
def test_what_is_answered_is_what_was_described(anyone, program, lives, path):
    lives.canary()
    told = anyone.get("/api/openapi.json").json
    schema = told["paths"][f"/api{path}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer = program("root").get(path).json

    assert set(answer) == set(told["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]["properties"])
