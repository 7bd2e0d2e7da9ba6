"""The record of an integration: eleven fields, their names in Python and in files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.fields import (
    FIELD_BY_KEY,
    FIELD_BY_NAME,
    FIELDS,
    INSTANTS,
    NULL,
    Value,
    csv_text,
    is_blank,
    typed,
)
from db.models import Integration


def test_the_keys_are_those_of_the_sdk_in_their_order() -> None:
    assert [field.key for field in FIELDS] == [
        "id",
        "name",
        "type",
        "orgId",
        "iconUrl",
        "creator",
        "createdAt",
        "updatedAt",
        "updatedBy",
        "clientId",
        "metadata",
    ]


def test_what_is_required_is_what_the_sdk_requires() -> None:
    optional = {field.key for field in FIELDS if not field.required}
    assert optional == {"iconUrl", "updatedBy", "clientId", "metadata"}


def test_each_name_is_its_key_in_snake_case() -> None:
    for field in FIELDS:
        words = "".join(f"_{c.lower()}" if c.isupper() else c for c in field.key)
        assert field.name == words
        assert FIELD_BY_NAME[field.name] is field
        assert FIELD_BY_KEY[field.key] is field


def test_every_field_and_every_instant_is_a_column() -> None:
    columns = set(Integration._meta.columns)
    assert columns == {"pk"} | set(FIELD_BY_NAME) | set(INSTANTS.values())
    assert {field.name for field in FIELDS if field.kind == "date"} == set(INSTANTS)


@pytest.mark.parametrize("value", [None, NULL, ""])
def test_absent_null_and_empty_are_three_values_and_all_blank(value: Value) -> None:
    assert is_blank(value)
    assert csv_text(value) == ""
    assert sum(value == other for other in (None, NULL, "")) == 1


@pytest.mark.parametrize("value", [" ", "0", "null", 0, 0.0, -1])
def test_a_value_is_not_blank(value: Value) -> None:
    assert not is_blank(value)
    assert csv_text(value) != ""


@given(st.one_of(st.integers(), st.floats(allow_nan=False)))
def test_a_number_keeps_all_its_digits_in_a_cell(number: float) -> None:
    assert type(number)(csv_text(number)) == number


@given(st.text())
def test_a_text_is_its_own_cell(text: str) -> None:
    assert csv_text(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8", 8),
        (" -8 ", -8),
        ("8.5", 8.5),
        ("1e3", 1000.0),
        (str(2**63 - 1), 2**63 - 1),
        (str(-(2**63)), -(2**63)),
        (str(2**63), str(2**63)),
        ("1" * 5_000, "1" * 5_000),
        ("0" * 5_000 + ".5", 0.5),
        ("1e999", "1e999"),
        ("soon", "soon"),
        ("１", "１"),
        ("", ""),
    ],
)
def test_a_number_is_typed_only_where_one_is_stored(text: str, value: Value) -> None:
    for stored in (7, 7.5):
        assert typed(text, stored) == value
        assert type(typed(text, stored)) is type(value)
    for stored in ("7", None, NULL):
        assert typed(text, stored) == text
