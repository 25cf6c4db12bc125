"""What machines ask."""

import time
from collections.abc import Callable

import pytest
from conftest import ADA, token_of
from flask import Flask
from flask.testing import FlaskClient
from shop.settings import from_environment


def test_a_shop_is_ready_when_its_database_answers(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_a_shop_whose_database_is_gone_is_alive_but_not_ready(make_shop: Callable[..., Flask], tmp_path) -> None:
    app = make_shop()
    app.extensions["database"].dispose()
    (tmp_path / "shop.db").unlink()
    (tmp_path / "shop.db").mkdir()

    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.text == "not ready: the database does not answer (OperationalError)\n"
    assert app.test_client().get("/healthz").status_code == 200


def test_a_canary_is_not_ready_after_its_time_but_still_answers(make_shop: Callable[..., Flask]) -> None:
    over = make_shop(ready_until=time.time() - 1).test_client()
    still = make_shop(ready_until=time.time() + 3600).test_client()

    assert over.get("/readyz").status_code == 503
    assert over.get("/").status_code == 200
    assert still.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    "text", ["2026-11-24T14:00:00Z", "2026-11-24T14:00:00", "2026-11-24T15:00:00+01:00", "1795528800"]
)
def test_the_end_of_a_canary_is_a_time_or_seconds(text: str, tmp_path) -> None:
    assert from_environment({"DATA_DIR": str(tmp_path), "CANARY_NOT_AFTER": text}).ready_until == 1795528800


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e9", "2026-11-24T14:00:00Z tomorrow"])
def test_an_end_that_never_comes_stops_the_start(text: str, tmp_path) -> None:
    with pytest.raises(ValueError, match="write a time like 2026-11-24T14:00:00Z, or epoch seconds"):
        from_environment({"DATA_DIR": str(tmp_path), "CANARY_NOT_AFTER": text})


@pytest.mark.parametrize(
    ("name", "said"), [("CANARY_NOT_AFTER", "write a time like"), ("STOCK", "write a whole number")]
)
def test_a_setting_that_makes_no_sense_stops_the_start(name: str, said: str, tmp_path) -> None:
    with pytest.raises(ValueError, match=said):
        from_environment({"DATA_DIR": str(tmp_path), name: "soon"})


def test_the_environment_names_version_cluster_stock_and_database(tmp_path) -> None:
    env = {"SLUICE_VERSION": "9", "CLUSTER": "dr", "STOCK": "3", "DATABASE_URL": "postgresql://db/shop"}
    settings = from_environment(env)

    assert (settings.version, settings.cluster, settings.stock) == ("9", "dr", 3)
    assert settings.database_url == "postgresql://db/shop"
    assert from_environment({"DATA_DIR": str(tmp_path)}).database_url == f"sqlite:///{tmp_path / 'shop.db'}"


def test_answers_and_orders_are_counted_by_status_and_version_without_the_probes(
    make_shop: Callable[..., Flask],
) -> None:
    client = make_shop(version="7").test_client()
    client.post("/cart", data={"sku": "tern-5"})
    client.post("/checkout", data={**ADA, "token": token_of(client.get("/checkout").text)})
    client.get("/nowhere")
    client.get("/readyz")
    counted = client.get("/metrics").text

    assert 'shop_requests_total{status="200",version="7"} 1.0' in counted
    assert 'shop_requests_total{status="303",version="7"} 2.0' in counted
    assert 'shop_requests_total{status="404",version="7"} 1.0' in counted
    assert 'shop_orders_total{version="7"} 1.0' in counted
    assert 'shop_request_seconds_bucket{le="+Inf",version="7"} 4.0' in counted
