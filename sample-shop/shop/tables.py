"""The tables of the shop. Two versions share them: only add tables or nullable columns, remove a release later."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, String, Table

METADATA = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")

stock = Table(
    "stock",
    METADATA,
    Column("cluster", String(40), primary_key=True),
    Column("sku", String(40), primary_key=True),
    Column("remaining", Integer, CheckConstraint("remaining >= 0", name="never_oversold"), nullable=False),
)

cart_lines = Table(
    "cart_lines",
    METADATA,
    Column("buyer", String(64), primary_key=True),
    Column("sku", String(40), primary_key=True),
    Column("quantity", Integer, nullable=False),
)

orders = Table(
    "orders",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("token", String(64), unique=True, nullable=False),
    Column("buyer", String(64), nullable=False),
    Column("cluster", String(40), nullable=False),
    Column("version", String(80), nullable=False),
    Column("name", String(100), nullable=False),
    Column("email", String(200), nullable=False),
    Column("street", String(200), nullable=False),
    Column("city", String(200), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("placed", Integer, nullable=False),  # epoch seconds
)

order_lines = Table(
    "order_lines",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("order_id", _ID, ForeignKey("orders.id"), nullable=False),
    Column("sku", String(40), nullable=False),
    Column("name", String(100), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("cents", BigInteger, nullable=False),  # of one
    Index("lines_of_order", "order_id"),
)
