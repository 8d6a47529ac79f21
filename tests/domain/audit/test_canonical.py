"""The canonical form: one value, one text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.audit.canonical import canonical, digest, parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_reads_back_from_printable_ascii(value):
    text = canonical(value)
    assert text.isascii() and text.isprintable()
    assert parse(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "関\n"]}, '{"a":[true,null,"\\u95a2\\n"],"b":1}'),
        ("\ud800\x00", '"\\ud800\\u0000"'),
        ({}, "{}"),
    ],
)
def test_the_form_is_fixed(value, text):
    assert canonical(value) == text


@pytest.mark.parametrize("value", [1.0, float("nan"), {1: "a"}, {"a": {"b": 0.5}}, b"x", {"a"}])
def test_floats_and_foreign_types_are_refused(value):
    with pytest.raises(ValueError):
        canonical(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a": 1}',
        '{"b":1,"a":1}',
        '{"a":1,"a":1}',
        '"関"',
        '"\\u0041"',
        "1.0",
        "1e3",
        "NaN",
        "-0",
        "[1]\n",
        " 1",
        '"\\u95A2"',
        "[" * 100_000,
        "9" * 5_000,
    ],
)
def test_a_text_that_is_not_canonical_is_not_read(text):
    with pytest.raises(ValueError):
        parse(text)


def test_the_tag_separates_kinds():
    assert digest("a", 1) != digest("b", 1)
    assert len(digest("a", 1)) == 64
