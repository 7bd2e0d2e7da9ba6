"""The history of edits: SQLite changesets, kept compressed, undone and redone.

A changeset is stored in parts, so that neither writing nor reading one needs it whole in memory.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import apsw

from db.changes import Change, Kind
from db.edits import AFTER_LAST_DONE, DISCARDED, DONE, UNDONE, EditSession
from db.errors import Conflict
from db.fields import FIELD_BY_NAME
from db.person import author
from db.schema import RECORDED_TABLES, Progress, build_indexes, drop_indexes

PART_BYTES: Final = 4 << 20
"""Size of one stored part of a compressed changeset; the last one is smaller."""
DETAIL_ROWS: Final = 1_000
"""An edit of more rows tells its views that "many" changed instead of which."""
BULK_ROWS: Final = 50_000
"""From here on, indexes are built after the rows instead of with each."""

# How much of a changeset SQLite hands over at once: its 1,024 bytes are a call of Python each.
apsw.session_config(apsw.SQLITE_SESSION_CONFIG_STRMSIZE, 1 << 18)
_PIECES_WAITING: Final = 8
"""Pieces of a changeset in memory that wait to be compressed."""
_SMALL_BYTES: Final = 1 << 16
"""A changeset up to this size is compressed sooner than a thread for it is started."""


class Recording:
    """Records every change of the recorded tables from now on, in one part or several.

    A session frees what it holds in one go, and holds the interpreter while it does: 0.1 s for
    1,000,000 rows. So a large edit is recorded in parts, which are stored one after another.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._sessions: list[apsw.Session] = []
        self.next_part()

    def next_part(self) -> None:
        """Begin another part; it must change no row that an earlier one changed: a session
        compares its rows with what they are when its changeset is made, at the end. Nor may
        an id go from a row of one part to a row of another: ids are unique."""
        if self._sessions:
            if self._sessions[-1].is_empty:
                return
            self._sessions[-1].enabled = False
        session = apsw.Session(self._connection, "main")
        session.config(apsw.SQLITE_SESSION_OBJCONFIG_SIZE, True)  # else its size is not counted
        for table in RECORDED_TABLES:
            session.attach(table)
        self._sessions.append(session)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed."""
        return all(session.is_empty for session in self._sessions)

    @property
    def size(self) -> int:
        """Bytes of what was recorded, at most."""
        return sum(session.changeset_size for session in self._sessions)

    def stream(self, take: Callable[[memoryview], None]) -> None:
        """Give all that was recorded to `take`: one changeset after another is a changeset."""
        while self._sessions:
            session = self._sessions.pop(0)
            try:
                session.changeset_stream(take)
            finally:
                session.close()

    def close(self) -> None:
        """Forget what was recorded; twice does no harm."""
        while self._sessions:
            self._sessions.pop().close()


def write_edit(recording: Recording, edit: EditSession, origin: str) -> Change | None:
    """Put what was recorded into the history, within the transaction that it recorded.

    Returns None, and writes nothing, when values were only set to what they were.

    Raises:
        Cancelled: the edit was cancelled.
    """
    connection, label = edit.connection, edit.label
    edit_id = connection.execute(
        "INSERT INTO edit(label, at, author, count, state) VALUES(?, ?, ?, 0, ?) RETURNING id",
        (label, datetime.now(UTC).isoformat(timespec="milliseconds"), author(), DONE),
    ).get
    if _store(connection, edit_id, recording, edit.tell_recorded):
        change = _describe(connection, edit_id, label, edit.count, "edit", origin)
    else:
        connection.execute("DELETE FROM edit_data WHERE edit = ?", (edit_id,))
        connection.execute("DELETE FROM edit WHERE id = ?", (edit_id,))
        return None
    connection.execute(
        "UPDATE edit SET state = ?1 WHERE state = ?2 AND id < ?4 "
        "AND id > ifnull((SELECT max(id) FROM edit WHERE state = ?3 AND id < ?4), 0)",
        (DISCARDED, UNDONE, DONE, edit_id),
    )
    connection.execute("UPDATE edit SET count = ? WHERE id = ?", (change.count, edit_id))
    return change


def undo(connection: apsw.Connection, origin: str, progress: Progress) -> Change | None:
    """Take back the last edit that stands. None when there is none.

    Args:
        progress: told the bytes of the stored changeset that were applied and those in all.

    Raises:
        Conflict: what the edit changed was changed by other means since; nothing is changed.
    """
    row = connection.execute(
        "SELECT id, label, count FROM edit WHERE state = ? ORDER BY id DESC LIMIT 1", (DONE,)
    ).fetchone()
    return _replay(connection, row, "undo", UNDONE, origin, progress) if row else None


def redo(connection: apsw.Connection, origin: str, progress: Progress) -> Change | None:
    """Do again what was undone last. None when there is nothing.

    Raises:
        Conflict: as for `undo`.
    """
    row = connection.execute(
        "SELECT id, label, count FROM edit "
        f"WHERE state = ? AND {AFTER_LAST_DONE} ORDER BY id LIMIT 1",
        (UNDONE,),
    ).fetchone()
    return _replay(connection, row, "redo", DONE, origin, progress) if row else None


def _replay(
    connection: apsw.Connection,
    edit: tuple[int, str, int],
    kind: Kind,
    state: int,
    origin: str,
    progress: Progress,
) -> Change:
    edit_id, label, count = edit
    bulk = count >= BULK_ROWS
    if bulk:
        drop_indexes(connection)
    flags = apsw.SQLITE_CHANGESETAPPLY_INVERT if kind == "undo" else 0
    try:
        stream = changeset_stream(connection, edit_id, progress)
        apsw.Changeset.apply(stream, connection, flags=flags)
    except (apsw.AbortError, apsw.ConstraintError) as error:
        raise Conflict(
            "“{label}” cannot be taken back or done again: what it changed was changed by other "
            "means since. Nothing was changed.",
            label=label,
        ) from error
    if bulk:
        build_indexes(connection)
    connection.execute("UPDATE edit SET state = ? WHERE id = ?", (state, edit_id))
    return _describe(connection, edit_id, label, count, kind, origin)


def _store(
    connection: apsw.Connection, edit_id: int, recording: Recording, progress: Progress
) -> bool:
    """Store what was recorded in parts; returns whether it changes anything."""
    parts = _Parts(connection, edit_id)
    if recording.size > _SMALL_BYTES:
        taken = _compress_beside(recording, parts, progress)
    else:
        changeset = bytearray()
        recording.stream(changeset.extend)
        parts.add(zlib.compress(changeset, level=1))
        taken = len(changeset)
    parts.finish()
    return taken > 0


def _compress_beside(recording: Recording, parts: _Parts, progress: Progress) -> int:
    """Compress beside SQLite's reading of the rows: both let go of the interpreter.

    Returns the bytes of the changeset.
    """
    compressor = zlib.compressobj(level=1)
    pieces: deque[Future[bytes]] = deque()
    most, taken = recording.size, 0

    with ThreadPoolExecutor(1, thread_name_prefix="changeset") as beside:

        def take(data: memoryview) -> None:
            nonlocal taken
            taken += len(data)
            progress(min(taken, most), most)
            pieces.append(beside.submit(compressor.compress, bytes(data)))
            while len(pieces) > _PIECES_WAITING:
                parts.add(pieces.popleft().result())

        recording.stream(take)
        while pieces:
            parts.add(pieces.popleft().result())
    parts.add(compressor.flush())
    return taken


class _Parts:
    """Writes bytes as rows of `edit_data`, each of `PART_BYTES` but the last."""

    def __init__(self, connection: apsw.Connection, edit_id: int) -> None:
        self._connection = connection
        self._edit_id = edit_id
        self._buffer = bytearray()
        self._number = 0

    def add(self, data: bytes) -> None:
        self._buffer.extend(data)
        while len(self._buffer) >= PART_BYTES:
            self._write()

    def finish(self) -> None:
        if self._buffer:
            self._write()

    def _write(self) -> None:
        self._connection.execute(
            "INSERT INTO edit_data(edit, part, data) VALUES(?, ?, ?)",
            (self._edit_id, self._number, bytes(self._buffer[:PART_BYTES])),
        )
        del self._buffer[:PART_BYTES]
        self._number += 1


def changeset_stream(
    connection: apsw.Connection, edit_id: int, progress: Progress = lambda done, total: None
) -> Callable[[int], bytes]:
    """A stream of an edit's changeset, as apsw reads it: called with the bytes wanted at most."""
    chunks = _decompressed(connection, edit_id, progress)
    rest = b""

    def read(most: int) -> bytes:
        nonlocal rest
        while not rest:
            chunk = next(chunks, None)
            if chunk is None:
                return b""
            rest = chunk
        piece, rest = rest[:most], rest[most:]
        return piece

    return read


