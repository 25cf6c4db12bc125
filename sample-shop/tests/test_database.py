"""Several replicas and several versions on one database."""

import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path

from conftest import ADA, token_of
from flask import Flask
from shop import cart
from shop.database import open_database, set_up
from shop.tables import orders, stock
from sqlalchemy import inspect, select, text


def browser() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))


def post(person: urllib.request.OpenerDirector, url: str, form: dict[str, str]) -> tuple[int, str]:
    try:
        with person.open(url, urllib.parse.urlencode(form).encode()) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_twenty_buyers_at_once_at_two_replicas_never_buy_more_than_there_is(
    serve: Callable[..., list[str]], tmp_path: Path
) -> None:
    replicas = serve(2, STOCK="7")
    together = threading.Barrier(20)

    def buys(number: int) -> int:
        url, person = replicas[number % 2], browser()
        _, form = post(person, f"{url}/cart", {"sku": "tern-4-aurora", "then": "checkout"})
        together.wait(timeout=30)
        return post(person, f"{url}/checkout", {**ADA, "token": token_of(form)})[0]

    with ThreadPoolExecutor(20) as crowd:
        answers = Counter(crowd.map(buys, range(20)))

    database = open_database(f"sqlite:///{tmp_path / 'shop.db'}")
    with database.connect() as connection:
        assert cart.remaining(connection, "az1") == {"tern-4-aurora": 0}
        assert len(connection.execute(select(orders.c.id)).all()) == 7
    database.dispose()
    assert answers == {200: 7, 409: 13}


def test_the_same_form_sent_ten_times_at_once_is_one_order(serve: Callable[..., list[str]], tmp_path: Path) -> None:
    replicas = serve(2)
    person = browser()
    _, form = post(person, f"{replicas[0]}/cart", {"sku": "tern-5", "then": "checkout"})
    filled = {**ADA, "token": token_of(form)}

    with ThreadPoolExecutor(10) as fingers:
        pages = list(fingers.map(lambda n: post(person, f"{replicas[n % 2]}/checkout", filled), range(10)))

    assert {status for status, _ in pages} == {200}
    assert {'<p class="tag">Order 1</p>' in page for _, page in pages} == {True}


def test_eight_replicas_may_start_at_once_on_an_empty_file(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def starts(_: int) -> int:
        database = open_database(f"sqlite:///{tmp_path / 'new.db'}")
        together.wait(timeout=30)
        set_up(database, cluster="az1", stock=9)
        with database.connect() as connection:
            amount = connection.scalar(select(stock.c.remaining))
        database.dispose()
        return amount

    with ThreadPoolExecutor(8) as replicas:
        assert list(replicas.map(starts, range(8))) == [9] * 8


def test_a_later_start_does_not_fill_the_stock_again(make_shop: Callable[..., Flask]) -> None:
    make_shop(stock=3)
    again = make_shop(stock=100)

    with again.extensions["database"].connect() as connection:
        assert cart.remaining(connection, "az1") == {"tern-4-aurora": 3}


def test_each_cluster_has_a_stock_of_its_own_in_a_shared_database(make_shop: Callable[..., Flask]) -> None:
    make_shop(cluster="az1", stock=3)
    app = make_shop(cluster="dr", stock=4)

    with app.extensions["database"].connect() as connection:
        assert cart.remaining(connection, "az1") == {"tern-4-aurora": 3}
        assert cart.remaining(connection, "dr") == {"tern-4-aurora": 4}


def test_a_column_that_an_older_version_did_not_have_is_added_beside_its_rows(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    set_up(database, cluster="az1", stock=1)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE orders DROP COLUMN city"))

    set_up(database, cluster="az1", stock=1)

    assert "city" in {column["name"] for column in inspect(database).get_columns("orders")}
    database.dispose()


def test_a_shop_sells_although_a_newer_version_has_added_a_column_and_a_phone(make_shop: Callable[..., Flask]) -> None:
    app = make_shop()
    client = app.test_client()
    client.post("/cart", data={"sku": "tern-5"})
    with app.extensions["database"].begin() as connection:
        connection.execute(text("ALTER TABLE orders ADD COLUMN gift_note VARCHAR(200)"))
        connection.execute(
            text("INSERT INTO cart_lines (buyer, sku, quantity) SELECT buyer, 'tern-6', 1 FROM cart_lines")
        )

    answer = client.post("/checkout", data={**ADA, "token": token_of(client.get("/checkout").text)})

    assert client.get(answer.location).status_code == 200
