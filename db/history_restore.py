"""Bringing back what an integration was: bodies of edits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import apsw

from db.edits import EditSession
from db.errors import Invalid
from db.fields import FIELDS, Value
from db.history_cells import COLUMNS
from db.records import update_integration

_COLUMNS: Final = COLUMNS["integration"]


def restore_record(edit: EditSession, *, pk: int, values: Mapping[str, Value]) -> None:
    """Give an integration back all the fields it had; one that was deleted comes back.

    Args:
        values: by column, as `db.history_query.record_before` gives them.

    Raises:
        Invalid: its id is taken by another integration meanwhile.
    """
    if edit.connection.execute("SELECT count(*) FROM integration WHERE pk = ?", (pk,)).get:
        fields = {field.name: values.get(field.name) for field in FIELDS}
        update_integration(edit, pk=pk, values=fields)
    else:
        restore_deleted(edit, rows=[values])


def restore_deleted(edit: EditSession, *, rows: Iterable[Mapping[str, Value]]) -> int:
    """Bring deleted integrations back, under the pks they had; returns how many.

    Raises:
        Invalid: the id of one is taken by another integration meanwhile.
    """
    connection, restored = edit.connection, 0
    for row in rows:
        edit.check_cancelled()
        if connection.execute("SELECT count(*) FROM integration WHERE id = ?", (row["id"],)).get:
            raise Invalid(
                "“{id}” cannot be restored: another integration has this id now. Change its id "
                "first. Nothing was restored.",
                id=row["id"],
            )
        insert_row(connection, row)
        restored += 1
    ensure_organizations(connection)
    edit.count = (edit.count or 0) + restored
    return restored


def insert_row(connection: apsw.Connection, row: Mapping[str, Value]) -> None:
    """Insert a row with all its columns; its pk too, unless that is taken."""
    values = [row.get(name) for name in _COLUMNS]
    if connection.execute("SELECT count(*) FROM integration WHERE pk = ?", values[:1]).get:
        values[0] = None
    marks = ", ".join("?" * len(_COLUMNS))
    connection.execute(f"INSERT INTO integration VALUES({marks})", values)


def ensure_organizations(
    connection: apsw.Connection, known: Mapping[str, tuple[Value, Value]] | None = None
) -> None:
    """Make the organizations that integrations name and that are not there.

    Args:
        known: name and base URL by id, of those that were there before.
    """
    missing = connection.execute(
        "SELECT DISTINCT org_id FROM integration "
        "WHERE org_id IS NOT NULL AND org_id NOT IN (SELECT id FROM organization)"
    ).fetchall()
    for (org_id,) in missing:
        name, base_url = (known or {}).get(str(org_id), (org_id, None))
        connection.execute("INSERT INTO organization VALUES(?, ?, ?)", (org_id, name, base_url))
