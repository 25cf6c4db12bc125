"""Whatever arrives as a definition is read or refused: never a traceback, and never more work than a file is worth."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.definition.problems import MOST
from pipeline.definition.reading import read_app, read_platform
from pipeline.definition.starter import starter
from pipeline.definition.text import MOST_BYTES, MOST_NODES
from pipeline.errors import BadDefinition

FULL = MOST_BYTES - 16
NESTED = "nested deeper than 20 levels"
MANY = "more than 10,000 values"
ODD = "this is not YAML as it is understood here"
OPEN = "this bracket is never closed"
NO_KEYS = "stands where keys are wanted"


def problems(text: str | bytes) -> list[str]:
    """What is said of `text`."""
    with pytest.raises(BadDefinition) as caught:
        read_app(text)
    assert len(caught.value.problems) <= MOST
    return [problem.what for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("[" * 200_000, "the file has 200,000 bytes; the limit is 131,072", id="200,000-brackets"),
        pytest.param("a" * 129 * 1024, "the file has 132,096 bytes; the limit is 131,072", id="129-KB"),
        pytest.param(b"\xff" * 200_000, "the file has 200,000 bytes; the limit is 131,072", id="129-KB-of-bytes"),
        pytest.param("[" * FULL, NESTED, id="brackets"),
        pytest.param("{" * FULL, NESTED, id="braces"),
        pytest.param("[a," * (FULL // 3), NESTED, id="brackets-with-entries"),
        pytest.param("- " * (FULL // 2), NESTED, id="dashes"),
        pytest.param("? " * (FULL // 2), NESTED, id="question-marks"),
        pytest.param("? - " * (FULL // 4), NESTED, id="keys-of-lists"),
        pytest.param("{<<: " * (FULL // 5), NESTED, id="merge-keys"),
        pytest.param("[[],[[]," * (FULL // 8), NESTED, id="brackets-in-brackets"),
        pytest.param("- a\n" * (FULL // 4), MANY, id="entries"),
        pytest.param("-\n" * (FULL // 2), MANY, id="empty-entries"),
        pytest.param("[" + "[]," * (FULL // 3), MANY, id="empty-lists"),
        pytest.param("- &a\n" * (FULL // 5), "the anchor &a is refused", id="anchors"),
        pytest.param("- *a\n" * (FULL // 5), "*a refers to another value", id="aliases"),
        pytest.param("- !a\n" * (FULL // 5), "the tag !a is refused", id="tags"),
        pytest.param("!<" + "%41" * (FULL // 4) + "> a", f"the tag {'A' * 59}… is refused", id="a-long-tag"),
        pytest.param("a: 1\n" * (FULL // 5), 'the key "a" is here twice; the first is in line 1', id="same-keys"),
        pytest.param("a\x07" * (FULL // 2), "U+0007 is not allowed, here and in 65,527 more places", id="bells"),
        pytest.param("\n\t" * (FULL // 2), "a tab where a value should begin", id="tabs"),
        pytest.param("%a\n" * (FULL // 3), ODD, id="directives"),
        pytest.param("---\n" * (FULL // 4), "a second document begins here", id="documents"),
        pytest.param("'" + "a\n" * (FULL // 2), "this quote is never closed", id="quote"),
        pytest.param("[" + "a " * (FULL // 2), OPEN, id="bracket"),
        pytest.param(" " * FULL, "the file is empty", id="spaces"),
        pytest.param("\n" * FULL, "the file is empty", id="lines"),
        pytest.param("é" * (FULL // 2), f"{'é' * 59}… {NO_KEYS}", id="one-word"),
        pytest.param("'" + "a\n" * (FULL // 2) + "'", f"{'a ' * 29}a… {NO_KEYS}", id="one-text"),
        pytest.param("1" * FULL, f"{'1' * 59}… has too many digits", id="one-number"),
        pytest.param('"\\U00110000"', "this cannot be read as YAML from here on", id="no-character"),
        pytest.param("\ud800", "U+D800 is not allowed", id="half-a-character"),
        pytest.param("a: *b", "*b refers to another value", id="an-alias-of-nothing"),
        pytest.param("&a [*a]", "the anchor &a is refused", id="itself"),
        pytest.param("---", f"nothing {NO_KEYS}", id="nothing"),
        pytest.param("a: {b: }}", "this bracket closes nothing", id="brace"),
        pytest.param("a: @b", "a text cannot begin with this sign", id="sign"),
        pytest.param('a: "\\q"', "a wrong escape in double quotes", id="escape"),
        pytest.param("a: [1, 2", OPEN, id="open"),
        pytest.param("a: 1e999", "1e999 has too many digits", id="infinite"),
        pytest.param("a:\n  'b\n\tc'", "a tab in the indentation", id="tab-in-a-text"),
    ],
)
def test_hostile_text_is_refused(text, what):
    assert what in problems(text)


def test_a_crowd_of_problems_is_counted_not_told():
    with pytest.raises(BadDefinition) as caught:
        read_app("".join(f"key{number}: 1\n" for number in range(4000)))
    told = str(caught.value)

    assert told.startswith("sluice.yaml has 4,003 problems\n")
    assert told.endswith("\n\n… and 3,953 more")
    assert len(caught.value.problems) == MOST


def test_a_long_line_is_shown_around_its_problem():
    with pytest.raises(BadDefinition) as caught:
        read_app("app: shop\nserve: {run: x, env: {" + "A: x, " * 40 + "B: 5}}\nwaves: [{clusters: [az1]}]")
    shown, caret = str(caught.value).splitlines()[-3:-1]

    assert len(shown) < 120
    assert shown[caret.index("^")] == "5"


def test_as_many_values_as_may_be_are_read():
    head = "app: shop\nserve: {run: x}\nwaves: [{clusters: [az1]}]\n"
    text = head + "".join(f"k{number}: x\n" for number in range(MOST_NODES // 2))

    assert problems(text)[0] == 'unknown key "k0"'


reads = st.sampled_from([read_app, read_platform])


def survives(read, text: str | bytes) -> None:
    """Read or refused, and each problem can be told."""
    try:
        read(text)
    except BadDefinition as refused:
        found = refused.problems
    else:
        return
    assert found
    for problem in found:
        assert problem.line >= 1
        assert problem.column >= 1
        told = problem.text()
        assert all(sign == "\n" or sign.isprintable() for sign in told)
        assert max(len(line) for line in told.splitlines()) < 400


@settings(deadline=None)
@given(reads, st.text())
@example(read_app, "\ufeff")
@example(read_app, "\x85")
@example(read_app, "\u2028: 1")
@example(read_app, "? ? ? !")
@example(read_app, "- - -\n\t")
@example(read_app, "\r\r\n\r")
def test_any_text_is_read_or_refused(read, text):
    survives(read, text)


@settings(deadline=None)
@given(reads, st.binary())
def test_any_bytes_are_read_or_refused(read, text):
    survives(read, text)


@settings(max_examples=300, deadline=None)
@given(reads, st.text(st.sampled_from("ab1.-:?,[]{}#&*!|>'\"%@`~<= \n\t\\x0é"), max_size=60))
def test_anything_that_looks_like_yaml_is_read_or_refused(read, text):
    survives(read, text)


KEYS = [
    "app",
    "serve",
    "run",
    "ready",
    "waves",
    "clusters",
    "canary",
    "soak",
    "gates",
    "approval",
    "from",
    "of",
    "test",
]
KEYS += [
    "judge",
    "errors",
    "margin",
    "env",
    "build",
    "bundle",
    "undo",
    "tenants",
    "apps",
    "freezes",
    "weekly",
    "zone",
    "x",
]
words = st.sampled_from(
    ["shop", "az1", "5%", "200%", "5m", "9d", "0.5pp", "", "Fri 16:00 - Mon 08:00", "all", "\n\t\0", "../x"]
)
values = st.none() | st.booleans() | st.integers() | st.floats() | words
trees = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(reads, st.dictionaries(st.sampled_from(KEYS), trees, max_size=8))
def test_any_tree_of_known_keys_is_read_or_refused(read, tree):
    survives(read, json.dumps(tree))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_good_definition_with_a_piece_cut_out_is_read_or_refused(data):
    good = starter("shop")
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 40)))
    survives(read_app, good[:start] + data.draw(st.text(max_size=3)) + good[end:])