_INFLATED_AT_ONCE: Final = 1 << 16
"""Bytes."""


def _decompressed(connection: apsw.Connection, edit_id: int, progress: Progress) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    parts: list[tuple[int, int]] = connection.execute(  # type: ignore[assignment]
        "SELECT part, length(data) FROM edit_data WHERE edit = ? ORDER BY part", (edit_id,)
    ).fetchall()
    total, read = sum(size for _, size in parts), 0
    for part, size in parts:
        data = connection.execute(
            "SELECT data FROM edit_data WHERE edit = ? AND part = ?", (edit_id, part)
        ).get
        try:
            # In pieces: what a call does not consume is copied, and a part is 4 MiB.
            for start in range(0, len(data), _INFLATED_AT_ONCE):
                piece = data[start : start + _INFLATED_AT_ONCE]
                while piece:
                    yield inflate.decompress(piece, _INFLATED_AT_ONCE)
                    piece = inflate.unconsumed_tail
                progress(read + start, total)
        except (TypeError, zlib.error) as error:
            raise apsw.CorruptError("a changeset cannot be read") from error
        read += size
        progress(read, total)
    if not inflate.eof:
        raise apsw.CorruptError("a changeset is cut short")


def _describe(
    connection: apsw.Connection,
    edit_id: int,
    label: str,
    count: int | None,
    kind: Kind,
    origin: str,
) -> Change:
    """Read from the changeset what it concerns, unless it is a large one."""
    facts = _Facts(backwards=kind == "undo")
    large = count is not None and count > DETAIL_ROWS
    if not large:
        stream = changeset_stream(connection, edit_id)
        for item in apsw.Changeset.iter(stream):
            facts.note(item)
    touched = len(facts.pks) or int(facts.organizations or facts.settings)
    if not large or count is None:
        count = touched
    large = large or len(facts.pks) > DETAIL_ROWS
    return Change(
        edit_id=edit_id,
        label=label,
        kind=kind,
        pks=None if large else frozenset(facts.pks),
        added=large or facts.added,
        deleted=large or facts.deleted,
        fields=None if large else frozenset(facts.fields),
        organizations=large or facts.organizations,
        settings=large or facts.settings,
        count=count,
        origin=origin,
    )


