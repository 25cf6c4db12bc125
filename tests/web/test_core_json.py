"""Bytes that pretend to be JSON are read, or refused with a reason."""

import pytest

from web.strict_json import JsonRefused, read_object


def test_an_object_is_read():
    assert read_object(b'{"a": [1, 2.5, -3.5, null, true, "\\u00e9"]}') == {"a": [1, 2.5, -3.5, None, True, "é"]}


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        pytest.param(b'{"a": 1,\n "b" 2}', "json", "Line 2, column 6", id="A11 not JSON"),
        pytest.param(b"", "json", "Line 1, column 1", id="empty"),
        pytest.param(b"[1]", "json", "must be a JSON object", id="no object"),
        pytest.param(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json_depth", "64 levels", id="A12 very deep"),
        pytest.param(b'{"a":' * 65 + b"1" + b"}" * 65, "json_depth", "64 levels", id="A12 a little too deep"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "json_number", "5000 digits", id="A13 5,000 digits"),
        pytest.param(b'{"a": 1e999}', "json_number", "too large", id="A13 infinite"),
        pytest.param(b'{"a": -1e999}', "json_number", "too large", id="A13 infinite below zero"),
        pytest.param(b'{"a": NaN}', "json_value", "NaN is no JSON value", id="A14 NaN"),
        pytest.param(b'{"a": -Infinity}', "json_value", "-Infinity", id="A14 Infinity"),
        pytest.param(b'{"a": "\\ud800"}', "json_text", "surrogate", id="A14 lone surrogate"),
        pytest.param(b'{"\\ud800": 1}', "json_text", "surrogate", id="A14 lone surrogate in a key"),
        pytest.param(b'{"a": "\\u0000"}', "json_text", "NUL", id="A14 NUL"),
        pytest.param(b'{"a": "\xff"}', "json_text", "no UTF-8", id="not UTF-8"),
        pytest.param(b'{"ref": 1, "x": 2, "ref": 3}', "json_duplicate_key", "'ref'", id="A15 duplicate key"),
        pytest.param(b'{"x": {"ref": 1, "ref": 1}}', "json_duplicate_key", "'ref'", id="A15 duplicate key inside"),
    ],
)
def test_what_is_no_clean_object_is_refused(body, kind, words):
    with pytest.raises(JsonRefused, match=words) as refused:
        read_object(body)

    assert refused.value.kind == kind


def test_64_levels_are_read():
    assert read_object(b'{"a":' * 64 + b"1" + b"}" * 64)
