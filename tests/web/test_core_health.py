"""For probes and dashboards: is it well, and how late is it."""

import re
from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from pipeline.store.bell import Bell
from web.face import KEY

from .test_core_hooks import push


def numbers(client):
    """Every sample of /metrics by name and labels."""
    text = client.get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_it_is_well_while_the_database_answers(anyone):
    answer = anyone.get("/healthz")

    assert answer.status_code == 200
    assert answer.json == {"ok": True, "parts": {"database": "ok", "redis": "not used"}}


def test_without_a_database_it_says_which_part_is_away(anyone, here, home):
    here.sessions.engine.dispose()
    for path in home.glob("sluice.db*"):
        path.unlink()
    (home / "sluice.db").mkdir()
    answer = anyone.get("/healthz")

    assert answer.status_code == 503
    assert answer.json["parts"]["database"] == "away"
    assert numbers(anyone)["sluice_database_up",] == 0


def test_without_redis_it_is_well_and_says_so(app, anyone):
    app.extensions[KEY] = replace(app.extensions[KEY], bell=Bell("redis://127.0.0.1:1/0"))
    answer = anyone.get("/healthz")

    assert answer.status_code == 200
    assert answer.json["parts"]["redis"] == "away"


def test_probes_come_by_any_address(anyone):
    assert anyone.get("/healthz", headers={"Host": "10.1.2.3:8080"}).status_code == 200
    assert anyone.get("/metrics", headers={"Host": "10.1.2.3:8080"}).status_code == 200


def test_what_waits_is_counted_and_how_long(anyone, lives, here):
    lives.waiting()
    lives.live()
    push(anyone)
    here.ledger.swept()
    seen = numbers(anyone)

    assert seen["sluice_releases", "running"] == 1
    assert seen["sluice_releases", "live"] == 1
    assert seen["sluice_inbox", "waiting"] == 1
    assert seen["sluice_tick_lateness_seconds",] > 0
    assert 0 <= seen["sluice_inbox_age_seconds",] < 60
    assert 0 <= seen["sluice_sweep_age_seconds",] < 60
    assert seen["sluice_streams_open",] == 0


def test_what_nobody_can_tell_has_no_number(anyone):
    seen = numbers(anyone)

    assert ("sluice_sweep_age_seconds",) not in seen
    assert ("sluice_queue_age_seconds",) not in seen
    assert seen["sluice_tick_lateness_seconds",] == 0


def test_requests_are_counted_without_names_of_anything(anyone, lives, browser):
    release = lives.begin()
    browser("mia").client.get(f"/api/releases/{release}")
    for number in range(5):
        anyone.get(f"/unknown-{number}")
    text = anyone.get("/metrics").text
    seen = numbers(anyone)

    assert seen["sluice_http_requests_total", "api.show_release", "GET", "200"] == 1
    assert seen["sluice_http_requests_total", "unknown", "GET", "404"] == 5
    assert not re.search(r"mia|unknown-\d|shop", text)
