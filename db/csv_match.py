"""What an import would do: the rows of a stage matched by id with those of a catalogue.

Every function here is set-based SQL over the stage's `row` and the catalogue's `integration`, so
that neither is ever in Python's memory.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import apsw

from db.fields import FIELDS, Field, csv_text

BIT: Final = {field.name: 1 << position for position, field in enumerate(FIELDS)}
"""The bit of a field in the mask of the fields that a row changes."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of a file are new, changed, unchanged and rejected."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        """All rows of the file."""
        return self.new + self.changed + self.unchanged + self.rejected


def register(connection: apsw.Connection) -> None:
    """Give a connection the function that writes floats as files have them."""
    connection.create_scalar_function("csv_text", _csv_text, 1, deterministic=True)


def _csv_text(*arguments: apsw.SQLiteValue) -> str:
    (value,) = arguments
    return csv_text(value)


def text_of(field: Field, column: str) -> str:
    """SQL: what `csv_text` makes of a column."""
    if field.kind == "date":
        return (
            f"CASE typeof({column}) WHEN 'text' THEN {column} "
            f"WHEN 'integer' THEN CAST({column} AS TEXT) "
            f"WHEN 'real' THEN csv_text({column}) ELSE '' END"
        )
    return f"ifnull(nullif({column}, x''), '')"


def mask_of(fields: Collection[str]) -> str:
    """SQL: the mask of the fields in which `row` and `integration` differ.

    An empty cell equals absent, null and ""; a number equals its text.
    """
    terms = [
        f"(row.{field.name} <> {text_of(field, f'integration.{field.name}')}) * {BIT[field.name]}"
        for field in FIELDS
        if field.name in fields and field.name != "id"
    ]
    return " + ".join(terms) or "0"


def matched(fields: Collection[str]) -> str:
    """SQL: line, pk and mask of the rows whose id the catalogue has, by line."""
    return (
        f"SELECT row.line, integration.pk, {mask_of(fields)} AS mask "
        "FROM row CROSS JOIN integration ON integration.id = row.id ORDER BY row.line"
    )


_PREVIEW: Final = """
CREATE TABLE new_row(position INTEGER PRIMARY KEY, line INTEGER);
CREATE TABLE changed_row(position INTEGER PRIMARY KEY, line INTEGER, pk INTEGER, mask INTEGER);
CREATE TABLE unchanged_row(position INTEGER PRIMARY KEY, line INTEGER, pk INTEGER);
CREATE TABLE rejected_row(position INTEGER PRIMARY KEY, reject INTEGER);
CREATE TEMP TABLE matched(line INTEGER PRIMARY KEY, pk INTEGER, mask INTEGER);
"""


def match(connection: apsw.Connection, fields: Sequence[str], *, rejected: int) -> Counts:
    """Sort the rows of a stage into new, changed and unchanged ones, and the rejects by line.

    Args:
        connection: to the stage, with the catalogue's tables attached.
        fields: the fields that the file has.
        rejected: how many rows of it were rejected.
    """
    register(connection)
    connection.execute(_PREVIEW)
    connection.execute(f"INSERT INTO matched {matched(fields)}")
    connection.execute(
        "INSERT INTO new_row(line) SELECT line FROM row "
        "WHERE line NOT IN (SELECT line FROM matched) ORDER BY line"
    )
    connection.execute(
        "INSERT INTO changed_row(line, pk, mask) "
        "SELECT line, pk, mask FROM matched WHERE mask ORDER BY line"
    )
    connection.execute(
        "INSERT INTO unchanged_row(line, pk) "
        "SELECT line, pk FROM matched WHERE NOT mask ORDER BY line"
    )
    connection.execute("INSERT INTO rejected_row(reject) SELECT position FROM reject ORDER BY line")
    new, changed, unchanged = (
        int(connection.execute(f"SELECT count(*) FROM {kind}_row").get)
        for kind in ("new", "changed", "unchanged")
    )
    return Counts(new, changed, unchanged, rejected)
