"""The types of our columns: moments, words, hashes, sets of names."""

import json
import math
from datetime import UTC, datetime
from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, Double, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.schema import MetaData

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment: seconds since 1970 as a double, so that both databases compare it alike; aware UTC in Python."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; pass an aware datetime")
        return None if value is None else value.timestamp()

    def process_result_value(self, value: float | None, dialect: Dialect) -> datetime | None:
        return None if value is None or not math.isfinite(value) else datetime.fromtimestamp(value, UTC)


class Words(TypeDecorator[str]):
    """Text from anywhere. What PostgreSQL cannot store (NUL, lone surrogates) becomes a replacement sign."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class Names(TypeDecorator[frozenset[str]]):
    """A set of names, as a sorted JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[str] | None, dialect: Dialect) -> str:
        return json.dumps(sorted(value or ()))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[str]:
        return frozenset(json.loads(value or "[]"))


class Row(DeclarativeBase):
    """All our rows: columns only."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Instant(), str: Words(), frozenset[str]: Names(), float: Double()}


Id = Annotated[int, mapped_column(primary_key=True, autoincrement=True)]
Big = Annotated[int, mapped_column(BigInteger)]
Key = Annotated[str, mapped_column(primary_key=True)]


def one_of(column: str, *values: str) -> CheckConstraint:
    """A CHECK that `column` is one of `values`."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def canonical(value: object) -> str:
    """JSON with one spelling for each value, so that hashes of it can be compared."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
