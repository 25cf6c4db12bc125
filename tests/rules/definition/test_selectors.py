"""Selectors of PromQL that people write: nothing but raw counters, told apart by slot, and no way out of a value."""

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline.definition.selectors import SELECTOR, WORDS, Counter, Matcher, Series, read

FULL = dict.fromkeys(WORDS, "shop-b")


@pytest.mark.parametrize(
    "text",
    [
        'hits{slot="$slot"}',
        'hits{slot="$slot",}',
        'job:hits:sum{ backend = "$backend" , code=~"5..$", path!="a\\"b\\\\c", place!~"$place" }',
    ],
)
def test_a_raw_counter_and_its_labels_is_a_selector(text):
    assert TypeAdapter(Series).validate_python(text) == text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('rate(hits{slot="$slot"}[1m])', "this is no selector"),
        ('hits{slot="$slot"}[5m]', "this is no selector"),
        ('hits{slot="$slot"} or vector(1)', "this is no selector"),
        ('hits{slot="$slot"}\n', "this is no selector"),
        ('hits{slot="$slot" or up="1"}', "this is no selector"),
        ("hits{slot='$slot'}", "this is no selector"),
        ('hits{slot="$slot"', "this is no selector"),
        ('hits{slot="a\nb"}', "this is no selector"),
        ('hits{slot="\\x"}', "this is no selector"),
        ("", "this is no selector"),
        ("hits", "counts the canary and stable together"),
        ('hits{service="$service"}', "counts the canary and stable together"),
        ('hits{service="$slots"}', r"nothing is known of \$slots"),
        (f'hits{{slot="$slot", path="{"x" * 2000}"}}', "at most 2000"),
    ],
)
def test_anything_else_is_told_what_it_should_be(text, what):
    with pytest.raises(ValidationError, match=what):
        TypeAdapter(Series).validate_python(text)


def test_a_counter_is_a_name_or_a_selector():
    counter = TypeAdapter(Counter)

    assert counter.validate_python("shop_orders_total") == "shop_orders_total"
    assert counter.validate_python('orders{slot="$slot"}') == 'orders{slot="$slot"}'
    for text, what in (("1st", "this is no counter"), ("orders{}", "this is no counter"), ('a{b="c"}', "together")):
        with pytest.raises(ValidationError, match=what):
            counter.validate_python(text)


@pytest.mark.parametrize("hostile", ['b"} or vector(1) #', "b\\", "b\nc", ".*", "a|b", "[x]{2}^$(?)+"])
def test_a_word_stays_within_its_value_whatever_it_is(hostile):
    words = {**FULL, "slot": hostile}

    exact = read('hits{slot="$slot"}').filled(words)
    pattern = read('hits{slot=~"x-$slot"}').filled(words)

    (found,) = read(exact).matchers
    assert found.value.replace("\\\\", "\0").replace('\\"', '"').replace("\\n", "\n").replace("\0", "\\") == hostile
    assert len(read(pattern).matchers) == 1
    assert ".*" not in pattern.replace("\\.", "").replace("\\*", "")


def test_conditions_of_the_installation_hold_as_they_are():
    fixed = [Matcher.exactly("cluster", 'a"$slot')]

    assert read("hits").filled(FULL, fixed) == 'hits{cluster="a\\"$slot"}'
    assert read('hits{slot="$slot"}').and_(Matcher("code", "=~", "5..")).filled(FULL, fixed) == (
        'hits{slot="shop-b", code=~"5..", cluster="a\\"$slot"}'
    )


def test_the_form_for_editors_begins_and_ends_the_text():
    assert SELECTOR.startswith("^")
    assert SELECTOR.endswith("$")
