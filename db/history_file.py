"""Change-set files: edits to be applied to another copy of the catalogue.

A file is an SQLite database: its parts are those of the history, copied as they are; it says by
itself what it is; and the ids of its rows are looked up without reading it whole.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import apsw

from db.connection import READER_BUSY_SECONDS, open_reader, uri
from db.errors import CannotOpen, Invalid, TooNew, translated
from db.fields import FIELD_BY_NAME
from db.history import PART_BYTES, changeset_stream
from db.history_apply import Opened
from db.history_cells import Key, RowChange, Stream, row_changes
from db.history_plan import current_row
from db.history_query import BATCH, EditFacts, edit
from db.records import check_value
from db.schema import Progress

SUFFIX: Final = ".changeset"
APPLICATION_ID: Final = 0x49436373
"""SQLite's application_id of a change-set file: "ICcs" in ASCII."""
VERSION: Final = 1
_ALL: Final = 0
"""The number under which the file has the changeset of all its edits together."""

_TABLES: Final = """
CREATE TABLE about(key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);
CREATE TABLE edit(
    id INTEGER PRIMARY KEY, label TEXT NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL,
    count INTEGER NOT NULL, state INTEGER NOT NULL
);
CREATE TABLE edit_data(
    edit INTEGER NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(edit, part)
);
CREATE TABLE row(pk INTEGER PRIMARY KEY, id TEXT);
"""
"""`row` has the id of each changed integration before the change: pks are those of one file."""


def save(
    connection: apsw.Connection, edit_ids: Sequence[int], target: Path, progress: Progress
) -> None:
    """Write edits of the history as one change-set file, which appears whole.

    Several edits are joined into one changeset; their changed rows are in memory meanwhile.

    Args:
        connection: a reader of the catalogue.
        progress: told how much is done; what it raises breaks the writing off.

    Raises:
        Invalid: one of the edits is not there.
        CatalogError: the file cannot be written.
    """
    ids = sorted(set(edit_ids))
    facts = [edit(connection, number) for number in ids]
    partial = target.with_name(target.name + ".partial")
    with translated(target):
        if target.is_dir():
            raise CannotOpen("{path} is a folder. Choose a file in it.", path=target)
        partial.unlink(missing_ok=True)
        try:
            with closing(_created(partial)) as file, file:
                _describe(file, facts, Path(connection.filename).stem)
                _copy_parts(connection, file, ids, progress)
                _note_ids(connection, file)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _created(path: Path) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    file = apsw.Connection(uri(path, "mode=rwc"), flags=flags)
    file.execute(_TABLES)
    file.pragma("application_id", APPLICATION_ID)
    file.pragma("user_version", VERSION)
    return file


def _describe(file: apsw.Connection, facts: Sequence[EditFacts], catalog: str) -> None:
    saved = datetime.now(UTC).isoformat(timespec="milliseconds")
    about = {"format": "integration-icons change-set", "catalog": catalog, "saved_at": saved}
    file.executemany("INSERT INTO about VALUES(?, ?)", list(about.items()))
    file.executemany("INSERT INTO edit VALUES(?, ?, ?, ?, ?, ?)", facts)


def _copy_parts(
    connection: apsw.Connection, file: apsw.Connection, ids: Sequence[int], progress: Progress
) -> None:
    if len(ids) == 1:
        parts = connection.execute("SELECT part, data FROM edit_data WHERE edit = ?", (ids[0],))
        insert = "INSERT INTO edit_data VALUES(?, ?, ?)"
        file.executemany(insert, ((_ALL, part, data) for part, data in parts))
        return
    builder = apsw.ChangesetBuilder()  # type: ignore[no-untyped-call]
    try:
        for done, number in enumerate(ids):
            progress(done, len(ids))
            builder.add(changeset_stream(connection, number))
        parts_of = _Parts(file)
        builder.output_stream(parts_of.take)
        parts_of.finish()
    finally:
        builder.close()


class _Parts:
    def __init__(self, file: apsw.Connection) -> None:
        self._file = file
        self._compressor = zlib.compressobj(level=1)
        self._buffer = bytearray()
        self._number = 0

    def take(self, data: memoryview) -> None:
        self._buffer += self._compressor.compress(data)
        if len(self._buffer) >= PART_BYTES:
            self._write()

    def finish(self) -> None:
        self._buffer += self._compressor.flush()
        self._write()

    def _write(self) -> None:
        values = (_ALL, self._number, bytes(self._buffer))
        self._file.execute("INSERT INTO edit_data VALUES(?, ?, ?)", values)
        self._buffer.clear()
        self._number += 1


