"""Metadata is JSON text, checked by RFC 8259 and kept as it was given."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.metadata import json_problem, pretty

DEEP = sys.getrecursionlimit() * 100

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        '""',
        " 1 \n",
        "-0",
        "1E400",
        "[]",
        "{}",
        '{"a":1,"a":2}',
        '"\\ud800"',
        '{"é": "😀"}',
        "1" * 5_000,
        "-" + "1" * 100_000,
        "[" * 100 + "]" * 100,
    ],
)
def test_json_has_no_problem(text: str) -> None:
    assert json_problem(text) is None
    assert pretty(text)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("  ", 1, 3),
        ("{'a': 1}", 1, 2),
        ('{"a": 1,\n "b": }', 2, 7),
        ('{"a": 1}\n{"b": 2}', 2, 1),
        ('"tab\there"', 1, 5),
        ("[1, 2", 1, 6),
        ("01", 1, 2),
        ("True", 1, 1),
        ("\ufeff{}", 1, 1),
        ("\N{NO-BREAK SPACE}{}", 1, 1),
    ],
)
def test_a_problem_names_line_and_column(text: str, line: int, column: int) -> None:
    problem = json_problem(text)
    assert problem is not None
    assert f"at line {line}, column {column}." in str(problem)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}'])
def test_numbers_that_json_lacks_are_named(text: str) -> None:
    problem = json_problem(text)
    assert problem is not None
    assert text.strip('[]{}"a: ') in str(problem)


@pytest.mark.parametrize("text", ["[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP])
def test_nesting_that_cannot_be_read_is_a_problem(text: str) -> None:
    assert "nested too deeply" in str(json_problem(text))


@pytest.mark.parametrize("depth", [10, 100, 300, 500, 700, 900, 950, 990])
def test_what_can_be_read_can_be_laid_out(depth: int) -> None:
    text = "[" * depth + "1" + "]" * depth
    if json_problem(text) is None:
        assert "".join(pretty(text).split()) == text


def test_a_layout_has_each_value_on_a_line_of_its_own() -> None:
    assert pretty('{"a":[1,2.50],"b":{}}') == ('{\n  "a": [\n    1,\n    2.50\n  ],\n  "b": {}\n}')


@pytest.mark.parametrize("digits", ["1.10", "-0", "1E400", "1e-7", "0.1e+2", "1" * 5_000])
def test_a_layout_keeps_the_digits_of_numbers(digits: str) -> None:
    assert pretty(f"[{digits}]") == f"[\n  {digits}\n]"


def test_a_layout_loses_no_key_that_stands_twice() -> None:
    assert pretty('{"a":1,"a":2}') == '{"a":1,"a":2}'


def test_a_layout_can_be_stored_whatever_its_escapes() -> None:
    text = '["\\ud800 \\u00e9", "\\ud83d\\ude00"]'
    laid_out = pretty(text)
    laid_out.encode()
    assert json.loads(laid_out) == json.loads(text)
    assert "é" in laid_out


@given(json_values)
def test_a_layout_means_the_same(value: Any) -> None:
    text = json.dumps(value)
    assert json_problem(text) is None
    laid_out = pretty(text)
    assert json_problem(laid_out) is None
    assert json.loads(laid_out) == json.loads(text)
    assert pretty(laid_out) == laid_out


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n\\u'))
def test_the_problem_is_that_of_the_standard_library(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        assert json_problem(text) is not None
    else:
        assert json_problem(text) is None
