"""From the cart to the order."""

from collections.abc import Callable

import pytest
from conftest import ADA, token_of
from flask import Flask
from flask.testing import FlaskClient
from shop import cart
from shop.tables import orders
from sqlalchemy import func, select


def put(client: FlaskClient, sku: str, times: int = 1) -> None:
    for _ in range(times):
        assert client.post("/cart", data={"sku": sku}).status_code == 303


def order(client: FlaskClient, **changed: str):
    form = {**ADA, "token": token_of(client.get("/checkout").text), **changed}
    return client.post("/checkout", data=form)


def left(app: Flask) -> int:
    with app.extensions["database"].connect() as connection:
        return cart.remaining(connection, "az1")["tern-4-aurora"]


def made(app: Flask) -> int:
    with app.extensions["database"].connect() as connection:
        return connection.scalar(select(func.count()).select_from(orders))


def test_a_chosen_phone_is_in_the_cart_and_counted(client: FlaskClient) -> None:
    put(client, "tern-5", times=2)
    page = client.get("/cart").text

    assert "€1,498" in page
    assert '<span class="count">2' in page


def test_buy_now_leads_straight_to_the_checkout(client: FlaskClient) -> None:
    assert client.post("/cart", data={"sku": "tern-5", "then": "checkout"}).location == "/checkout"


def test_the_number_in_the_cart_can_be_changed_and_taken_to_nothing(client: FlaskClient) -> None:
    put(client, "tern-5")
    client.post("/cart/tern-5", data={"quantity": "3"})
    assert "€2,247" in client.get("/cart").text

    client.post("/cart/tern-5", data={"quantity": "0"})
    assert "Nothing in it yet." in client.get("/cart").text


def test_nobody_gets_more_than_five_of_one_phone(client: FlaskClient) -> None:
    put(client, "tern-5", times=7)
    assert 'value="5"' in client.get("/cart").text

    client.post("/cart/tern-5", data={"quantity": "99"})
    assert 'value="5"' in client.get("/cart").text


def test_a_number_that_is_none_is_refused(client: FlaskClient) -> None:
    put(client, "tern-5")
    assert client.post("/cart/tern-5", data={"quantity": "-1"}).status_code == 400


def test_a_cart_belongs_to_one_buyer(make_shop: Callable[..., Flask]) -> None:
    app = make_shop()
    put(app.test_client(), "tern-5")

    assert "Nothing in it yet." in app.test_client().get("/cart").text


def test_an_order_is_confirmed_and_the_cart_is_empty_after_it(client: FlaskClient) -> None:
    put(client, "tern-5")
    put(client, "tern-day", times=2)
    receipt = client.get(order(client).location).text

    assert "Thank you, Ada Byron." in receipt
    assert "2 × Tern Day" in receipt
    assert "€1,247" in receipt
    assert "Nothing in it yet." in client.get("/cart").text


def test_an_order_is_shown_to_its_buyer_alone(make_shop: Callable[..., Flask]) -> None:
    app = make_shop()
    buyer, other = app.test_client(), app.test_client()
    put(buyer, "tern-5")
    where = order(buyer).location

    assert buyer.get(where).status_code == 200
    assert other.get(where).status_code == 404


def test_the_same_form_sent_twice_is_one_order(make_shop: Callable[..., Flask]) -> None:
    app = make_shop(stock=5)
    client = app.test_client()
    put(client, "tern-4-aurora")
    token = token_of(client.get("/checkout").text)

    first = client.post("/checkout", data={**ADA, "token": token})
    put(client, "tern-5")
    second = client.post("/checkout", data={**ADA, "token": token})

    assert first.location == second.location
    assert made(app) == 1
    assert left(app) == 4


def test_the_form_of_somebody_else_orders_nothing(make_shop: Callable[..., Flask]) -> None:
    app = make_shop()
    buyer, other = app.test_client(), app.test_client()
    put(buyer, "tern-5")
    put(other, "tern-5")
    token = token_of(buyer.get("/checkout").text)
    buyer.post("/checkout", data={**ADA, "token": token})

    assert other.post("/checkout", data={**ADA, "token": token}).status_code == 409
    assert made(app) == 1


def test_who_wants_more_than_there_is_gets_nothing_and_keeps_the_cart(make_shop: Callable[..., Flask]) -> None:
    app = make_shop(stock=2)
    client = app.test_client()
    put(client, "tern-5")
    put(client, "tern-4-aurora", times=3)

    answer = order(client)

    assert answer.status_code == 409
    assert "There are not enough Tern 4 Aurora left." in answer.text
    assert 'value="3"' in client.get("/cart").text
    assert left(app) == 2
    assert made(app) == 0


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("name", "  ", "We need this to send the parcel."),
        ("email", "ada", "Write an address like ada@example.org."),
        ("street", "x" * 201, "This is too long; 200 characters fit on the label."),
        ("city", "", "We need this to send the parcel."),
    ],
)
def test_a_form_with_a_mistake_comes_back_filled_and_says_what_is_wrong(
    client: FlaskClient, field: str, text: str, said: str
) -> None:
    put(client, "tern-5")
    token = token_of(client.get("/checkout").text)
    answer = client.post("/checkout", data={**ADA, "token": token, field: text})

    assert answer.status_code == 422
    assert said in answer.text
    assert token_of(answer.text) == token
    assert answer.text.count(ADA["name" if field != "name" else "email"])


def test_a_form_without_its_token_orders_nothing(client: FlaskClient) -> None:
    put(client, "tern-5")
    assert order(client, token="").status_code == 409


def test_there_is_no_checkout_for_an_empty_cart(client: FlaskClient) -> None:
    answer = client.get("/checkout")
    assert (answer.status_code, answer.location) == (303, "/cart")
