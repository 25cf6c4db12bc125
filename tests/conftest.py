"""The order of the tests: those on real processes wait most of the time, so each begins beside some that only compute.

Drawn cases have no time limit: how long one takes says how busy the machine is.
"""

import gc
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files = [list(tests) for _, tests in groupby(items, key=_file)]
    stories = [tests for tests in files if tests[0].get_closest_marker("story")]
    others = [tests for tests in files if tests not in stories]
    items[:] = [test for tests in _mixed(stories, others) for test in tests]


def _file(item: pytest.Item) -> Path:
    return item.path


def _mixed(stories: list[list[pytest.Item]], others: list[list[pytest.Item]]) -> Iterator[list[pytest.Item]]:
    """All stories have begun when half of the others have, so that none is left alone at the end."""
    rest, beside = iter(others), len(others) // (2 * len(stories)) if stories else 0
    for story in stories:
        yield story
        yield from islice(rest, beside)
    yield from rest


def pytest_collection_finish() -> None:
    """What the tests were read into stays to the end; the garbage collector need not look through it at each round."""
    gc.freeze()
