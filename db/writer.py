"""The one connection that writes into a catalogue, and what it tells of each commit.

It comes with the first write: to show rows, nobody has to wait for it, nor for peewee.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import apsw

from db import history, schema
from db.changes import Change, elsewhere, nothing
from db.connection import (
    Identity,
    check_in_place,
    check_not_emptied,
    closer_of_cursors,
    uri,
)
from db.database import CatalogDatabase
from db.edits import EditSession, labels
from db.errors import Moved, constraints_named, damage_named, translated
from db.schema import Progress
from db.work import Work

if TYPE_CHECKING:
    from db.history_keep import Compacted, Retention, Usage

_log = logging.getLogger(__name__)

T = TypeVar("T")
Replay = Callable[[apsw.Connection, str, Progress], Change | None]


class Writer:
    """Writes on the thread that made it; brings an older file up to date first.

    Args:
        work: whose jobs these are; tells how far they are, and may cancel them.
        changed: these listeners are called after each commit.
        opened: the file that the catalogue was opened as; another one is not written.

    Attributes:
        labels: what undo and redo would take back and do again, in words.
        before_commit: called with what an edit is about to commit, and the names of the databases
            that it read; what readers see then is what was before.

    Raises:
        CatalogError: the file cannot be written, or is none that this program can read.
    """

    def __init__(
        self,
        path: Path,
        work: Work,
        changed: Sequence[Callable[[Change], None]],
        opened: Identity | None,
    ) -> None:
        self._path = path.resolve()
        self._opened = opened
        self._log_is_empty = False
        self.before_commit: Callable[[Change, Collection[str]], None] = lambda change, attached: (
            None
        )
        self._work = work
        self._changed = changed
        self._may_commit = False
        self._database = CatalogDatabase(path)
        try:
            with translated(path):
                self._connect()
        except BaseException:
            self._database.close()
            raise

    def _connect(self) -> None:
        with damage_named(self._path):
            self._database.connect()
        connection = self._connection
        self._close_cursors = closer_of_cursors(connection)
        schema.upgrade(connection, self._path)
        with damage_named(self._path):
            schema.check(connection, self._path)
            self.labels = labels(connection)
        self._data_version = int(connection.pragma("data_version"))
        # SQLite rolls back by itself when the disk is full, for one: no statement of a body
        # that goes on after that may be committed alone, past the history.
        connection.set_commit_hook(lambda: not self._may_commit)

    @property
    def _connection(self) -> apsw.Connection:
        connection: apsw.Connection = self._database.connection()
        return connection

    def close(self) -> None:
        """Tidy up the file, and let go of it."""
        self._may_commit = True
        with suppress(apsw.Error):
            self._connection.pragma("optimize")
        self._database.close()

    def edit(
        self,
        label: str,
        body: Callable[[EditSession], None],
        origin: str,
        attach: Mapping[str, Path],
    ) -> Change:
        """Run `body` as one recorded transaction: see `Catalog.edit`."""

        def write(connection: apsw.Connection) -> Change:
            recording = history.Recording(connection)
            edit = EditSession(self._database, label, self._work, recording.next_part)
            try:
                edit.check_cancelled()
                body(edit)
                edit.check_cancelled()
                if recording.is_empty:
                    return nothing(edit.label, origin)
                change = history.write_edit(recording, edit, origin)
                if change is not None:
                    self.before_commit(change, attach.keys())
                return change or nothing(edit.label, origin)
            finally:
                recording.close()

        with self._attached(attach):
            change = self._transaction(write)
        if change.edit_id is not None:
            self._tell(change)
        return change

    @contextmanager
    def _attached(self, databases: Mapping[str, Path]) -> Iterator[None]:
        connection = self._connection
        with ExitStack() as stack:
            for name, path in databases.items():
                with translated(path):
                    connection.execute(f"ATTACH ? AS {name}", (uri(path, "mode=ro&immutable=1"),))
                stack.callback(connection.execute, f"DETACH {name}")
            yield

    def replay(self, replay: Replay, origin: str) -> Change | None:
        """Undo or redo, as one transaction: `replay` is a function of `db.history`."""
        change = self._transaction(lambda connection: replay(connection, origin, self._work.tell))
        if change is not None:
            self._tell(change)
        return change

    def compact(self, keep: Retention | None) -> Compacted:
        """Give back the room that the file does not use: see `Catalog.compact`."""
        from db import history_keep

        def forget(connection: apsw.Connection) -> tuple[Usage, int]:
            before = history_keep.usage(connection, keep or history_keep.Retention())
            return before, history_keep.forget(connection, before.last_old)

        before, forgotten = self._transaction(forget)
        connection = self._connection
        try:
            with self._work.interruptible(connection) as stop_interrupts, translated(self._path):
                self._may_commit = True
                connection.execute("VACUUM")
                stop_interrupts()
        finally:
            self._may_commit = False
        with suppress(apsw.BusyError):
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        return history_keep.Compacted(forgotten, before, history_keep.usage(connection))

    def _transaction(self, write: Callable[[apsw.Connection], T]) -> T:
        connection = self._connection
        try:
            self._check_file()
            with (
                self._work.interruptible(connection) as stop_interrupts,
                translated(self._path),
                constraints_named(),
                self._database.atomic("IMMEDIATE"),
                self._cursors_closed_on_error(),
            ):
                answer = write(connection)
                now = labels(connection)
                self._check_file()
                stop_interrupts()
                self._may_commit = True
        finally:
            self._may_commit = False
        self.labels = now
        return answer

    def _check_file(self) -> None:
        try:
            check_in_place(self._path, self._opened)
        except Moved:
            self._empty_log()
            raise
        check_not_emptied(self._path)

    def _empty_log(self) -> None:
        """Bring the log into the file that it belongs to, wherever that is now.

        Beside another file of the same name SQLite would take it for that one's log. Done once:
        what comes into the log later is the other file's.
        """
        if not self._log_is_empty and not self._connection.in_transaction:
            with suppress(apsw.Error):
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
                self._log_is_empty = True

    @contextmanager
    def _cursors_closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._close_cursors()
            raise

    def check_elsewhere(self) -> Change | None:
        """Tell the listeners if another program has written since the last look."""
        self._check_file()
        connection = self._connection
        version = int(connection.pragma("data_version"))
        if version == self._data_version:
            return None
        self._data_version = version
        self.labels = labels(connection)
        return self.tell_elsewhere()

    def tell_elsewhere(self) -> Change:
        """Tell the listeners that another program has written."""
        change = elsewhere()
        self._tell(change)
        return change

    def _tell(self, change: Change) -> None:
        for listener in list(self._changed):
            try:
                listener(change)
            except Exception:  # noqa: BLE001
                # The change is in the file: whoever asked for it must not hear that it failed.
                _log.exception("A listener failed to take in a change")
