"""What the tests of changes of many integrations have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from db import records
from db.catalog import Catalog
from db.changes import Change
from db.edits import EditSession
from db.fields import Value

SECONDS = 60


def edit(
    catalog: Catalog,
    body: Callable[[EditSession], object],
    attach: Mapping[str, Path] | None = None,
) -> Change:
    """Run an edit and wait for it."""

    def run(session: EditSession) -> None:
        body(session)

    return catalog.edit("Edit", run, attach=attach).result(SECONDS)


def fill(catalog: Catalog, values: Sequence[Mapping[str, Value]]) -> None:
    """Add integrations; their pks are 1, 2, 3 ... in a new catalogue."""

    def body(session: EditSession) -> None:
        for row in values:
            records.add_integration(session, values=row)

    edit(catalog, body)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end


def undo(catalog: Catalog) -> None:
    catalog.undo().result(SECONDS)


def rows(catalog: Catalog) -> list[dict[str, Any]]:
    """All integrations by pk, with all their columns."""
    connection = catalog.connect_here(5000)
    try:
        cursor = connection.execute("SELECT * FROM integration ORDER BY pk")
        found = cursor.fetchall()
        names = [
            str(row[1]) for row in connection.execute("PRAGMA table_info(integration)").fetchall()
        ]
        return [dict(zip(names, row, strict=True)) for row in found]
    finally:
        connection.close()
