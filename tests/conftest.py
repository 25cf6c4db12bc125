"""The order of the tests: those on real processes take minutes and begin first, so that no core waits for the last.

Drawn cases have no time limit: how long one takes says how busy the machine is.
"""

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("story") is None)