class _Facts:
    """Gathers from the rows of a changeset which rows and columns it concerns."""

    def __init__(self, *, backwards: bool) -> None:
        self.pks: set[int] = set()
        self.fields: set[str] = set()
        self.added = self.deleted = self.organizations = self.settings = False
        self._backwards = backwards

    def note(self, item: apsw.TableChange) -> None:
        if item.name == "organization":
            self.organizations = True
        elif item.name == "setting":
            self.settings = True
        else:
            self._note_integration(item)

    def _note_integration(self, item: apsw.TableChange) -> None:
        row = item.old if item.old is not None else item.new
        if row is None:
            return
        self.pks.add(int(row[0]))  # type: ignore[arg-type]
        if item.op == "UPDATE" and item.new is not None:
            self.fields.update(
                name
                for name, value in zip(_COLUMNS, item.new, strict=True)
                if value is not apsw.no_change and name in FIELD_BY_NAME
            )
        elif (item.op == "INSERT") != self._backwards:
            self.added = True
        else:
            self.deleted = True


_COLUMNS: Final = (
    "pk",
    "id",
    "name",
    "type",
    "org_id",
    "icon_url",
    "creator",
    "created_at",
    "updated_at",
    "updated_by",
    "client_id",
    "created_instant",
    "updated_instant",
    "metadata",
)
