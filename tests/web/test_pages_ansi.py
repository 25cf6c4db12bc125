"""Log bytes become lines of inert text: what a build prints can neither act nor hide."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import ansi

KNOWN = {"a-d", "a-r", "a-g", "a-y", "a-b", "a-s"}
ACTS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
NOISE = st.lists(
    st.sampled_from(
        [b"\x1b[", b"\x1b]8;;http://x\x07", b"\x1b", b"31m", b"1;38;5;", b"\r", b"\n", b"\xff", b"ok", b";"]
    )
    | st.binary(max_size=8)
).map(b"".join)


def one(data: bytes) -> ansi.LogLine:
    (line,) = ansi.lines(data)
    return line


@given(NOISE)
def test_whatever_is_printed_only_inert_text_in_known_colours_is_shown(data: bytes) -> None:
    for line in ansi.lines(data):
        assert not ACTS.search(line.text)
        assert {name for span in line.spans for name in span.classes.split()} <= KNOWN


@given(NOISE)
def test_each_line_break_makes_exactly_one_line_and_numbers_rise_by_one(data: bytes) -> None:
    numbers = [line.number for line in ansi.lines(data, first=5)]

    assert len(numbers) == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    assert numbers == list(range(5, 5 + len(numbers)))


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert "".join(line.text for line in ansi.lines(text.encode())) == text


@given(NOISE, NOISE)
def test_a_line_looks_the_same_wherever_one_starts_to_read(before: bytes, data: bytes) -> None:
    alone = [line.spans for line in ansi.lines(data)]
    whole = [line.spans for line in ansi.lines(before + b"\n" + data)]

    assert whole[len(whole) - len(alone) :] == alone


@pytest.mark.parametrize(
    ("printed", "classes"),
    [
        (b"\x1b[31mred", "a-r"),
        (b"\x1b[1;92mgreen", "a-g a-s"),
        (b"\x1b[38;5;196mred", "a-r"),
        (b"\x1b[38;2;250;200;20mgold", "a-y"),
        (b"\x1b[38:2:20:20:200mblue", "a-b"),
        (b"\x1b[38;5;244mgrey", "a-d"),
        (b"\x1b[48;5;196mon red", ""),
        (b"\x1b[2mfaint", "a-d"),
        (b"\x1b[31m\x1b[0mplain", ""),
        (b"\x1b[999999999999mplain", ""),
    ],
)
def test_colours_become_classes_of_our_own(printed: bytes, classes: str) -> None:
    assert one(printed).spans[-1].classes == classes


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (b"10 %\r50 %\rdone\r\n", "done"),
        (b"\x1b[2K\x1b[1Aover the line above", "over the line above"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bP1$r\x1b\\text", "text"),
        (b"\x1b]0;never ended", ""),
        (b"a\x08b", "a\u2408b"),
        ("pay \u202efdp.exe".encode(), "pay <U+202E>fdp.exe"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_what_would_act_is_left_out_or_shown_as_a_sign(printed: bytes, shown: str) -> None:
    assert one(printed).text == shown


def test_a_very_long_line_is_cut_and_says_so() -> None:
    line = one(b"x" * 1_000_000)

    assert len(line.text) < ansi.LONGEST + 100
    assert line.text.endswith(f"{1_000_000 - ansi.LONGEST} characters more, see the download")
