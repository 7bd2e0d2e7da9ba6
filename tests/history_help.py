"""A catalogue with a history, for the tests of what asks and changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import apsw

from db import records, schema
from db.catalog import Catalog
from db.changes import Change
from db.edits import EditSession
from db.fields import Value

SECONDS = 60


def edit(catalog: Catalog, body: Callable[[EditSession], object], label: str = "Edit") -> Change:
    def run(session: EditSession) -> None:
        body(session)

    return catalog.edit(label, run).result(SECONDS)


def add(catalog: Catalog, id: str, label: str = "Add", **values: Value) -> int:  # noqa: A002
    pks: list[int] = []
    new = {"id": id, **values}
    edit(catalog, lambda s: pks.append(records.add_integration(s, values=new)), label)
    return pks[0]


def update(catalog: Catalog, pk: int, label: str = "Update", **values: Value) -> int:
    """Change an integration; returns the number of the edit."""
    change = edit(catalog, lambda s: records.update_integration(s, pk=pk, values=values), label)
    assert change.edit_id is not None
    return change.edit_id


def delete(catalog: Catalog, *pks: int) -> int:
    """Delete integrations; returns the number of the edit."""
    change = edit(catalog, lambda s: records.delete_integrations(s, pks=pks), "Delete")
    assert change.edit_id is not None
    return change.edit_id


def insert_many(catalog: Catalog, count: int) -> None:
    """Add integrations "i1" to "i<count>" in one edit."""

    def body(session: EditSession) -> None:
        session.connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) "
            "INSERT INTO integration(id, name, icon_url) "
            "SELECT 'i' || i, 'name ' || i, 'https://a.example/' || i || '.svg' FROM n",
            (count,),
        )
        session.count = count

    edit(catalog, body, "Add many")


def change_urls(catalog: Catalog, old: str, new: str) -> int:
    """Replace in all icon URLs; returns the number of the edit."""

    def body(session: EditSession) -> None:
        session.connection.execute(
            "UPDATE integration SET icon_url = replace(icon_url, ?, ?)", (old, new)
        )
        session.count = session.connection.changes()

    change = edit(catalog, body, "Replace in icon URL")
    assert change.edit_id is not None
    return change.edit_id


@contextmanager
def reading(catalog: Catalog) -> Iterator[apsw.Connection]:
    with closing(catalog.connect_here(5_000)) as connection:
        yield connection


def snapshot(catalog: Catalog) -> dict[str, list[tuple[Any, ...]]]:
    with reading(catalog) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            for table in schema.RECORDED_TABLES
        }


def value(catalog: Catalog, pk: int, field: str) -> Value:
    with reading(catalog) as connection:
        found: Value = connection.execute(f"SELECT {field} FROM integration WHERE pk={pk}").get
        return found
