"""Several steps of undo or redo as one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import apsw

from db import history
from db.changes import Change
from db.edits import DONE, UNDONE
from db.errors import Invalid
from db.schema import Progress

Step = Callable[[apsw.Connection, str, Progress], Change | None]
_PARTS = 1_000


def undo_to(
    edit_id: int, connection: apsw.Connection, origin: str, progress: Progress
) -> Change | None:
    """Take back an edit and all later ones.

    Raises:
        Invalid: the edit does not stand.
        Conflict: as for `db.history.undo`; nothing is changed.
    """
    count = _count(connection, "state = ? AND id >= ?", (DONE, edit_id), edit_id, DONE)
    return _steps(history.undo, count, connection, origin, progress)


def redo_to(
    edit_id: int, connection: apsw.Connection, origin: str, progress: Progress
) -> Change | None:
    """Do again an edit and all before it that were undone.

    Raises:
        Invalid: the edit was not undone, or cannot be redone any more.
        Conflict: as for `db.history.redo`; nothing is changed.
    """
    count = _count(connection, "state = ? AND id <= ?", (UNDONE, edit_id), edit_id, UNDONE)
    return _steps(history.redo, count, connection, origin, progress)


def _count(
    connection: apsw.Connection, where: str, values: tuple[int, int], edit_id: int, state: int
) -> int:
    if connection.execute("SELECT state FROM edit WHERE id = ?", (edit_id,)).get != state:
        raise Invalid(
            "Edit {number} cannot be undone or redone: the history is another one by now. "
            "Nothing was changed.",
            number=str(edit_id),
        )
    return int(connection.execute(f"SELECT count(*) FROM edit WHERE {where}", values).get)


def _steps(
    step: Step, count: int, connection: apsw.Connection, origin: str, progress: Progress
) -> Change | None:
    made: Change | None = None
    for number in range(count):

        def tell(done: int, total: int, before: int = number * _PARTS) -> None:
            progress(before + done * _PARTS // max(total, 1), count * _PARTS)

        change = step(connection, origin, tell)
        if change is not None:
            made = change if made is None else _together(made, change)
    return made


def _together(first: Change, second: Change) -> Change:
    """Both as one; the label is that of the second."""
    is_many = first.pks is None or second.pks is None
    pks = None if is_many else (first.pks or frozenset()) | (second.pks or frozenset())
    if pks is not None and len(pks) > history.DETAIL_ROWS:
        pks = None
    is_open = pks is None or first.fields is None or second.fields is None
    fields = None if is_open else (first.fields or frozenset()) | (second.fields or frozenset())
    return replace(
        second,
        pks=pks,
        fields=fields,
        added=first.added or second.added,
        deleted=first.deleted or second.deleted,
        organizations=first.organizations or second.organizations,
        settings=first.settings or second.settings,
        count=first.count + second.count if pks is None else len(pks),
    )
