"""The rules reach for nothing: no clock, no files, no network, no environment. Only an allow-list can say so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PIPELINE = Path(__file__).parents[2] / "pipeline"
RULES = sorted(set(PIPELINE.rglob("*.py")) - set((PIPELINE / "store").rglob("*.py")))

LIBRARY = {
    "__future__",
    "collections",
    "dataclasses",
    "datetime",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "itertools",
}
LIBRARY |= {"json", "math", "re", "statistics", "typing", "zoneinfo"}
OF_DEFINITIONS = {"pydantic", "ruamel"}
FORBIDDEN_CALLS = {"now", "today", "utcnow", "open", "print", "input", "eval", "exec", "__import__"}


def imported(tree: ast.AST) -> Iterator[str]:
    """The top name of each import; one of our own is "", or "store" when it leads into the memory."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_top(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inside = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield _top(["pipeline", *inside] if node.level else inside)


def _top(parts: list[str]) -> str:
    if parts[0] != "pipeline":
        return parts[0]
    return "store" if "store" in parts else ""


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def impurities(source: str, *, of_definitions: bool) -> set[str]:
    """What `source` reaches for that no rule may."""
    tree = ast.parse(source)
    allowed = LIBRARY | {""} | (OF_DEFINITIONS if of_definitions else set())
    return (set(imported(tree)) - allowed) | (set(called(tree)) & FORBIDDEN_CALLS)


@pytest.mark.parametrize("path", RULES, ids=lambda path: str(path.relative_to(PIPELINE.parent)))
def test_a_rule_reaches_for_nothing(path):
    assert impurities(path.read_text(), of_definitions=path.parent.name == "definition") == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import requests", {"requests"}),
        ("from os import environ", {"os"}),
        ("import os.path", {"os"}),
        ("from .store import ledger", {"store"}),
        ("from . import store", {"store"}),
        ("from ..store.ledger import Ledger", {"store"}),
        ("from pipeline import store", {"store"}),
        ("import pipeline.store.ledger", {"store"}),
        ("from pipeline.facts import Facts", set()),
        ("import sqlalchemy.orm as orm", {"sqlalchemy"}),
        ("import pydantic", {"pydantic"}),
        ("x = datetime.now(UTC)", {"now"}),
        ("def f():\n    return open('x')", {"open"}),
        ("import json\nfrom .facts import Facts\nx = json.dumps({})", set()),
    ],
)
def test_reaching_out_is_noticed(source, found):
    assert impurities(source, of_definitions=False) == found


def test_definitions_may_use_pydantic_and_ruamel():
    assert impurities("import pydantic\nfrom ruamel.yaml import YAML", of_definitions=True) == set()


def test_all_rules_are_looked_at():
    seen = {str(path.relative_to(PIPELINE)) for path in RULES}

    assert {"decide.py", "definition/text.py", "judge/harm.py"} <= seen
    assert not any(name.startswith("store") for name in seen)
