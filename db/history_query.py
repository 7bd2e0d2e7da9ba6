"""Questions about the history: its edits, what they changed, one integration's past, deletions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

import apsw

from db.edits import DONE
from db.errors import Invalid
from db.fields import Value, csv_text
from db.history import changeset_stream
from db.history_cells import (
    COLUMNS,
    DELETION,
    Key,
    Op,
    RowChange,
    find_row,
    holds,
    row_change,
)

PAGE: Final = 200
BATCH: Final = 500
"""Rows that are looked up at once."""
Words = tuple[Key, str, str]
"""Id (of an integration; else the key), name and organization id."""


class EditFacts(NamedTuple):
    """One edit of the history.

    `at` is ISO 8601 in UTC, `integrations` how many it changed, `state` one of `db.edits`.
    """

    id: int
    label: str
    at: str
    author: str
    integrations: int
    state: int


class CellChange(NamedTuple):
    """One changed field of one row, with what names the row to a person.

    Attributes:
        name: of the integration or organization; "" where it has none.
        org_id: of an integration.
        field: a name of `db.history_cells.SHOWN`.
    """

    table: str
    op: Op
    key: Key
    name: str
    org_id: str
    field: str
    old: Value
    new: Value


class ChangesPage(NamedTuple):
    """Some rows' changes; `following` is the number of the next row, None at the end."""

    cells: list[CellChange]
    following: int | None


class TimelineEntry(NamedTuple):
    """What one edit did to one integration."""

    edit: EditFacts
    change: RowChange


class Timeline(NamedTuple):
    """Entries, newest first; earlier ones are those before the edit `before`, None at the end."""

    entries: list[TimelineEntry]
    before: int | None


class Deleted(NamedTuple):
    """An integration that was deleted, and by which edit; `values` by column, its pk too."""

    edit: EditFacts
    pk: int
    values: dict[str, Value]


class DeletedPage(NamedTuple):
    """Deleted integrations, newest deletions first.

    `following` is where the next page begins (an edit, and a row of it), None at the end.
    """

    rows: list[Deleted]
    following: tuple[int, int] | None


_FACTS: Final = "SELECT id, label, at, author, count, state FROM edit"


def edits(
    connection: apsw.Connection, before: int | None = None, limit: int = PAGE
) -> list[EditFacts]:
    """Edits, newest first, of those before the edit `before`."""
    rows = connection.execute(
        f"{_FACTS} WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2", (before, limit)
    )
    return [EditFacts(*row) for row in rows]


def edit(connection: apsw.Connection, edit_id: int) -> EditFacts:
    """One edit.

    Raises:
        Invalid: there is none of this number.
    """
    row = connection.execute(f"{_FACTS} WHERE id = ?", (edit_id,)).fetchone()
    if row is None:
        raise Invalid("There is no edit {number} in the history.", number=str(edit_id))
    return EditFacts(*row)


def changes(
    connection: apsw.Connection, edit_id: int, first: int = 0, limit: int = PAGE, words: str = ""
) -> ChangesPage:
    """What an edit changed, by pages.

    Args:
        first: the number of the row to begin with, from 0.
        limit: of rows.
        words: only rows in whose id, name or changed values all of these occur, in any case.
    """
    wanted = words.casefold().split()
    cells: list[CellChange] = []
    taken = 0
    items = apsw.Changeset.iter(changeset_stream(connection, edit_id))
    numbered = enumerate(islice(items, first, None), first)
    rows = ((number, row_change(item)) for number, item in numbered if item.name in COLUMNS)
    while batch := list(islice(rows, BATCH)):
        names = _names(connection, [change for _, change in batch])
        for number, change in batch:
            if taken == limit:
                return ChangesPage(cells, number)
            known = names.get(change.key) if change.table == "integration" else None
            found = _described(change, known or row_words(connection, change))
            if _matches(found, wanted):
                cells += found
                taken += 1
    return ChangesPage(cells, None)


def _names(connection: apsw.Connection, rows: list[RowChange]) -> dict[Key, Words]:
    pks = json.dumps([row.key for row in rows if row.table == "integration"])
    query = (
        "SELECT pk, id, name, org_id FROM integration WHERE pk IN (SELECT value FROM json_each(?))"
    )
    return {
        pk: (csv_text(row_id), csv_text(name), csv_text(org_id))
        for pk, row_id, name, org_id in connection.execute(query, (pks,))
    }


