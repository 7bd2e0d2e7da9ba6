"""One open catalogue: a single writer, any number of readers, and a history of every write."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import apsw

from db import schema
from db.connection import (
    READER_BUSY_SECONDS,
    check_in_place,
    check_not_emptied,
    identity,
    is_marked_read_only,
    journal_mode_for,
    open_reader,
    probe,
)
from db.edits import EditSession, labels
from db.errors import (
    CannotOpen,
    Invalid,
    ReadOnly,
    damage_named,
    translated,
)
from db.reader import Reader
from db.work import ProgressListener, Work

if TYPE_CHECKING:
    from db.backups import Backups
    from db.changes import Change
    from db.history_keep import Compacted, Retention
    from db.writer import Writer

T = TypeVar("T")
_log = logging.getLogger(__name__)
Listener = Callable[["Change"], None]


class Catalog:
    """A catalogue file that is open.

    Writes run one after another on a thread of their own; every answer is a future. `changed`
    holds the listeners that are called, on the writer's thread, after each commit; those of
    `backing_up` are told, there too, of each automatic backup that is begun, and those of
    `progressed` how far a future's work has come: done, and in all, in the
    same unit, for edits of many rows, undo, redo and copies.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self.changed: list[Listener] = []
        self.progressed: list[ProgressListener] = []
        self._writer: Writer | None = None
        self._watch: apsw.Connection | None = None
        self._watched_version = 0
        self._watched_labels: tuple[str | None, str | None] = (None, None)
        self._writes = Work("catalog-writer", self.progressed)
        self._copies = Work("catalog-copier", self.progressed)
        self.backing_up: list[Callable[[Future[Path | None]], None]] = []
        self.backups: Backups | None = None
        self._backing_up: Future[Path | None] | None = None
        self._opened = identity(path)
        self._journal_mode = "wal"
        self._closed = False
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
                catalog._writes.submit(catalog._connect).result()
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
                    self._watched_labels = labels(connection)
                    self._watched_version = int(connection.pragma("data_version"))
                    self._watch, connection = connection, None
            finally:
                if connection is not None:
                    connection.close()
        return ready

    def _connect(self) -> Change | None:
        """Connect the writer, on its thread.

        Returns what listeners were told, if another program has written since the opening.
        """
        from db.writer import Writer

        with translated(self.path):
            if self._watch is not None:
                check_in_place(self.path, self._opened)
                check_not_emptied(self.path)
            self._writer = Writer(self.path, self._writes, self.changed, self._opened)
            self._writer.before_commit = self._before_commit
            return self._writer.tell_elsewhere() if self._end_watch() else None

    def _end_watch(self) -> bool:
        """Whether another program has written between the opening and now."""
        if self._watch is None:
            return False
        written = int(self._watch.pragma("data_version")) != self._watched_version
        self._watch.close()
        self._watch = None
        return written

    def _writing(self) -> Writer:
        if self._writer is None:
            self._connect()
        assert self._writer is not None
        return self._writer

    def close(self) -> None:
        """Finish the writes that wait, and close every connection; twice does no harm."""
        for reader in list(self._readers):
            reader.close()
        if not self._closed:
            self._closed = True
            if self._backing_up is not None:
                self._copies.cancel(self._backing_up)
            self._writes.submit(self._close_writer)
        self._writes.finish()
        self._copies.finish()

    def _close_writer(self) -> None:
        if self._watch is not None:
            self._watch.close()
        if self._writer is not None:
            self._writer.close()

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
        return self._submit(lambda: self._writing().edit(label, body, origin, attach or {}))

    def undo(self, *, origin: str = "", to: int | None = None) -> Future[Change | None]:
        """Take back the last edit; a future of what changed, None if there was no edit.

        With `to`, all edits down to that one, it included, as one step.
        """
        from db import history, history_steps

        step = history.undo if to is None else partial(history_steps.undo_to, to)
        return self._submit(lambda: self._writing().replay(step, origin))

    @property
    def _labels(self) -> tuple[str | None, str | None]:
        return self._watched_labels if self._writer is None else self._writer.labels

    def redo(self, *, origin: str = "", to: int | None = None) -> Future[Change | None]:
        """Do again what was undone last; a future of what changed, None if there is nothing.

        With `to`, all that was undone up to that edit, it included, as one step.
        """
        from db import history, history_steps

        step = history.redo if to is None else partial(history_steps.redo_to, to)
        return self._submit(lambda: self._writing().replay(step, origin))

    def compact(self, keep: Retention | None = None) -> Future[Compacted]:
        """Give back the room that the file does not use, once the history that `keep` lets go of
        is forgotten; None forgets nothing. `cancel` leaves the file as large as it was.
        """
        return self._submit(lambda: self._writing().compact(keep))

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
        self._writes.cancel(write)
        self._copies.cancel(write)

    def save_copy(self, target: Path) -> Future[None]:
        """Write a whole copy of the catalogue to `target`, with SQLite's backup API.

        `cancel` breaks it off: what `target` was it stays, and the future raises `Cancelled`.
        Writes go on meanwhile, unless a reader would lock them out.
        """
        work = self._copies if self._journal_mode == "wal" else self._writes
        return work.submit(lambda: self._save_copy(target, work))

    def keep_backups(self, root: Path) -> Backups:
        """Back up the catalogue below `root` before imports and edits of many, from now on.

        The backup is of what readers see before the edit is committed, and is copied beside the
        writes that follow; where there is no write-ahead log, a reader would lock them out, and
        none is made. `backing_up` tells of each that is begun.
        """
        from db.backups import Backups

        self.backups = Backups(root, self.path)
        return self.backups

    @property
    def backup_under_way(self) -> Future[Path | None] | None:
        """The automatic backup that was begun last; its future raises `CatalogError`."""
        return self._backing_up

    def restore(self, backup: Path, label: str) -> Future[Change]:
        """Bring the catalogue back to what a backup holds, as one edit.

        Returns:
            a future of what changed. It raises `CatalogError` when the backup cannot be read.
        """
        from db import restore

        def write() -> Change:
            restore.check_backup(backup)
            return self._writing().edit(label, restore.restore, "", {"backup": backup})

        return self._submit(write)

    def check_elsewhere(self) -> Future[Change | None]:
        """Ask whether another program has written; if so, listeners are told."""
        return self._writes.submit(self._check_elsewhere)

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
        return self._writes.submit(job)

    def _before_commit(self, change: Change, attached: Collection[str]) -> None:
        from db.backups import BRINGS_ROWS, MANY_ROWS

        if (
            self.backups is None
            or (change.count <= MANY_ROWS and BRINGS_ROWS.isdisjoint(attached))
            or self._journal_mode != "wal"
            or (self._backing_up is not None and not self._backing_up.done())
            or not self.backups.is_due()
        ):
            return
        try:
            snapshot = open_reader(self.path, READER_BUSY_SECONDS * 1000)
            snapshot.execute("BEGIN; SELECT count(*) FROM sqlite_schema").fetchall()
        except (apsw.Error, CannotOpen):
            _log.exception("No backup was made before an edit of many")
            return
        self._backing_up = self._copies.submit(partial(self._back_up, self.backups, snapshot))
        self._backing_up.add_done_callback(lambda _: snapshot.close())
        for listener in self.backing_up:
            listener(self._backing_up)

    def _back_up(self, backups: Backups, snapshot: apsw.Connection) -> Path | None:
        try:
            return backups.make(snapshot, self._copies.tell)
        finally:
            snapshot.close()

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
        if self._writer is None:
            return self._connect()
        with translated(self.path):
            return self._writer.check_elsewhere()
