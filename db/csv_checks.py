"""The rows of a stage that cannot be stored: why, and how they are found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

import apsw

from db.csv_dialect import shorten
from db.csv_match import Match, key_text, register
from db.errors import Problem
from db.fields import FIELD_BY_NAME
from db.metadata import json_problem

DUPLICATE: Final = "Line {first} has this id already. Give this row an id of its own."
SAME_KEY: Final = "Line {first} has this {field} already, and rows are matched by it."
SEVERAL: Final = "{count} integrations have this {field}; which one is meant cannot be told."
TAKEN: Final = "No integration has this {field}, and the id is that of another one."
NEW_WITHOUT_ID: Final = "No integration has this {field}, and a new one needs an id. Give it one."
NO_ID: Final = "The row has no id, and nothing to match it by. Give it one."
NUL: Final = "{field} holds a NUL character, which cannot be stored. Take it out."


class Rejects:
    """Rows that cannot be stored, written to the stage as they are found."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.count = 0
        self.last: Problem | None = None

    def add(
        self, line: int, problem: Problem, *, row_id: str = "", field: str = "", value: str = ""
    ) -> None:
        self.count += 1
        self.last = problem
        self._connection.execute(
            "INSERT INTO reject(line, id, field, value, template, filling) "
            "VALUES(?, ?, ?, ?, ?, ?)",
            (
                line,
                shorten(row_id),
                field,
                shorten(value),
                problem.template,
                json.dumps(problem.values, default=str),
            ),
        )


def check(
    connection: apsw.Connection,
    rejects: Rejects,
    fields: Sequence[str],
    match: Match,
    *,
    has_nul: bool,
    has_json: bool,
) -> None:
    """Reject the rows that cannot be stored, by set-based SQL where it can tell.

    Args:
        fields: the fields that the file has.
        has_nul: a cell may hold a NUL character.
        has_json: metadata may be something else than JSON.
    """
    if "id" in fields:
        _reject_duplicates(connection, rejects)
    if not match.by_id:
        _reject_same_key(connection, rejects, match)
    if has_nul:
        for name in fields:
            _reject_nul(connection, rejects, name)
    if has_json and "metadata" in fields:
        _reject_metadata(connection, rejects)


def _reject_duplicates(connection: apsw.Connection, rejects: Rejects) -> None:
    connection.execute(
        "CREATE TEMP TABLE taken AS "
        "SELECT id, min(line) AS first FROM row WHERE id <> '' GROUP BY id HAVING count(*) > 1"
    )
    if not connection.execute("SELECT count(*) FROM taken").get:
        return
    found = connection.execute(
        "SELECT row.line, row.id, taken.first FROM taken JOIN row ON row.id = taken.id "
        "WHERE row.line > taken.first ORDER BY row.line"
    )
    _drop(
        connection,
        rejects,
        (
            (line, row_id, "id", row_id, Problem(DUPLICATE, first=first))
            for line, row_id, first in found
        ),
    )


def _reject_same_key(connection: apsw.Connection, rejects: Rejects, match: Match) -> None:
    """Reject rows whose key an earlier one has; rows without a key are new ones."""
    names = [key_text(name, "row") for name in match.key]
    filled = " AND ".join(f"{name} <> ''" for name in names)
    register(connection)
    found = connection.execute(
        f"SELECT line, ifnull(id, ''), {names[-1]}, first FROM (SELECT row.*, "
        f"min(line) OVER (PARTITION BY {', '.join(names)}) AS first "
        f"FROM row WHERE {filled}) AS row "
        "WHERE line > first ORDER BY line"
    )
    keys = _keys(match)
    _drop(
        connection,
        rejects,
        (
            (line, row_id, keys, value, Problem(SAME_KEY, first=first, field=keys))
            for line, row_id, value, first in found
        ),
    )


def _keys(match: Match) -> str:
    return ", ".join(FIELD_BY_NAME[name].key for name in match.key)


def reject_left_out(connection: apsw.Connection, rejects: Rejects, match: Match) -> None:
    """Reject the rows that `find_keys` cannot match."""
    keys = _keys(match)
    found = connection.execute(
        "SELECT row.line, ifnull(row.id, ''), left_out.count FROM temp.left_out "
        "JOIN row ON row.line = left_out.line ORDER BY row.line"
    )

    def problem(row_id: str, count: int) -> Problem:
        if count:
            return Problem(SEVERAL, count=count, field=keys)
        return Problem(TAKEN, field=keys) if row_id else Problem(NEW_WITHOUT_ID, field=keys)

    _drop(
        connection,
        rejects,
        (
            (line, row_id, keys if count else "id", row_id, problem(row_id, count))
            for line, row_id, count in found
        ),
    )


def _reject_nul(connection: apsw.Connection, rejects: Rejects, name: str) -> None:
    key = FIELD_BY_NAME[name].key
    found = connection.execute(f"SELECT line, id, {name} FROM row WHERE instr({name}, char(0))")
    _drop(
        connection,
        rejects,
        ((line, row_id, key, value, Problem(NUL, field=key)) for line, row_id, value in found),
    )


def _reject_metadata(connection: apsw.Connection, rejects: Rejects) -> None:
    """SQLite's check is the quicker one; it takes a little less than `json_problem` does."""
    found = connection.execute(
        "SELECT line, id, metadata FROM row WHERE metadata <> '' AND NOT json_valid(metadata)"
    )
    _drop(
        connection,
        rejects,
        (
            (line, row_id, "metadata", text, problem)
            for line, row_id, text in found
            if (problem := json_problem(text)) is not None
        ),
    )


def _drop(
    connection: apsw.Connection,
    rejects: Rejects,
    found: Iterator[tuple[int, str, str, str, Problem]],
) -> None:
    lines: list[tuple[int]] = []
    for line, row_id, field, value, problem in found:
        rejects.add(line, problem, row_id=row_id, field=field, value=value)
        lines.append((line,))
    connection.executemany("DELETE FROM row WHERE line = ?", lines)
