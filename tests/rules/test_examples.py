"""The examples in the docstrings of the rules hold."""

import doctest
import importlib
from pathlib import Path

import pytest

PIPELINE = Path(__file__).parents[2] / "pipeline"
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(PIPELINE.parent).with_suffix("").parts)
    for path in PIPELINE.rglob("*.py")
    if ">>> " in path.read_text() and path.parent.name != "store"
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_hold(name):
    result = doctest.testmod(importlib.import_module(name))

    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_examples():
    assert "pipeline.plan" in WITH_EXAMPLES
