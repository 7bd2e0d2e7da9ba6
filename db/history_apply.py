"""Applying a changeset where other edits may have been since: reverting one edit, or a file's.

SQLite applies what fits by itself. Rows that are in conflict are laid aside and then decided cell
by cell (`db.history_plan`), which a conflict handler of SQLite's cannot: it decides whole rows.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Final, NamedTuple, Protocol

import apsw

from db.edits import DONE, EditSession
from db.errors import Invalid
from db.history import BULK_ROWS, changeset_stream
from db.history_cells import COLUMNS, Key, RowChange, Stream, row_change, row_changes
from db.history_plan import CellConflict, Choices, carry_out, current_row, plan
from db.history_query import edit as facts_of
from db.history_restore import ensure_organizations
from db.schema import Progress, build_indexes, drop_indexes

LISTED: Final = 1_000
"""Conflicts that a preview lists; it counts all."""


class Opened(Protocol):
    """A changeset that is open.

    Attributes:
        count: how many integrations it concerns, by its own account.
        invert: whether its inverse is what is applied.
        fits: whether nothing can be in conflict.
        by_pk: whether its rows are those of this catalogue by pk.
    """

    count: int
    invert: bool
    fits: bool
    by_pk: bool

    def stream(self, progress: Progress) -> Stream: ...
    def key_here(self, connection: apsw.Connection, change: RowChange) -> Key | None:
        """The key of a row in the catalogue, if it is there; None if it surely is not."""
        ...


class Source(Protocol):
    """What can be applied."""

    def opened(self, connection: apsw.Connection) -> AbstractContextManager[Opened]:
        """Open it; `connection` is one to the catalogue."""
        ...


class StoredEdit:
    """An edit of the catalogue's own history: to be reverted, or done once more.

    Args:
        again: do it again instead of reverting it.
    """

    def __init__(self, edit_id: int, *, again: bool = False) -> None:
        self.edit_id = edit_id
        self.again = again

    @contextmanager
    def opened(self, connection: apsw.Connection) -> Iterator[Opened]:
        yield _OpenedEdit(connection, self.edit_id, invert=not self.again)


class _OpenedEdit:
    by_pk = True

    def __init__(self, connection: apsw.Connection, edit_id: int, *, invert: bool) -> None:
        facts = facts_of(connection, edit_id)
        if invert and facts.state != DONE:
            raise Invalid(
                "“{label}” does not stand: there is nothing to revert.", label=facts.label
            )
        if not invert and facts.state == DONE:
            raise Invalid("“{label}” stands already.", label=facts.label)
        self._connection = connection
        self._edit_id = edit_id
        self.count = facts.integrations
        self.invert = invert
        later = "SELECT count(*) FROM edit WHERE state = ? AND id > ?"
        self.fits = invert and not connection.execute(later, (DONE, edit_id)).get

    def stream(self, progress: Progress) -> Stream:
        return changeset_stream(self._connection, self._edit_id, progress)

    def key_here(self, connection: apsw.Connection, change: RowChange) -> Key | None:
        return change.key


class Preview(NamedTuple):
    """What applying would do.

    Attributes:
        rows: how many rows would change, the conflicts not counted.
        conflicts: the first `LISTED` of them.
        conflict_count: all.
    """

    rows: int
    conflicts: list[CellConflict]
    conflict_count: int


class Applied(NamedTuple):
    """What applying did: how many rows were looked at one by one, and how many cells stayed."""

    conflicts: int
    kept: int


def _nowhere(_done: int, _total: int) -> None:
    pass


def preview(connection: apsw.Connection, source: Source, progress: Progress = _nowhere) -> Preview:
    """Look what `apply` would do, without doing it; on a reader.

    Raises:
        Invalid, CatalogError: it cannot be applied at all.
    """
    listed: list[CellConflict] = []
    rows = conflicts = 0
    with source.opened(connection) as opened:
        if opened.fits:
            return Preview(opened.count, [], 0)
        for change in row_changes(opened.stream(progress), invert=opened.invert):
            found = plan(connection, change, opened.key_here(connection, change), Choices())
            rows += bool(found.do)
            conflicts += len(found.conflicts)
            listed += found.conflicts[: LISTED - len(listed)]
    return Preview(rows, listed, conflicts)


def apply(edit: EditSession, source: Source, choices: Choices) -> Applied:
    """Apply a changeset within an edit: the body of `Catalog.edit`.

    Conflicts that nobody chose about end with what is there.

    Raises:
        Invalid, CatalogError: it cannot be applied at all.
    """
    connection = edit.connection
    organizations = {
        row[0]: row[1:] for row in connection.execute("SELECT id, name, base_url FROM organization")
    }
    with source.opened(connection) as opened, closing(_Aside()) as aside:
        is_bulk = opened.count >= BULK_ROWS
        if is_bulk:
            drop_indexes(connection)
        _apply_what_fits(connection, opened, aside, edit.tell)
        applied, changed = _decide(edit, opened, aside, choices)
        if is_bulk:
            build_indexes(connection)
            edit.count = max(opened.count - aside.count, 0) + changed
    ensure_organizations(connection, organizations)
    return applied


def _apply_what_fits(
    connection: apsw.Connection, opened: Opened, aside: _Aside, progress: Progress
) -> None:
    def lay_aside(reason: int, item: apsw.TableChange) -> int:
        # Organizations that are missing then are made afterwards.
        if reason != apsw.SQLITE_CHANGESET_FOREIGN_KEY:
            aside.add(row_change(item))
        return apsw.SQLITE_CHANGESET_OMIT

    def is_same_row(item: apsw.TableChange) -> bool:
        if item.name not in COLUMNS:
            return False
        change = row_change(item)
        here = opened.key_here(connection, change)
        if here is None and change.op == "DELETE":
            return False
        if here == change.key:
            return True
        is_new = here is None and change.op == "INSERT"
        if is_new and not current_row(connection, change.table, change.key):
            return True
        aside.add(change)
        return False

    flags = apsw.SQLITE_CHANGESETAPPLY_INVERT if opened.invert else 0
    stream = opened.stream(progress)
    if opened.by_pk:
        apsw.Changeset.apply(
            stream, connection, filter=COLUMNS.__contains__, conflict=lay_aside, flags=flags
        )
    else:
        apsw.Changeset.apply(
            stream, connection, filter_change=is_same_row, conflict=lay_aside, flags=flags
        )


def _decide(
    edit: EditSession, opened: Opened, aside: _Aside, choices: Choices
) -> tuple[Applied, int]:
    conflicts = kept = changed = 0
    for change in aside:
        edit.check_cancelled()
        key = opened.key_here(edit.connection, change)
        found = plan(edit.connection, change, key, choices)
        carry_out(edit.connection, change, key, found)
        changed += bool(found.do)
        conflicts += len(found.conflicts)
        kept += sum(not choices.takes(one) for one in found.conflicts)
    return Applied(conflicts, kept), changed


class _Aside:
    """Row changes in a temporary file of SQLite's, however many they are."""

    def __init__(self) -> None:
        self.count = 0
        self._connection = apsw.Connection("")
        self._connection.execute("CREATE TABLE aside(change BLOB); BEGIN")

    def add(self, change: RowChange) -> None:
        self.count += 1
        self._connection.execute("INSERT INTO aside VALUES(?)", (pickle.dumps(tuple(change)),))

    def __iter__(self) -> Iterator[RowChange]:
        for (data,) in self._connection.execute("SELECT change FROM aside ORDER BY rowid"):
            yield RowChange(*pickle.loads(data))

    def close(self) -> None:
        self._connection.close(True)
