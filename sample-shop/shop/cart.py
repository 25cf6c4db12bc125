"""What a buyer is about to buy."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from .catalogue import BY_SKU, Phone
from .database import writing
from .tables import cart_lines, stock

MOST_OF_ONE = 5


@dataclass(frozen=True, slots=True)
class Line:
    """Some of one phone."""

    phone: Phone
    quantity: int

    @property
    def cents(self) -> int:
        return self.phone.cents * self.quantity


def total(lines: list[Line]) -> int:
    return sum(line.cents for line in lines)


def read(connection: Connection, buyer: str, *, hold: bool = False) -> list[Line]:
    """The cart, without phones that this version does not sell: another version may have put them there."""
    wanted = select(cart_lines.c.sku, cart_lines.c.quantity).where(cart_lines.c.buyer == buyer)
    wanted = wanted.order_by(cart_lines.c.sku)
    rows = connection.execute(wanted.with_for_update() if hold else wanted)
    return [Line(BY_SKU[row.sku], row.quantity) for row in rows if row.sku in BY_SKU]


def count(connection: Connection, buyer: str) -> int:
    amount = select(func.coalesce(func.sum(cart_lines.c.quantity), 0)).where(cart_lines.c.buyer == buyer)
    return int(connection.scalar(amount) or 0)


def remaining(connection: Connection, cluster: str) -> dict[str, int]:
    """How many of each limited phone this cluster still has."""
    rows = connection.execute(select(stock.c.sku, stock.c.remaining).where(stock.c.cluster == cluster))
    return {row.sku: row.remaining for row in rows}


def add(engine: Engine, buyer: str, phone: Phone) -> None:
    """One more of `phone`, up to the most that one buyer may have."""
    try:
        _add(engine, buyer, phone)
    except IntegrityError:  # on a server the same buyer's other tab was a moment faster
        _add(engine, buyer, phone)


def _add(engine: Engine, buyer: str, phone: Phone) -> None:
    here = (cart_lines.c.buyer == buyer) & (cart_lines.c.sku == phone.sku)
    with writing(engine) as connection:
        had = connection.scalar(select(cart_lines.c.quantity).where(here))
        if had is None:
            connection.execute(insert(cart_lines).values(buyer=buyer, sku=phone.sku, quantity=1))
        elif had < MOST_OF_ONE:
            connection.execute(update(cart_lines).where(here).values(quantity=cart_lines.c.quantity + 1))


def change(engine: Engine, buyer: str, sku: str, quantity: int) -> None:
    """So many of a phone that is in the cart; none takes it out."""
    here = (cart_lines.c.buyer == buyer) & (cart_lines.c.sku == sku)
    with writing(engine) as connection:
        if quantity <= 0:
            connection.execute(delete(cart_lines).where(here))
        else:
            connection.execute(update(cart_lines).where(here).values(quantity=min(quantity, MOST_OF_ONE)))
