"""Turns a cart into an order, once, and never sells what is not there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from . import cart
from .cart import Line
from .catalogue import Phone
from .database import writing
from .tables import cart_lines, order_lines, orders, stock


@dataclass(frozen=True, slots=True)
class Customer:
    """Where the phones go."""

    name: str
    email: str
    street: str
    city: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks, and which shop sells."""

    buyer: str
    token: str  # made with the form, so that sending it twice is one order
    cluster: str
    version: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its buyer sees it."""

    number: int
    cents: int
    customer: Customer
    placed: int
    lines: Sequence[Row[str, str, int, int]]


class NoOrder(Exception):
    """The order could not be made; the sentence is for the buyer."""


class EmptyCart(NoOrder):
    """There is nothing to buy."""


class SoldOut(NoOrder):
    """Others were faster."""

    def __init__(self, phone: Phone) -> None:
        super().__init__(
            f"There are not enough {phone.name} left. Nothing was ordered; change the amount and try again."
        )


class UsedToken(NoOrder):
    """The form belongs to somebody else's order."""


def place(engine: Engine, origin: Origin, customer: Customer) -> bool:
    """Order what is in the cart. False if this form had been sent before: then that order stands."""
    try:
        with writing(engine) as connection:
            return _place(connection, origin, customer)
    except IntegrityError:  # the same form on another connection was a moment faster
        with engine.connect() as connection:
            if _placed_before(connection, origin):
                return False
        raise


def _place(connection: Connection, origin: Origin, customer: Customer) -> bool:
    if _placed_before(connection, origin):
        return False
    lines = cart.read(connection, origin.buyer, hold=True)
    if not lines:
        raise EmptyCart("Your cart is empty, so nothing was ordered.")
    for line in lines:
        if line.phone.limited:
            _take(connection, origin.cluster, line)
    _write(connection, origin, customer, lines)
    connection.execute(delete(cart_lines).where(cart_lines.c.buyer == origin.buyer))
    return True


def _placed_before(connection: Connection, origin: Origin) -> bool:
    buyer = connection.scalar(select(orders.c.buyer).where(orders.c.token == origin.token))
    if buyer not in (None, origin.buyer):
        raise UsedToken("This form was used before. Open the checkout again.")
    return buyer is not None


def _take(connection: Connection, cluster: str, line: Line) -> None:
    """One statement looks and takes, so two buyers can never take the same phone."""
    taken = connection.execute(
        update(stock)
        .where(stock.c.cluster == cluster, stock.c.sku == line.phone.sku, stock.c.remaining >= line.quantity)
        .values(remaining=stock.c.remaining - line.quantity)
    )
    if taken.rowcount != 1:
        raise SoldOut(line.phone)


def _write(connection: Connection, origin: Origin, customer: Customer, lines: list[Line]) -> None:
    made = connection.execute(
        insert(orders).values(
            token=origin.token,
            buyer=origin.buyer,
            cluster=origin.cluster,
            version=origin.version,
            name=customer.name,
            email=customer.email,
            street=customer.street,
            city=customer.city,
            cents=cart.total(lines),
            placed=int(time.time()),
        )
    )
    number = made.inserted_primary_key[0]  # type: ignore[index]
    connection.execute(
        insert(order_lines),
        [
            {
                "order_id": number,
                "sku": line.phone.sku,
                "name": line.phone.name,
                "quantity": line.quantity,
                "cents": line.phone.cents,
            }
            for line in lines
        ],
    )


def find(connection: Connection, buyer: str, token: str) -> Order | None:
    """The order of this buyer; an order of somebody else does not exist for him."""
    row = connection.execute(select(orders).where(orders.c.token == token, orders.c.buyer == buyer)).one_or_none()
    if row is None:
        return None
    lines = connection.execute(
        select(order_lines.c.sku, order_lines.c.name, order_lines.c.quantity, order_lines.c.cents)
        .where(order_lines.c.order_id == row.id)
        .order_by(order_lines.c.id)
    ).all()
    customer = Customer(row.name, row.email, row.street, row.city)
    return Order(row.id, row.cents, customer, row.placed, lines)
