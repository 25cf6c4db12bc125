"""The small words of a definition, in a file and in Python."""

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from pipeline.definition.app import App
from pipeline.definition.messages import _FORMS, keys, parts
from pipeline.definition.platform import Platform
from pipeline.definition.problems import Problem, near, parse_path, path_text, shown
from pipeline.definition.selectors import SELECTOR
from pipeline.definition.words import (
    BY_PEOPLE,
    CHANCE,
    DURATION,
    PERCENT,
    POINTS,
    Duration,
    Percent,
    Points,
    points_text,
    seconds_text,
)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (Duration, "250ms", 0.25),
        (Duration, "1.5m", 90.0),
        (Duration, "7d", 604800.0),
        (Percent, "5%", 5),
        (Percent, "99%", 99),
        (Points, "0.125pp", 0.00125),
    ],
)
def test_a_file_writes_the_unit_and_python_may_hold_the_number(kind, written, value):
    word = TypeAdapter(kind)

    assert word.validate_python(written, context=BY_PEOPLE) == value
    assert word.validate_python(value) == value
    with pytest.raises(ValidationError, match="; write "):
        word.validate_python(value, context=BY_PEOPLE)


@pytest.mark.parametrize("kind", [Duration, Percent, Points])
@pytest.mark.parametrize("value", [None, True, [], {}, "", "x", "5", "-5%", "5 s", "5e3s", "1:30", "٥%", "5m5s", "5µs"])
def test_nothing_else_is_read_as_a_number(kind, value):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize("seconds", [0.0, 0.25, 1.5, 30.0, 90.0, 300.0, 5400.0, 86400.0, 604800.0])
def test_a_duration_is_told_as_it_can_be_written(seconds):
    assert TypeAdapter(Duration).validate_python(seconds_text(seconds)) == seconds


def test_a_margin_is_told_as_it_can_be_written():
    assert TypeAdapter(Points).validate_python(points_text(0.005)) == 0.005


def test_a_name_with_odd_signs_is_told_on_one_line():
    assert shown("a\nb\u202ec") == "a�b�c"
    assert shown("x" * 61) == "x" * 59 + "…"
    assert path_text(("test", "a.b c", "run")) == 'test["a.b c"].run'
    assert parse_path('test["a.b c"].run') == ("test", "a.b c", "run")


def test_a_far_word_has_no_near_one():
    assert near("gate", ["gates", "soak"]) == 'did you mean "gates"?'
    assert near("entirely", ["gates", "soak"]) == ""


def test_a_problem_without_path_and_hint_is_told():
    assert Problem(1, 3, "", "is odd", source_line="a\tb").text() == (
        "sluice.yaml:1:3: is odd\n    1 | a b\n      |   ^"
    )


def models(model: type[BaseModel]) -> set[type[BaseModel]]:
    """`model` and all that it is made of."""
    below = [models(part) for field in keys(model).values() for part in parts(field.annotation)]
    return {model}.union(*below)


def patterns(schema: object) -> set[str]:
    """Every form that a text of this schema may have to fit."""
    if isinstance(schema, list):
        return set().union(*map(patterns, schema))
    if not isinstance(schema, dict):
        return set()
    mine = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
    return mine.union(schema.get("patternProperties", ()), *map(patterns, schema.values()))


def test_every_form_has_a_sentence_for_what_does_not_fit():
    """A value that fits no form must never end in a traceback."""
    told_by_themselves = {DURATION, PERCENT, POINTS, CHANCE, SELECTOR}
    every = set().union(*(patterns(model.model_json_schema(by_alias=True)) for model in (App, Platform)))

    assert every - told_by_themselves <= set(_FORMS)


@pytest.mark.parametrize("model", sorted(models(App) | models(Platform), key=lambda one: one.__name__))
def test_every_key_says_what_it_means_and_has_a_valid_example(model):
    for key, field in keys(model).items():
        assert field.description.endswith("."), key
        [example] = field.examples
        adapter = TypeAdapter(field.rebuild_annotation())
        adapter.validate_python(example, context=BY_PEOPLE, by_alias=True, by_name=False)
