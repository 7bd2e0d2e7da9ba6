"""Delimiters and headings."""

from __future__ import annotations

import pytest

from db.csv_dialect import detect_delimiter, map_columns
from db.errors import Invalid
from db.fields import FIELDS

KEYS = [field.key for field in FIELDS]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_heading_tells_the_delimiter(delimiter: str) -> None:
    sample = delimiter.join(KEYS) + "\r\n" + delimiter.join("a,;|b" for _ in KEYS) + "\r\n"
    assert detect_delimiter(sample) == delimiter


def test_rows_decide_where_the_heading_does_not() -> None:
    assert detect_delimiter("id\n1\n2\n") == ","
    assert detect_delimiter("x;y,z\n1,1;2\n2,2;3,3\n3;4\n") == ";"


@pytest.mark.parametrize("sample", ["", "\n\n", '"never closed', "\ufeff"])
def test_without_anything_to_go_by_it_is_the_comma(sample: str) -> None:
    assert detect_delimiter(sample) == ","


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("orgId", "org_id"),
        ("org_id", "org_id"),
        ("Org Id", "org_id"),
        ("ORGID", "org_id"),
        (" org-id ", "org_id"),
        ("org", "org_id"),
        ("Organization", "org_id"),
        ("organization id", "org_id"),
        ("Icon URL", "icon_url"),
        ("created_at", "created_at"),
        ("Updated By", "updated_by"),
        ("clientID", "client_id"),
        ("logo", None),
        ("", None),
    ],
)
def test_headings_are_mapped_by_name(heading: str, field: str | None) -> None:
    assert [column.field for column in map_columns(["id", heading])] == ["id", field]


def test_the_exact_name_wins_over_another_form_wherever_it_stands() -> None:
    columns = map_columns(["organization", "org_id", "orgId", "ORG ID", "id"])
    assert [column.field for column in columns] == [None, None, "org_id", None, "id"]


def test_two_columns_of_one_field_are_refused() -> None:
    with pytest.raises(Invalid, match="“Icon Url” and “icon_url” both mean iconUrl"):
        map_columns(["id", "Icon Url", "icon_url"])


def test_a_file_without_ids_is_refused_with_its_columns() -> None:
    with pytest.raises(Invalid, match=r"No column is named id.*it has “name”, “type”"):
        map_columns(["name", "type"])
    with pytest.raises(Invalid, match="Choose the delimiter"):
        map_columns(["id;name;type"])
