"""Webhooks: whatever outsiders send, only signed, clean deliveries are kept, and each once."""

import gzip
import hmac
import json
from hashlib import sha256

import pytest
from sqlalchemy import func, select

from pipeline.store.records import InboxRow
from web import limits

PUSH = json.dumps({"ref": "refs/heads/main", "after": "a" * 40, "pusher": {"name": "mia"}}).encode()


def signature(body, key=b"forge-secret"):
    return hmac.new(key, body, sha256).hexdigest()


def push(client, body=PUSH, app="shop", *, signed=None, delivery="d-1", **headers):
    given = {
        "X-Hub-Signature-256": f"sha256={signature(body) if signed is None else signed}",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": delivery,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    kept = {name: value for name, value in given.items() if value is not None}
    return client.post(f"/hooks/{app}", data=body, content_type="application/json", headers=kept)


@pytest.fixture
def kept(here):
    def count():
        with here.sessions.reading() as session:
            return session.scalar(select(func.count()).select_from(InboxRow))

    return count


def test_a_signed_push_is_kept_as_it_came_and_the_bell_rings(anyone, here):
    answer = push(anyone)
    delivery = here.inbox.take(answer.json["delivery"])

    assert (answer.status_code, answer.json["duplicate"]) == (202, False)
    assert (delivery.source, delivery.delivery_id, delivery.body) == ("shop", "d-1", PUSH)
    assert delivery.headers == {"event": "push"}
    assert here.bell.rung == [("intake", delivery.id)]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("header", ["X-Gitea-Signature", "X-Forgejo-Signature"])
def test_a_push_of_gitea_is_kept_too(anyone, kept, header):
    answer = anyone.post("/hooks/cart", data=PUSH, content_type="application/json", headers={header: signature(PUSH)})

    assert answer.status_code == 202
    assert kept() == 1


@pytest.mark.parametrize("delivery", ["d-1", "d-2"], ids=["A16 same id", "A17 new id"])
def test_a_replay_is_a_duplicate_and_rings_nobody(anyone, here, kept, delivery):
    first, second = push(anyone), push(anyone, delivery=delivery)

    assert second.status_code == 202
    assert second.json == {"delivery": first.json["delivery"], "duplicate": True}
    assert kept() == 1
    assert len(here.bell.rung) == 1


def test_a_ping_is_taken_like_everything_signed(anyone):
    assert push(anyone, b'{"zen": "Keep it simple"}', X_GitHub_Event="ping").status_code == 202


DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "words"),
    [
        pytest.param(PUSH, {"X_Hub_Signature_256": None}, 401, "signature_missing", "source 'github'", id="A1"),
        pytest.param(PUSH, {"signed": "0" * 64}, 401, "signature_mismatch", "same secret", id="A2"),
        pytest.param(PUSH, {"signed": "é" * 64}, 401, "signature_malformed", "64 hex digits", id="A3"),
        pytest.param(
            PUSH,
            {"X_Hub_Signature_256": None, "X_Hub_Signature": "sha1=x"},
            401,
            "signature_algorithm",
            "SHA-256",
            id="A4",
        ),
        pytest.param(PUSH, {"signed": f"{'0' * 64}, sha256={'0' * 64}"}, 400, "header_repeated", "once", id="A5"),
        pytest.param(b" " * 26_214_401, {}, 413, "too_large", "limit 26,214,400 bytes", id="A7"),
        pytest.param(gzip.compress(PUSH), {"Content_Encoding": "gzip"}, 415, "encoding", "Compressed", id="A10"),
        pytest.param(b'{"a": 1,\n"b" 2}', {}, 400, "json", "Line 2, column 5", id="A11"),
        pytest.param(DEEP, {}, 400, "json_depth", "64 levels", id="A12"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", {}, 400, "json_number", "5000 digits", id="A13"),
        pytest.param(b'{"a": NaN}', {}, 400, "json_value", "NaN", id="A14 NaN"),
        pytest.param(b'{"a": "\\udc00"}', {}, 400, "json_text", "surrogate", id="A14 surrogate"),
        pytest.param(b'{"a": "\\u0000"}', {}, 400, "json_text", "NUL", id="A14 NUL"),
        pytest.param(b'{"ref": 1, "ref": 2}', {}, 400, "json_duplicate_key", "'ref'", id="A15"),
        pytest.param(b"", {}, 400, "json", "Line 1", id="empty"),
        pytest.param(b"[]", {}, 400, "json", "object", id="no object"),
    ],
)
def test_what_is_not_signed_and_clean_has_no_effect(anyone, here, kept, body, headers, status, code, words):
    answer = push(anyone, body, **headers)

    assert (answer.status_code, answer.json["code"]) == (status, f"webhook.{code}")
    assert words in answer.json["detail"]
    assert answer.mimetype == "application/problem+json"
    assert "forge-secret" not in answer.text
    assert kept() == 0
    assert here.bell.rung == []


