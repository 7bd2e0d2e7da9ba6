"""One open catalogue: a single writer, any number of readers, and a history of every write."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import apsw

from db import schema
from db.connection import (
    READER_BUSY_SECONDS,
    closer_of_cursors,
    is_marked_read_only,
    journal_mode_for,
    open_reader,
    probe,
    uri,
)
from db.edits import EditSession, labels
from db.errors import (
    CannotOpen,
    Invalid,
    ReadOnly,
    constraints_named,
    damage_named,
    translated,
)
from db.reader import Reader
from db.work import ProgressListener, Work

if TYPE_CHECKING:
    from db.changes import Change
    from db.database import CatalogDatabase
    from db.schema import Progress

_log = logging.getLogger(__name__)

T = TypeVar("T")
Listener = Callable[["Change"], None]


class Catalog:
    """A catalogue file that is open.

    Writes run one after another on a thread of their own; every answer is a future. `changed`
    holds the listeners that are called, on the writer's thread, after each commit; those of
    `progressed` are told, there too, how far a future's work has come: done, and in all, in the
    same unit, for edits of many rows, undo, redo and copies.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self.changed: list[Listener] = []
        self.progressed: list[ProgressListener] = []
        self._database: CatalogDatabase | None = None
        self._watch: apsw.Connection | None = None
        self._writer = Work("catalog-writer", self.progressed)
        self._copier = Work("catalog-copier", self.progressed)
        self._journal_mode = "wal"
        self._close_cursors: Callable[[], None] = lambda: None
        self._may_commit = False
        self._closed = False
        self._labels: tuple[str | None, str | None] = (None, None)
        self._data_version = 0
        self._readers: list[Reader] = []

    @classmethod
    def create(cls, path: Path) -> Catalog:
        """Make a new, empty catalogue and open it.

        Raises:
            CatalogError: the file exists, or cannot be made there.
        """
        with translated(path):
            if not path.parent.is_dir():
                raise CannotOpen(
                    "There is no folder {folder}. Make it, or choose another.", folder=path.parent
                )
            if path.is_dir() or (path.exists() and path.stat().st_size):
                raise CannotOpen(
                    "{path} exists already. Choose another name, or open it.", path=path
                )
            probe(path, create=True).close()
        return cls._open(path, read_only=False)

    @classmethod
    def open(cls, path: Path) -> Catalog:
        """Open a catalogue; one that cannot be written opens read-only.

        Raises:
            CatalogError: there is no such file, or it is not one that this program can read.
        """
        with translated(path):
            if path.is_dir():
                raise CannotOpen("{path} is a folder. Choose a file in it.", path=path)
            if not path.is_file():
                raise CannotOpen("There is no file {path}. Check the name.", path=path)
            read_only = is_marked_read_only(path)
        if not read_only:
            with suppress(ReadOnly, CannotOpen):
                return cls._open(path, read_only=False)
        return cls._open(path, read_only=True)

    @classmethod
    def _open(cls, path: Path, *, read_only: bool) -> Catalog:
        catalog = cls(path, read_only=read_only)
        try:
            if read_only:
                catalog._look_to_read()
            elif not catalog._look_to_write():
                catalog._writer.submit(catalog._connect).result()
        except BaseException:
            catalog.close()
            raise
        return catalog

    def _look_to_read(self) -> None:
        with translated(self.path), damage_named(self.path):
            connection = open_reader(self.path, READER_BUSY_SECONDS * 1000)
            try:
                schema.check(connection, self.path)
            finally:
                connection.close()

    def _look_to_write(self) -> bool:
        """Look whether the file is as the writer wants it, so that it may connect later.

        It does so with the first write: to show rows, nobody has to wait for it, nor for peewee.
        """
        with translated(self.path), damage_named(self.path):
            connection: apsw.Connection | None = probe(self.path)
            assert connection is not None
            try:
                version = schema.version_of(connection, self.path)
                if connection.readonly("main"):
                    raise apsw.ReadOnlyError("the system lets the file only be read")
                journal_mode = connection.pragma("journal_mode")
                self._journal_mode = journal_mode_for(self.path)
                ready = version == len(schema.STEPS) and journal_mode == self._journal_mode
                if ready:
                    schema.check(connection, self.path)
                    self._labels = labels(connection)
                    self._data_version = int(connection.pragma("data_version"))
                    self._watch, connection = connection, None
            finally:
                if connection is not None:
                    connection.close()
        return ready

    def _connect(self) -> Change | None:
        """Connect the writer, on its thread; brings an older file up to date.

        Returns what listeners were told, if another program has written since the opening.
        """
        from db.database import CatalogDatabase

        database = CatalogDatabase(self.path)
        try:
            with translated(self.path):
                with damage_named(self.path):
                    database.connect()
                connection: apsw.Connection = database.connection()
                self._close_cursors = closer_of_cursors(connection)
                schema.upgrade(connection, self.path)
                with damage_named(self.path):
                    schema.check(connection, self.path)
                    self._labels = labels(connection)
                data_version = int(connection.pragma("data_version"))
                # SQLite rolls back by itself when the disk is full, for one: no statement of a body
                # that goes on after that may be committed alone, past the history.
                connection.set_commit_hook(lambda: not self._may_commit)
                missed = self._end_watch()
        except BaseException:
            database.close()
            raise
        self._database, self._data_version = database, data_version
        return self._tell_elsewhere() if missed else None

    def _end_watch(self) -> bool:
        """Whether another program has written between the opening and now."""
        if self._watch is None:
            return False
        written = int(self._watch.pragma("data_version")) != self._data_version
        self._watch.close()
        self._watch = None
        return written

    def _writing(self) -> CatalogDatabase:
        if self._database is None:
            self._connect()
        assert self._database is not None
        return self._database

    def _connection(self) -> apsw.Connection:
        connection: apsw.Connection = self._writing().connection()
        return connection

    def close(self) -> None:
        """Finish the writes that wait, and close every connection; twice does no harm."""
        for reader in list(self._readers):
            reader.close()
        if not self._closed:
            self._closed = True
            self._writer.submit(self._close_writer)
        self._writer.finish()
        self._copier.finish()

    def _close_writer(self) -> None:
        if self._watch is not None:
            self._watch.close()
        if self._database is not None:
            self._may_commit = True
            with suppress(apsw.Error):
                self._connection().pragma("optimize")
            self._database.close()

    def reader(self, name: str) -> Reader:
        """A reading connection with a thread of its own, for one kind of question."""
        reader = Reader(self.path, name)
        self._readers.append(reader)
        return reader

    def connect_here(self, busy_milliseconds: int = 0) -> apsw.Connection:
        """A query-only connection for the calling thread, which closes it."""
        with translated(self.path):
            return open_reader(self.path, busy_milliseconds)

    def edit(
        self,
        label: str,
        body: Callable[[EditSession], None],
        *,
        origin: str = "",
        attach: Mapping[str, Path] | None = None,
    ) -> Future[Change]:
        """Run `body` on the writer's thread as one recorded transaction: one edit.

        Args:
            label: what the edit does, in words; undo shows it.
            body: writes through the `EditSession` it is given. An error in it undoes all.
            origin: who asks; the `Change` carries it.
            attach: databases that the body reads, by the schema name they get; no one may write
                to them meanwhile.

        Returns:
            a future of what changed. It raises `CatalogError`, `Invalid` or `Cancelled`.
        """
        return self._submit(lambda: self._edit(label, body, origin, attach or {}))

    def undo(self, *, origin: str = "") -> Future[Change | None]:
        """Take back the last edit; a future of what changed, None if there was no edit."""
        from db import history

        return self._submit(lambda: self._replay(history.undo, origin))

    def redo(self, *, origin: str = "") -> Future[Change | None]:
        """Do again what was undone last; a future of what changed, None if there is nothing."""
        from db import history

        return self._submit(lambda: self._replay(history.redo, origin))

    def undo_label(self) -> str | None:
        """What `undo` would take back, in words."""
        return self._labels[0]

    def redo_label(self) -> str | None:
        """What `redo` would do again, in words."""
        return self._labels[1]

    def cancel(self, write: Future[Any]) -> None:
        """Cancel one write: it leaves nothing behind, and one that waits is not begun.

        Its future raises `Cancelled`, unless it is done already. Other writes go on.
        """
        self._writer.cancel(write)
        self._copier.cancel(write)

    def save_copy(self, target: Path) -> Future[None]:
        """Write a whole copy of the catalogue to `target`, with SQLite's backup API.

        `cancel` breaks it off: what `target` was it stays, and the future raises `Cancelled`.
        Writes go on meanwhile, unless a reader would lock them out.
        """
        work = self._copier if self._journal_mode == "wal" else self._writer
        return work.submit(lambda: self._save_copy(target, work))

    def check_elsewhere(self) -> Future[Change | None]:
        """Ask whether another program has written; if so, listeners are told."""
        return self._writer.submit(self._check_elsewhere)

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        if self.read_only:
            refused: Future[T] = Future()
            refused.set_exception(
                ReadOnly(
                    "{path} is open read-only. Use File > Save a Copy to get one you can edit.",
                    path=self.path,
                )
            )
            return refused
        return self._writer.submit(job)

    def _edit(
        self,
        label: str,
        body: Callable[[EditSession], None],
        origin: str,
        attach: Mapping[str, Path],
    ) -> Change:
        from db import history
        from db.changes import nothing

        def write(connection: apsw.Connection) -> Change:
            session = history.start_recording(connection)
            edit = EditSession(self._writing(), label, self._writer)
            try:
                edit.check_cancelled()
                body(edit)
                edit.check_cancelled()
                if session.is_empty:
                    return nothing(edit.label, origin)
                change = history.write_edit(session, edit, origin)
                return change or nothing(edit.label, origin)
            finally:
                session.close()

        with self._attached(attach):
            change = self._transaction(write)
        if change.edit_id is not None:
            self._tell(change)
        return change

    @contextmanager
    def _attached(self, databases: Mapping[str, Path]) -> Iterator[None]:
        connection = self._connection()
        with ExitStack() as stack:
            for name, path in databases.items():
                with translated(path):
                    connection.execute(f"ATTACH ? AS {name}", (uri(path, "mode=ro&immutable=1"),))
                stack.callback(connection.execute, f"DETACH {name}")
            yield

    def _replay(
        self, replay: Callable[[apsw.Connection, str, Progress], Change | None], origin: str
    ) -> Change | None:
        change = self._transaction(lambda connection: replay(connection, origin, self._writer.tell))
        if change is not None:
            self._tell(change)
        return change

    def _transaction(self, write: Callable[[apsw.Connection], T]) -> T:
        connection = self._connection()
        try:
            with (
                self._writer.interruptible(connection) as stop_interrupts,
                translated(self.path),
                constraints_named(),
                self._writing().atomic("IMMEDIATE"),
                self._cursors_closed_on_error(),
            ):
                answer = write(connection)
                now = labels(connection)
                stop_interrupts()
                self._may_commit = True
        finally:
            self._may_commit = False
        self._labels = now
        return answer

    @contextmanager
    def _cursors_closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._close_cursors()
            raise

    def _save_copy(self, target: Path, work: Work) -> None:

        with translated(target):
            if target.resolve() == self.path.resolve():
                raise Invalid("A catalogue cannot be copied onto itself. Choose another name.")
            if target.is_dir():
                raise CannotOpen("{path} is a folder. Choose a file in it.", path=target)
            if not target.parent.is_dir():
                raise CannotOpen(
                    "There is no folder {folder}. Make it, or choose another.",
                    folder=target.parent,
                )
        with translated(self.path):
            connection = open_reader(self.path, READER_BUSY_SECONDS * 1000)
        try:
            with translated(target):
                schema.copy_database(connection, target, work.tell)
        finally:
            connection.close()

    def _check_elsewhere(self) -> Change | None:
        if self.read_only:
            return None
        with translated(self.path):
            if self._database is None:
                return self._connect()
            connection = self._connection()
            version = int(connection.pragma("data_version"))
            if version == self._data_version:
                return None
            self._data_version = version
            self._labels = labels(connection)
        return self._tell_elsewhere()

    def _tell_elsewhere(self) -> Change:
        from db.changes import elsewhere

        change = elsewhere()
        self._tell(change)
        return change

    def _tell(self, change: Change) -> None:
        for listener in list(self.changed):
            try:
                listener(change)
            except Exception:  # noqa: BLE001
                # The change is in the file: whoever asked for it must not hear that it failed.
                _log.exception("A listener failed to take in a change")
