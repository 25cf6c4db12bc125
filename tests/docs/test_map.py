"""ARCHITECTURE.md shows tables, times, files and tests as they are."""

import importlib
import re

import pytest

from pipeline.store import records, tables

from .pages import CODE, ROOT, every_folder, name, our_pages, prose, rows, section

ARCHITECTURE = ROOT / "ARCHITECTURE.md"
PRODUCT = ("cli", "pipeline", "runners", "web")


def test_the_map_shows_the_tables_as_they_are():
    told = dict(re.findall(r"^(\w+)\(([^)]*)\)", section(ARCHITECTURE, "What is stored"), re.M))
    shown = {table: [column.strip() for column in columns.split(",")] for table, columns in told.items()}

    stored = {**tables.ReleaseRow.metadata.tables, **records.SampleRow.metadata.tables}
    assert shown == {table: [column.name for column in row.columns] for table, row in stored.items()}


def test_the_times_of_the_map_are_those_of_the_code():
    told = list(rows(section(ARCHITECTURE, "Times")))

    assert len(told) > 12
    for what, value, where, _ in told:
        module, _, constant = where.strip("`").rpartition(".")
        is_now = getattr(importlib.import_module(module), constant)
        seconds = getattr(is_now, "total_seconds", lambda number=is_now: number)()
        assert value == f"{seconds:g} s", what


def test_the_map_names_every_file_of_the_rules_and_the_hands():
    told = set(CODE.findall(ARCHITECTURE.read_text()))
    files = [path for folder in PRODUCT for path in (ROOT / folder).iterdir()]
    named = {path.name for path in files if path.is_dir() and path.name[0] not in "_."}
    modules = {path.stem for path in files if path.suffix == ".py" and path.name[0] != "_"}

    assert {one for one in named if f"{one}/" not in " ".join(told)} == set()
    assert {one for one in modules if one not in told} == set()


def test_tests_that_documents_name_are_there():
    source = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    named = {word for one in our_pages() for word in CODE.findall(one.read_text()) if re.fullmatch(r"test_\w+", word)}

    assert len(named) > 15
    assert {
        word for word in named if f"def {word}(" not in source and not list((ROOT / "tests").rglob(f"{word}.py"))
    } == set()


@pytest.mark.parametrize("document", our_pages(), ids=name)
def test_files_that_documents_name_are_there(document):
    """A path in code signs that begins with a folder of ours, up to its first sign for "any"."""
    for word in CODE.findall(prose(document.read_text())):
        path = word.partition(":")[0]
        if re.fullmatch(r"[\w./-]+/[\w./-]*", path) and path.split("/")[0] in every_folder():
            assert (ROOT / path).exists(), word