@pytest.mark.parametrize("name", ["nothing", "mail", "../shop", "shop%2f", "SHOP", "x" * 5000])
def test_unknown_apps_and_apps_without_a_webhook_look_alike(anyone, kept, name):
    answer = push(anyone, app=name)

    assert answer.status_code == 404
    assert kept() == 0


def test_the_words_for_an_unknown_app_do_not_tell_whether_it_exists(anyone):
    known, unknown = push(anyone, app="mail").json, push(anyone, app="nothing").json

    assert (known["code"], known["detail"]) == (unknown["code"], unknown["detail"])


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_other_kinds_of_bodies_are_refused(anyone, kept, kind):
    headers = {"X-Hub-Signature-256": f"sha256={signature(PUSH)}"}
    answer = anyone.post("/hooks/shop", data=PUSH, content_type=kind, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (415, "webhook.content_type")
    assert kept() == 0


def test_the_secret_of_another_app_opens_nothing(anyone, settings, kept):
    assert push(anyone, signed=signature(PUSH, b"other")).status_code == 401
    assert kept() == 0


def test_a_secret_can_be_changed_without_a_restart(anyone, home):
    (home / "secrets" / "forge").write_text("fresh")

    assert push(anyone).status_code == 401
    assert push(anyone, signed=signature(PUSH, b"fresh")).status_code == 202


def test_a_secret_that_is_gone_is_told_without_its_name_being_guessed_from_outside(anyone, home, kept):
    (home / "secrets" / "forge").unlink()
    answer = push(anyone)

    assert (answer.status_code, answer.json["code"]) == (503, "webhook.secret")
    assert answer.headers["Retry-After"]
    assert kept() == 0


def test_odd_delivery_ids_and_event_names_are_not_kept(anyone, here):
    answer = push(anyone, delivery="<script>", X_GitHub_Event="push; drop table")
    delivery = here.inbox.take(answer.json["delivery"])

    assert (delivery.delivery_id, delivery.headers) == ("", {"event": ""})


def test_a_flood_is_stopped_before_anything_is_read(anyone, kept):
    most = int(limits.HOOK.split("/")[0])
    answers = [anyone.post("/hooks/shop", data=b"x").status_code for _ in range(most)]
    flooded = push(anyone)
    other = push(anyone, app="cart", X_Gitea_Signature=signature(PUSH))

    assert set(answers) == {401}
    assert flooded.status_code == 429
    assert flooded.json["code"] == "http.too_many_requests"
    assert int(flooded.headers["Retry-After"]) > 0
    assert other.status_code == 202
    assert kept() == 1


def test_while_the_database_is_away_the_forge_is_told_to_come_back(anyone, here, home):
    here.sessions.engine.dispose()
    for path in home.glob("sluice.db*"):
        path.unlink()
    (home / "sluice.db").mkdir()
    answer = push(anyone)

    assert (answer.status_code, answer.json["code"]) == (503, "platform.database")
    assert answer.headers["Retry-After"] == "5"


def test_looking_at_a_hook_shows_nothing(anyone):
    assert anyone.get("/hooks/shop").status_code == 405


def test_whoever_delivered_can_ask_what_became_of_it(anyone, program, here):
    first, second = (push(anyone, PUSH + b" " * extra).json["delivery"] for extra in (0, 1))
    ask = program("vera")
    assert ask.call("GET", f"/deliveries/{first}").json | {"received_at": ""} == {
        "id": first,
        "source": "shop",
        "state": "waiting",
        "reason": "",
        "release": None,
        "received_at": "",
    }

    here.inbox.done(first, "R-7")
    here.inbox.reject(second, "it reports no push")

    told = [ask.call("GET", f"/deliveries/{number}").json for number in (first, second)]
    assert [(one["state"], one["release"]) for one in told] == [("done", 7), ("rejected", None)]
    assert told[1]["reason"] == "it reports no push"
    missing = ask.call("GET", "/deliveries/999")
    assert (missing.status_code, missing.json["code"]) == (404, "delivery.unknown")
