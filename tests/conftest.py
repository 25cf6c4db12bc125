"""The order of the tests: those on real processes take minutes and begin first, so that no core waits for the last."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("story") is None)
