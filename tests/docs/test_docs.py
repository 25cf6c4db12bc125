"""What the documents say is there, and what is there the documents say."""

import ast
import dataclasses
import importlib
import inspect
import re
from typing import get_args

import pytest

from cli.exits import Exit
from pipeline import settings
from pipeline.errors import PipelineError
from pipeline.plan import Stage
from pipeline.states import MAY_BECOME, Kind, Reason, State
from pipeline.store.columns import Row
from pipeline.store.said import ROLE_GROUPS
from web.actions import ACTIONS

from .pages import CODE, REFERENCE, ROOT, firsts, rows, section
from .written import PARTS, page

STATES = REFERENCE / "states-and-reasons.md"
SETTINGS = REFERENCE / "settings.md"
NOUNS = ("plan", "release", "decision", "facts", "verdict", "states", "settings", "lease")
ERRORS = "pipeline.errors"
PRODUCT = ("cli", "pipeline", "runners", "web")


@pytest.mark.parametrize("part", PARTS)
def test_what_follows_from_code_is_as_the_code_has_it(part):
    assert PARTS[part].read_text() == page(part), "run python -m tests.docs.written"


@pytest.mark.parametrize("gate", get_args(settings.Gate), ids=lambda gate: gate.__name__)
def test_a_gate_is_told_with_every_setting(gate):
    fields = [field.name for field in dataclasses.fields(gate)]
    word = gate(**dict.fromkeys(fields, 1)).name.split()[0]

    told = section(REFERENCE / "gates.md", word)

    assert told
    assert firsts(told) == set(fields)


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("States", State),
        ("Reasons", Reason),
        ("Kinds", Kind),
        ("Stages", Stage),
        (
            "Errors of our own",
            [error.__name__ for error in PipelineError.__subclasses__() if error.__module__ == ERRORS],
        ),
    ],
)
def test_words_of_a_closed_list_are_told_and_no_others(heading, words):
    assert firsts(section(STATES, heading)) == set(words)


def test_a_state_may_become_what_the_table_says():
    told = {row[0].strip("`"): set(CODE.findall(row[2])) for row in rows(section(STATES, "States"))}

    assert told == {state: set(after) - {state} for state, after in MAY_BECOME.items()}


def test_exit_codes_roles_and_verbs_are_told():
    assert {int(row[0]) for row in rows(section(REFERENCE / "cli.md", "Exit codes"))} == set(Exit)
    assert firsts(section(REFERENCE / "api.md", "Roles")) == set(ROLE_GROUPS)
    assert firsts(section(REFERENCE / "api.md", "Verbs")) == set(ACTIONS)
    assert {row[0].strip("`"): row[2] for row in rows(section(REFERENCE / "api.md", "Verbs"))} == {
        verb.name: str(verb.role) for verb in ACTIONS.values()
    }


def variables(folder: str) -> set[str]:
    """The names of environment variables that the code of a folder reads, or gives to what it starts."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text()
        found |= set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", text))
        found |= set(re.findall(r"envvar=\"([A-Z_]+)\"", text))
    return found


def test_every_variable_of_the_environment_is_told_and_no_other():
    read = {one for folder in PRODUCT for one in variables(folder)} - {"PATH", "HOME", "CRASHPOINT"}

    assert firsts(section(SETTINGS, "Environment")) == read | {"NO_COLOR"}


def test_what_a_replica_is_told_is_told():
    told = firsts(section(SETTINGS, "What a replica is told"))
    source = (ROOT / "runners/clusters/replica.py").read_text()

    assert told == set(re.findall(r"^        \"([A-Z_]+)\": ", source, re.M))


def test_every_noun_of_the_rules_has_a_line_in_the_glossary():
    told = {word for row in rows((REFERENCE / "glossary.md").read_text()) for word in CODE.findall(row[2])}
    nouns = {noun for module in NOUNS for noun in public(f"pipeline.{module}")} | set(public("runners.ports"))

    assert nouns - told == set()
    assert told - nouns - anywhere() == set()


def public(module: str) -> list[str]:
    found = importlib.import_module(module)
    return [
        one for one, what in inspect.getmembers(found, inspect.isclass) if what.__module__ == module and one[0] != "_"
    ]


def anywhere() -> set[str]:
    """Every class of the product, and every table."""
    found = {row.name for row in Row.metadata.tables.values()}
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.py"):
            found |= {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)}
    return found


def test_every_benchmark_is_told():
    told = firsts((REFERENCE / "benchmarks.md").read_text())

    files = {f"benchmarks/{path.name}" for path in (ROOT / "benchmarks").glob("*.py") if path.name[0] != "_"}
    folders = {f"benchmarks/{path.parent.name}/" for path in (ROOT / "benchmarks").glob("*/__main__.py")}
    assert told == files | folders
