"""What a visitor sees."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from shop.catalogue import PHONES
from shop.pages import euro


def test_the_shelf_shows_every_phone(client: FlaskClient) -> None:
    page = client.get("/").text

    assert all(f'href="/phones/{phone.sku}"' in page for phone in PHONES)


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.sku)
def test_every_phone_has_a_page_with_its_price_and_its_own_drawing(client: FlaskClient, phone) -> None:
    answer = client.get(f"/phones/{phone.sku}")

    assert answer.status_code == 200
    assert euro(phone.cents) in answer.text
    assert phone.body in answer.text


def test_the_flash_sale_says_how_many_are_left(client: FlaskClient) -> None:
    assert "2 left" in client.get("/phones/tern-4-aurora").text


def test_a_phone_that_is_sold_out_cannot_be_bought(make_shop: Callable[..., Flask]) -> None:
    page = make_shop(stock=0).test_client().get("/phones/tern-4-aurora").text

    assert "Sold out" in page
    assert "<form" not in page


@pytest.mark.parametrize("path", ["/", "/phones/tern-5", "/cart", "/nowhere", "/healthz"])
def test_every_answer_names_its_version(make_shop: Callable[..., Flask], path: str) -> None:
    assert make_shop(version="7.1.0").test_client().get(path).headers["X-Version"] == "7.1.0"


@pytest.mark.parametrize("path", ["/", "/phones/tern-5", "/cart", "/nowhere"])
def test_every_page_shows_its_version_and_cluster(make_shop: Callable[..., Flask], path: str) -> None:
    page = make_shop(version="7.1.0", cluster="dr").test_client().get(path).text

    assert "<strong>7.1.0</strong> · served by dr" in page


def test_nothing_is_loaded_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/").text
    with client.get("/static/shop.css") as sheet:
        css = sheet.text

    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "url(" not in css
    assert "@import" not in css
    assert "default-src 'self'" in client.get("/").headers["Content-Security-Policy"]


def test_a_page_that_is_not_there_is_a_friendly_404(client: FlaskClient) -> None:
    answer = client.get("/phones/none")

    assert answer.status_code == 404
    assert "There is nothing here." in answer.text


def test_a_broken_shop_says_so_with_its_version(make_shop: Callable[..., Flask]) -> None:
    app = make_shop(version="7.1.0")
    app.add_url_rule("/broken", view_func=lambda: 1 // 0)
    app.logger.disabled = True

    answer = app.test_client().get("/broken")

    assert answer.status_code == 500
    assert answer.headers["X-Version"] == "7.1.0"
    assert "Something broke on our side." in answer.text


@pytest.mark.parametrize(("cents", "text"), [(74900, "€749"), (114900, "€1,149"), (990, "€9.90"), (5, "€0.05")])
def test_prices_read_like_prices(cents: int, text: str) -> None:
    assert euro(cents) == text