def _described(change: RowChange, words: Words) -> list[CellChange]:
    """A row's changes with what names it: as it is in the catalogue, or else in the change."""
    table, op = change.table, change.op
    return [CellChange(table, op, *words, *cell) for cell in change.cells()] or [
        CellChange(table, op, *words, "", None, None)
    ]


def row_words(connection: apsw.Connection, change: RowChange) -> Words:
    """The id (of an integration; else the key), name and organization id of a changed row."""
    if change.table == "setting":
        return change.key, "", ""
    if change.table == "organization":
        query = "SELECT id, name, NULL FROM organization WHERE id = ?"
    else:
        query = "SELECT id, name, org_id FROM integration WHERE pk = ?"
    row = connection.execute(query, (change.key,)).fetchone()
    if row is None:
        known = {**change.new, **change.old}
        row = (known.get("id", ""), known.get("name"), known.get("org_id"))
    return csv_text(row[0]), csv_text(row[1]), csv_text(row[2])


def _matches(cells: list[CellChange], wanted: list[str]) -> bool:
    if not wanted:
        return True
    parts = [str(cells[0].key), cells[0].name]
    for cell in cells:
        parts += (csv_text(cell.old), csv_text(cell.new))
    text = "\n".join(parts).casefold()
    return all(word in text for word in wanted)


def standing(connection: apsw.Connection, before: int | None = None) -> list[EditFacts]:
    """The edits that stand, newest first."""
    rows = connection.execute(
        f"{_FACTS} WHERE state = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC", (DONE, before)
    )
    return [EditFacts(*row) for row in rows]


def timeline(
    connection: apsw.Connection, pk: int, before: int | None = None, limit: int = 50
) -> Timeline:
    """What the edits that stand did to one integration, newest first."""
    entries: list[TimelineEntry] = []
    for facts in standing(connection, before):
        if len(entries) == limit:
            return Timeline(entries, entries[-1].edit.id)
        change = find_row(connection, facts.id, pk)
        if change is not None:
            entries.append(TimelineEntry(facts, change))
    return Timeline(entries, None)


def record_before(connection: apsw.Connection, pk: int, edit_id: int) -> dict[str, Value] | None:
    """An integration's columns as they were before an edit; None if it was not there."""
    row = _stored(connection, pk)
    for facts in standing(connection):
        if facts.id < edit_id:
            break
        change = find_row(connection, facts.id, pk)
        if change is None:
            continue
        was = change.old or None
        row = {**(row or {}), **change.old} if change.op == "UPDATE" else was
    return row


def _stored(connection: apsw.Connection, pk: int) -> dict[str, Value] | None:
    row = connection.execute("SELECT * FROM integration WHERE pk = ?", (pk,)).fetchone()
    return None if row is None else dict(zip(COLUMNS["integration"], row, strict=True))


def deleted(
    connection: apsw.Connection,
    words: str = "",
    at: tuple[int, int] | None = None,
    limit: int = PAGE,
) -> DeletedPage:
    """Integrations that edits deleted and that are not there now.

    Args:
        words: only those in whose fields all of these occur, in any case.
        at: `following` of the page before.
    """
    wanted = words.casefold().split()
    found: dict[int, Deleted] = {}
    for facts in standing(connection, None if at is None else at[0] + 1):
        if not holds(connection, facts.id, DELETION):
            continue
        first = at[1] if at is not None and at[0] == facts.id else 0
        for number, change in _deletions(connection, facts.id, first):
            if len(found) == limit:
                return DeletedPage(list(found.values()), (facts.id, number))
            text = "\n".join(csv_text(old) for _, old, _ in change.cells()).casefold()
            pk = int(change.key)
            if all(word in text for word in wanted) and _stored(connection, pk) is None:
                found.setdefault(pk, Deleted(facts, pk, change.old))
    return DeletedPage(list(found.values()), None)


def _deletions(
    connection: apsw.Connection, edit_id: int, first: int
) -> Iterator[tuple[int, RowChange]]:
    items = apsw.Changeset.iter(changeset_stream(connection, edit_id))
    for number, item in enumerate(islice(items, first, None), first):
        if item.op == "DELETE" and item.name == "integration":
            yield number, row_change(item)
