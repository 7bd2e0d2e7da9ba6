"""A block of cells from a spreadsheet: read, looked through, and written as one edit."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import apsw

from db import bulk, records
from db.bulk import Label
from db.child import Report
from db.csv_dialect import CELL_LIMIT
from db.dates import instant
from db.edits import EditSession
from db.errors import Invalid, Problem
from db.fields import FIELD_BY_NAME, INSTANTS, Value, csv_text, is_blank, typed
from db.metadata import json_problem
from db.person import author
from db.replace import ids_named
from db.scope import Scope

Block = list[list[str]]
"""Rows of cells; they may differ in length."""

DELIMITERS: Final = ("\t", ",", ";")
ONE_COLUMN: Final = ""
"""As a delimiter: each line is one cell."""
_ROWS_AT_ONCE: Final = 500


def read_block(text: str, delimiter: str | None = None) -> Block:
    """The cells of a text: TSV or CSV, with quotes as spreadsheets write them.

    Args:
        delimiter: one of `DELIMITERS`, `ONE_COLUMN`, or None to detect it: a tab if there is one;
            else a comma or semicolon that cuts two lines or more into equally many cells.

    Raises:
        Invalid: a quote is opened and not closed, or a cell is longer than can be read.
    """
    if delimiter is None:
        delimiter = detected(text)
    if delimiter == ONE_COLUMN:
        return [[line] for line in text.splitlines()]
    csv.field_size_limit(CELL_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [row or [""] for row in reader]
    except csv.Error as error:
        raise Invalid(
            "The cells cannot be read at line {line}: {reason}. "
            "A quote at the start of a cell must be closed.",
            line=reader.line_num,
            reason=str(error),
        ) from error


def read_in_child(_: Report, text: str, delimiter: str | None) -> Block:
    """`read_block` as a job for `db.child.Task`: a long text would hold the interpreter here."""
    return read_block(text, delimiter)


def detected(text: str) -> str:
    """The delimiter that `read_block` takes when it is given none."""
    if "\t" in text or text.startswith('"'):
        return "\t"
    for delimiter in DELIMITERS[1:]:
        try:
            sizes = {len(row) for row in read_block(text, delimiter)}
        except Invalid:
            continue
        if len(sizes) == 1 and 1 not in sizes and text.strip().count("\n"):
            return delimiter
    return ONE_COLUMN


class Cell(NamedTuple):
    """One cell that is to be written: row and column of the block, and the value it means."""

    row: int
    column: int
    value: Value


class Rejected(NamedTuple):
    """One cell that cannot be: row and column of the block, its text, and the reason."""

    row: int
    column: int
    text: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Paste:
    """A block over rows of the table.

    Attributes:
        fields: names of the fields that its columns fall on.
        pks: the integrations that its rows fall on; None for a new one.
    """

    block: Block
    fields: tuple[str, ...]
    pks: tuple[int | None, ...]


@dataclass(slots=True)
class Looked:
    """What a paste would do: the cells that change something, and those that are rejected."""

    paste: Paste
    cells: list[Cell] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def look(connection: apsw.Connection, paste: Paste) -> Looked:
    """Look through a paste; on a reader, and again by `write`."""
    looked = Looked(paste)
    meaning = _Meaning(connection, paste)
    for row, (pk, texts) in enumerate(zip(paste.pks, paste.block, strict=False)):
        stored = meaning.stored(pk)
        for column, (name, text) in enumerate(zip(paste.fields, texts, strict=False)):
            if stored is None:
                gone = Problem("The integration was deleted meanwhile.")
                looked.rejected.append(Rejected(row, column, text, gone))
                continue
            try:
                value = meaning.value(pk, name, text, stored[column])
            except Invalid as error:
                looked.rejected.append(Rejected(row, column, text, error.problem))
                continue
            if pk is None or not _same(value, stored[column]):
                looked.cells.append(Cell(row, column, value))
    return looked


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other


class _Meaning:
    """What texts mean in their places, and why they cannot be there."""

    def __init__(self, connection: apsw.Connection, paste: Paste) -> None:
        self._connection = connection
        self._paste = paste
        self._sql = f"SELECT {', '.join(paste.fields)} FROM integration WHERE pk = ?"
        self._ids: Counter[str] = Counter()
        if "id" in paste.fields:
            at = paste.fields.index("id")
            self._ids.update(row[at] for row in paste.block[: len(paste.pks)] if at < len(row))
        self._organizations: dict[str, list[str]] = {}
        if "org_id" in paste.fields:
            for org_id, name in connection.execute("SELECT id, name FROM organization"):
                self._organizations.setdefault(str(name), []).append(str(org_id))

    def stored(self, pk: int | None) -> Sequence[Value] | None:
        """The values in the place of a row; None when it is gone."""
        if pk is None:
            return [None] * len(self._paste.fields)
        return self._connection.execute(self._sql, (pk,)).fetchone()

    def value(self, pk: int | None, name: str, text: str, stored: Value) -> Value:
        """What a text means, as if it was typed there.

        Raises:
            Invalid: it cannot be stored there.
        """
        kind = FIELD_BY_NAME[name]
        records.check_text(kind.key, text)
        if not text:
            if kind.required and pk is not None and not is_blank(stored):
                raise Invalid("{field} is empty; every integration needs one.", field=kind.key)
            return stored if is_blank(stored) else None
        if text == csv_text(stored):
            return stored
        if name == "id":
            self._check_id(pk, text)
        if name == "org_id":
            return self._organization(text)
        if kind.kind == "json" and (problem := json_problem(text)):
            raise Invalid(problem.template, **problem.values)
        return typed(text, stored)

    def _check_id(self, pk: int | None, text: str) -> None:
        if self._ids[text] > 1:
            raise Invalid("id “{id}” stands in the block more than once.", id=text)
        taken = self._connection.execute("SELECT pk FROM integration WHERE id = ?", (text,)).get
        if taken is not None and taken != pk:
            raise Invalid("id “{id}” is taken by another integration.", id=text)

    def _organization(self, text: str) -> str:
        """An organization by its id or, as it is copied from the table, by its name."""
        ids = self._organizations.get(text, [])
        if not ids or text in ids or any(text in known for known in self._organizations.values()):
            return text
        if len(ids) > 1:
            raise Invalid(
                "{count} organizations are called “{name}”. Paste the id of the one that is meant.",
                count=len(ids),
                name=text,
            )
        return ids[0]


def write(
    edit: EditSession, paste: Paste, *, some: bool = False, label: Label | None = None
) -> int:
    """Write a block; returns how many integrations that changes or adds.

    Args:
        some: whether to write what can be when cells are rejected.

    Raises:
        Invalid: cells are rejected and `some` is False.
    """
    looked = look(edit.connection, paste)
    if looked.rejected and not some:
        first = looked.rejected[0].problem
        raise Invalid(
            "{count} cells cannot be stored, so nothing was. The first: {reason}",
            count=len(looked.rejected),
            reason=str(first),
        )
    with ids_named():
        for column, name in enumerate(paste.fields):
            _update(edit, paste, name, [cell for cell in looked.cells if cell.column == column])
    for org_id in {cell.value for cell in looked.cells if paste.fields[cell.column] == "org_id"}:
        records.ensure_organization(edit, org_id)
    changed = {cell.row for cell in looked.cells if paste.pks[cell.row] is not None}
    edit.count = len(changed) + _add(edit, looked)
    if label is not None:
        edit.label = label(edit.count)
    return edit.count


def fill(
    edit: EditSession,
    within: Scope,
    names: Sequence[str],
    text: str,
    label: Label | None = None,
) -> int:
    """Put one text into fields of all integrations of a scope; returns how many that changes.

    Raises:
        Invalid: it cannot be stored there.
    """
    meaning = _Meaning(edit.connection, Paste([[text] * len(names)], tuple(names), (None,)))
    values: dict[str, Value] = {}
    for name in names:
        if not text and FIELD_BY_NAME[name].required:
            key = FIELD_BY_NAME[name].key
            raise Invalid("{field} is empty; every integration needs one.", field=key)
        values[name] = text if name == "id" else meaning.value(None, name, text, None)
    return bulk.set_values(edit, within, values, label)


def _update(edit: EditSession, paste: Paste, name: str, cells: Sequence[Cell]) -> None:
    columns = f"{name} = ?1" + (f", {INSTANTS[name]} = ?2" if name in INSTANTS else "")
    rows = [
        (cell.value, instant(cell.value) if name in INSTANTS else None, pk)
        for cell in cells
        if (pk := paste.pks[cell.row]) is not None
    ]
    for batch in _batches(rows):
        edit.check_cancelled()
        edit.connection.executemany(f"UPDATE integration SET {columns} WHERE pk = ?3", batch)


def _batches(rows: Sequence[tuple[Value, ...]]) -> Iterator[Sequence[tuple[Value, ...]]]:
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        yield rows[first : first + _ROWS_AT_ONCE]


def _add(edit: EditSession, looked: Looked) -> int:
    """Add the new rows, in the order of the block."""
    paste, now, who = looked.paste, records.timestamp(), author()
    new: dict[int, dict[str, Value]] = {}
    for cell in looked.cells:
        if paste.pks[cell.row] is None and not is_blank(cell.value):
            new.setdefault(cell.row, {})[paste.fields[cell.column]] = cell.value
    for values in new.values():
        edit.check_cancelled()
        made: dict[str, Value] = {"creator": who, "created_at": now, "updated_at": now}
        records.add_integration(edit, values={**made, **values})
    return len(new)
