"""Buyers, who must see no failure of a good release."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.installation import Installation
from tests.load import Load


@contextmanager
def users(shop: Installation, rate: int = 30) -> Iterator[tuple[Load, Load]]:
    """Buyers in both clusters, each at this rate per second; what they saw."""
    host = f"{shop.app}.localhost"
    with Load(shop.port("az1"), rate, host=host) as one, Load(shop.port("az2"), rate, host=host) as other:
        yield one, other
