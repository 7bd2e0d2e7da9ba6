"""Edits: what their bodies write through, and how they are called; `db.history` keeps them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import apsw

from db.errors import Cancelled

if TYPE_CHECKING:
    from db.database import CatalogDatabase

DONE, UNDONE, DISCARDED = 0, 1, 2
"""States of an edit in the history."""


class EditSession:
    """What the body of an edit writes through.

    Attributes:
        database: peewee's database, for `query.execute(database)`.
        connection: the bare connection, for set-based SQL.
        label: what the edit does, in words; the body may say it better.
        count: how many integrations the edit changes; None lets the record tell.
    """

    def __init__(self, database: CatalogDatabase, label: str, cancel: threading.Event) -> None:
        self.database = database
        self.connection: apsw.Connection = database.connection()
        self.label = label
        self.count: int | None = None
        self._cancel = cancel

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the edit was cancelled; long Python loops call it."""
        if self._cancel.is_set():
            raise Cancelled


def labels(connection: apsw.Connection) -> tuple[str | None, str | None]:
    """What undo and redo would take back and do again, in words."""
    undo_label = connection.execute(
        "SELECT label FROM edit WHERE state = ? ORDER BY id DESC LIMIT 1", (DONE,)
    ).get
    redo_label = connection.execute(
        "SELECT label FROM edit WHERE state = ? ORDER BY id LIMIT 1", (UNDONE,)
    ).get
    return undo_label, redo_label
