"""The reference and the schema for editors say what the reader does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.definition.app import App
from pipeline.definition.messages import keys, parts
from pipeline.definition.platform import Platform
from pipeline.definition.reading import read_app, read_platform
from pipeline.definition.reference import table
from pipeline.definition.schema import schema
from pipeline.definition.starter import starter
from pipeline.definition.text import read_tree
from pipeline.errors import BadDefinition

from .reference import PAGES, REFERENCE, editors_schema, page

INVALID = Path(__file__).parent / "invalid"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_has_every_key_as_the_models_have_it(name):
    assert (REFERENCE / name).read_text() == page(name), "run python -m tests.rules.definition.reference"


def test_the_schema_for_editors_is_the_one_of_the_models():
    assert (REFERENCE / "sluice.schema.json").read_text() == editors_schema()


@pytest.mark.parametrize("model", [App, Platform])
def test_no_key_is_left_out_of_the_table(model):
    told = table(schema(model))

    def check(part: Any) -> None:
        for key, field in keys(part).items():
            assert re.search(rf"^\| `(\S*\.)?{re.escape(key)}` \| {re.escape(field.description)} \|", told, re.M), key
            for below in parts(field.annotation):
                check(below)

    check(model)


@pytest.mark.parametrize(("name", "read"), [("sluice-yaml.md", read_app), ("platform-yaml.md", read_platform)])
def test_the_examples_of_the_page_are_valid(name, read):
    examples = re.findall(r"```yaml\n(.*?)```", (REFERENCE / name).read_text(), re.S)

    assert examples
    for example in examples:
        read(example)


@pytest.mark.parametrize("name", PAGES)
def test_the_example_of_each_key_is_yaml(name):
    rows = re.findall(r"^\| `[^`]+` \|.*\| `([^`]*)` \|$", (REFERENCE / name).read_text(), re.M)

    assert len(rows) > 30
    for row in rows:
        assert isinstance(loaded(row), dict)


def misfits(value: object, rule: dict[str, Any], whole: dict[str, Any]) -> list[str]:
    """What of the schema `value` does not fit: only the words that our schema uses, and all of those."""
    rule = whole["$defs"][rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if not isinstance(value, kinds[rule["type"]]) or (isinstance(value, bool) and rule["type"] != "boolean"):
        return [f"{value!r} is no {rule['type']}"]
    if value not in rule.get("enum", [value]) or value != rule.get("const", value):
        return [f"{value!r} is no choice"]
    found = []
    match value:
        case dict():
            found += [f"{key} is missing" for key in rule.get("required", []) if key not in value]
            for key, inner in value.items():
                ways = [way for form, way in rule.get("patternProperties", {}).items() if re.search(form, key)]
                ways += [rule["properties"][key]] if key in rule.get("properties", {}) else []
                found += misfits(inner, ways[0], whole) if ways else [f"{key} is unknown"]
        case list():
            found += [] if rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", 999) else ["number of entries"]
            found += [one for inner in value for one in misfits(inner, rule["items"], whole)]
        case str():
            found += [] if re.search(rule.get("pattern", ""), value) else [f"{value!r} has another form"]
            found += [] if rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", 9999) else ["length"]
        case int():
            found += [] if rule.get("minimum", value) <= value <= rule.get("maximum", value) else [f"{value} is out"]
    return found


def loaded(text: str) -> object:
    return read_tree(text, "example").value


def test_what_the_reader_takes_the_schema_takes():
    page_example = re.search(r"```yaml\n(.*?)```", (REFERENCE / "sluice-yaml.md").read_text(), re.S)

    for text in (starter("shop"), page_example[1]):
        assert misfits(loaded(text), schema(), schema()) == []


@pytest.mark.parametrize(
    "name",
    [
        "date",
        "sexagesimal",
        "gate-for-gates",
        "empty-gates",
        "name-with-dots",
        "command-no-text",
        "needs",
        "missing-keys",
        "duration-without-unit",
        "choices",
        "list-forgotten",
        "version-as-number",
        "no-mapping",
        "shares-out-of-range",
    ],
)
def test_what_the_schema_can_see_it_refuses_as_the_reader_does(name):
    [path] = INVALID.glob(f"[0-9][0-9]-{name}.yaml")

    assert misfits(loaded(path.read_text()), schema(), schema())
    with pytest.raises(BadDefinition):
        read_app(path.read_text())


def test_the_schema_writes_defaults_as_people_do():
    parts = schema()["$defs"]

    assert parts["Wave"]["properties"]["canary"]["default"] == ["5%", "25%", "50%"]
    assert parts["Wave"]["properties"]["soak"]["default"] == "5m"
    assert parts["Errors"]["properties"]["margin"]["default"] == "0.5pp"
    assert json.loads(editors_schema()) == schema()