def _note_ids(connection: apsw.Connection, file: apsw.Connection) -> None:
    """Note what rows are called that another copy has, too: as before the change, or else now."""
    changes = row_changes(changeset_stream(file, _ALL))
    rows = (row for row in changes if row.table == "integration" and row.op != "INSERT")
    query = "SELECT pk, id FROM integration WHERE pk IN (SELECT value FROM json_each(?))"
    while batch := list(islice(rows, BATCH)):
        pks = json.dumps([row.key for row in batch])
        ids = dict(connection.execute(query, (pks,)))
        ids.update({row.key: row.old["id"] for row in batch if "id" in row.old})
        file.executemany("INSERT INTO row VALUES(?, ?)", list(ids.items()))


class ChangeSetFile:
    """A change-set file to be applied; see `db.history_apply`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def edits(self) -> list[EditFacts]:
        """What the file holds.

        Raises:
            CatalogError: it cannot be read, or is no change-set file.
        """
        with closing(self._connect()) as file:
            rows = file.execute("SELECT id, label, at, author, count, state FROM edit ORDER BY id")
            return [EditFacts(*row) for row in rows]

    @contextmanager
    def opened(self, connection: apsw.Connection) -> Iterator[Opened]:
        """Open it to be applied.

        Raises:
            CatalogError: as for `edits`.
        """
        with translated(self.path), closing(self._connect()) as file:
            yield _OpenedFile(file)

    def _connect(self) -> apsw.Connection:
        with translated(self.path):
            if not self.path.is_file():
                raise CannotOpen("There is no file {path}. Check the name.", path=self.path)
            try:
                file = open_reader(self.path, READER_BUSY_SECONDS * 1000)
            except apsw.NotADBError as error:
                raise self._is_none() from error
            try:
                self._check(file)
            except BaseException:
                file.close()
                raise
            return file

    def _check(self, file: apsw.Connection) -> None:
        try:
            application = file.pragma("application_id")
        except apsw.NotADBError as error:
            raise self._is_none() from error
        if application != APPLICATION_ID:
            raise self._is_none()
        if int(file.pragma("user_version")) > VERSION:
            raise TooNew(
                "{path} was written by a newer version of Integration Icons. Update the program "
                "to apply it.",
                path=self.path,
            )
        if (
            not {
                name
                for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE rootpage > 0")
            }
            >= _TABLE_NAMES
        ):
            raise self._is_none()

    def _is_none(self) -> CannotOpen:
        return CannotOpen(
            "{path} is not a change-set file of Integration Icons. Choose another file.",
            path=self.path,
        )


_TABLE_NAMES: Final = frozenset({"about", "edit", "edit_data", "row"})


class _OpenedFile:
    invert = False
    fits = False
    by_pk = False

    def __init__(self, file: apsw.Connection) -> None:
        self._file = file
        self.count = int(file.execute("SELECT ifnull(sum(count), 0) FROM edit").get)

    def stream(self, progress: Progress) -> Stream:
        return changeset_stream(self._file, _ALL, progress)

    def key_here(self, connection: apsw.Connection, change: RowChange) -> Key | None:
        """The row by its id, since pks are another catalogue's; looks at its values, too."""
        _check_values(change)
        if change.table != "integration":
            return change.key if current_row(connection, change.table, change.key) else None
        if change.op == "INSERT":
            row_id = change.new.get("id")
        else:
            row_id = self._file.execute("SELECT id FROM row WHERE pk = ?", (change.key,)).get
        key: Key | None = connection.execute(
            "SELECT pk FROM integration WHERE id = ?", (row_id,)
        ).get
        return key


def _check_values(change: RowChange) -> None:
    """Raise `Invalid` for what no edit of this program could have written."""
    for name, value in change.new.items():
        if change.table == "integration" and name in FIELD_BY_NAME:
            check_value(FIELD_BY_NAME[name], value)
        elif change.table != "integration" and not isinstance(value, str | None):
            raise Invalid("The change-set holds a value that a catalogue cannot hold.")
