"""Edits: what their bodies write through, and how they are called; `db.history` keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import apsw

if TYPE_CHECKING:
    from db.database import CatalogDatabase
    from db.work import Work

DONE, UNDONE, DISCARDED = 0, 1, 2
"""States of an edit in the history."""
AFTER_LAST_DONE: Final = f"id > ifnull((SELECT max(id) FROM edit WHERE state = {DONE}), 0)"
"""Where in the history undone edits are; from the beginning on, the search would grow with it."""
BODY_PERCENT: Final = 90
"""Of the time of an edit of many rows, what its body takes; its recording takes the rest."""


class EditSession:
    """What the body of an edit writes through.

    Attributes:
        database: peewee's database, for `query.execute(database)`.
        connection: the bare connection, for set-based SQL.
        label: what the edit does, in words; the body may say it better.
        count: how many integrations the edit changes; None lets the record tell.
        next_part: a large edit calls it after each part of its rows, so that the record is freed
            in parts; no row may be changed in two of them.
    """

    def __init__(
        self,
        database: CatalogDatabase,
        label: str,
        work: Work,
        next_part: Callable[[], None] = lambda: None,
    ) -> None:
        self.database = database
        self.connection: apsw.Connection = database.connection()
        self.label = label
        self.count: int | None = None
        self.next_part = next_part
        self._work = work

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the edit was cancelled; long Python loops call it."""
        self._work.check_cancelled()

    def tell(self, done: int, total: int) -> None:
        """Tell how far the body is: so many rows of so many.

        Raises:
            Cancelled: the edit was cancelled.
        """
        self._work.tell(done * BODY_PERCENT, total * 100)

    def tell_recorded(self, done: int, total: int) -> None:
        """Tell how far the recording is that follows the body: so many bytes of so many.

        Raises:
            Cancelled: the edit was cancelled.
        """
        self._work.tell(total * BODY_PERCENT + done * (100 - BODY_PERCENT), total * 100)


def labels(connection: apsw.Connection) -> tuple[str | None, str | None]:
    """What undo and redo would take back and do again, in words."""
    undo_label = connection.execute(
        "SELECT label FROM edit WHERE state = ? ORDER BY id DESC LIMIT 1", (DONE,)
    ).get
    redo_label = connection.execute(
        f"SELECT label FROM edit WHERE state = ? AND {AFTER_LAST_DONE} ORDER BY id LIMIT 1",
        (UNDONE,),
    ).get
    return undo_label, redo_label
