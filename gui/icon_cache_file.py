"""The file that icons are cached in: opened, set aside when it is no good, and kept small."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import apsw

log = logging.getLogger(__name__)
T = TypeVar("T")
Change = Callable[[apsw.Connection], None]

DEFAULT_LIMIT: Final = 500_000_000
"""Bytes that the file may have unless the user says otherwise."""
EVICTION_SECONDS: Final = 0.05
"""How long one `flush` drops old entries; what is left is dropped by the next ones."""
_KEPT_AFTER_EVICTION: Final = 0.9
_EVICTED_AT_ONCE: Final = 32
_PAGES_AT_ONCE: Final = 256
_HARD_LIMIT: Final = 1.25
"""The file never has more than this times its limit, not even between two evictions."""
_WAL_BYTES: Final = 4_000_000
_APPLICATION_ID: Final = 0x49634361  # "IcCa"
_VERSION: Final = 2
_SCHEMA: Final = """
CREATE TABLE icon(
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    fetched REAL NOT NULL,
    fresh_until REAL NOT NULL,
    used REAL NOT NULL,
    facts TEXT NOT NULL
);
CREATE INDEX icon_used ON icon(used);
CREATE TABLE body(icon_id INTEGER PRIMARY KEY REFERENCES icon(id) ON DELETE CASCADE, data BLOB);
CREATE TABLE thumbnail(
    icon_id INTEGER NOT NULL REFERENCES icon(id) ON DELETE CASCADE,
    size INTEGER NOT NULL,
    ratio REAL NOT NULL,
    pixels BLOB NOT NULL,
    PRIMARY KEY (icon_id, size, ratio)
) WITHOUT ROWID;
"""


class CacheFile:
    """One connection to the file at `path`. Nothing raises on account of the file: it is logged.

    Args:
        limit: bytes that the file may have.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._connection: apsw.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._has_warned = False
        self._open()

    def read(self, look: Callable[[apsw.Connection], T]) -> T | None:
        """What `look` finds; None when the file cannot be read, or holds nonsense."""
        if self._connection is None:
            return None
        try:
            return look(self._connection)
        except (apsw.Error, ValueError, TypeError, KeyError) as error:
            self._failed(error)
            return None

    def write(self, change: Change) -> bool:
        """Change the file in one transaction; False when it cannot be.

        When there is no room for it, on the disk or below the limit, older entries make room.
        """
        if self._connection is None:
            return False
        try:
            try:
                _transact(self._connection, change)
            except apsw.FullError:
                self._make_room(self._connection)
                _transact(self._connection, change)
        except apsw.Error as error:
            self._failed(error)
            return False
        self._has_warned = False
        return True

    def evict(self) -> bool:
        """Drop least recently used entries, and give their pages back, while there is time.

        Returns:
            whether the file is still over its limit.
        """
        until = time.monotonic() + EVICTION_SECONDS
        if self._bytes()[0] <= self._limit:
            return False
        while self._bytes()[1] > self._limit * _KEPT_AFTER_EVICTION:
            if not self.write(_drop_oldest):
                return False
            if time.monotonic() > until:
                return True
        while self._bytes()[0] > self._limit:
            if not self.read(_shrink):
                return False
            if time.monotonic() > until:
                return True
        return False

    def set_limit(self, limit: int) -> None:
        """Let the file have that many bytes; `evict` makes it as small."""
        self._limit = limit
        self.read(lambda connection: _limit_pages(connection, limit))

    def reopen_if_gone(self) -> None:
        """Open the file anew when somebody deleted it: what is written would never be found."""
        if self._connection is not None and _identity(self._path) != self._identity:
            self.close()
            self._open()

    def remove(self) -> None:
        """Delete the file, and begin a new one."""
        self.close()
        try:
            for path in self._paths():
                path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("The icon cache %s cannot be emptied: %s", self._path, error)
        self._open()

    def size(self) -> int:
        """Bytes on disk."""
        return sum(_size(path) for path in self._paths())

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except apsw.Error as error:
                log.info("The icon cache was not closed in order: %s", error)

    def _paths(self) -> list[Path]:
        return [self._path.with_name(self._path.name + end) for end in ("", "-wal", "-shm")]

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connect()
            except _UNUSABLE as error:
                self._set_aside(error)
                self._connect()
        except (apsw.Error, OSError, _Foreign, _Older) as error:
            self._warn("Icons are not cached: %s cannot be used: %s", self._path, error)
            self.close()

    def _connect(self) -> None:
        self._connection = _connect(self._path, self._limit)
        self._identity = _identity(self._path)

    def _set_aside(self, error: Exception) -> None:
        self.close()
        if isinstance(error, _Older):
            log.info("The icon cache %s is of an older version and is made anew.", self._path)
            self._path.unlink()
        else:
            log.warning("The icon cache %s is set aside and made anew: %s", self._path, error)
            self._path.replace(_name_aside(self._path, error))
        for path in self._paths()[1:]:
            path.unlink(missing_ok=True)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, _PASSING):
            self._warn("The icon cache %s cannot be used just now: %s", self._path, error)
            return
        try:
            self._set_aside(error)
        except (apsw.Error, OSError) as worse:
            self._warn("The icon cache %s cannot be set aside: %s", self._path, worse)
            return
        self._open()

    def _warn(self, message: str, *values: object) -> None:
        """Once, until something can be written again: it may be tried four times a second."""
        if not self._has_warned:
            log.warning(message, *values)
        self._has_warned = True

    def _make_room(self, connection: apsw.Connection) -> None:
        until = time.monotonic() + EVICTION_SECONDS
        target = self._bytes()[1] // 2
        while self._bytes()[1] > target and time.monotonic() < until:
            _transact(connection, _drop_oldest)

    def _bytes(self) -> tuple[int, int]:
        """Bytes of the file, and those of them that hold something."""
        return self.read(_count_bytes) or (0, 0)


class _Foreign(Exception):
    """The file is a database, but not of this program, or of a newer version of it."""


class _Older(Exception):
    """The file is a cache of an older version of this program."""


_UNUSABLE: Final = (apsw.NotADBError, apsw.CorruptError, apsw.BusyError, _Foreign, _Older)
_PASSING: Final = (apsw.BusyError, apsw.FullError, apsw.ReadOnlyError, apsw.IOError)


def _connect(path: Path, limit: int) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(1000)
        if connection.execute("SELECT count(*) FROM sqlite_schema").get == 0:
            connection.pragma("auto_vacuum", "INCREMENTAL")
            connection.pragma("application_id", _APPLICATION_ID)
            connection.pragma("journal_mode", "WAL")
            with connection:
                connection.execute(_SCHEMA)
                connection.pragma("user_version", _VERSION)
        else:
            _check(connection)
        connection.pragma("synchronous", "NORMAL")
        connection.pragma("foreign_keys", 1)
        connection.pragma("journal_size_limit", _WAL_BYTES)
        _limit_pages(connection, limit)
    except (apsw.Error, _Foreign, _Older):
        connection.close()
        raise
    return connection


def _check(connection: apsw.Connection) -> None:
    version = int(connection.pragma("user_version"))
    if connection.pragma("application_id") != _APPLICATION_ID:
        raise _Foreign("it is another program's database")
    if version > _VERSION:
        raise _Foreign(f"it is of a newer version ({version})")
    if version < _VERSION:
        raise _Older


def _limit_pages(connection: apsw.Connection, limit: int) -> None:
    most = round(limit * _HARD_LIMIT) // int(connection.pragma("page_size"))
    connection.pragma("max_page_count", most)


def _transact(connection: apsw.Connection, change: Change) -> None:
    # Not `with connection`: SQLite ends the transaction itself when the disk is full, and then
    # there is no savepoint to go back to.
    connection.execute("BEGIN IMMEDIATE")
    try:
        change(connection)
        connection.execute("COMMIT")
    except apsw.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _count_bytes(connection: apsw.Connection) -> tuple[int, int]:
    size, count, free = (
        int(connection.pragma(name)) for name in ("page_size", "page_count", "freelist_count")
    )
    return size * count, size * (count - free)


def _drop_oldest(connection: apsw.Connection) -> None:
    connection.execute(
        "DELETE FROM icon WHERE id IN (SELECT id FROM icon ORDER BY used, id LIMIT ?)",
        (_EVICTED_AT_ONCE,),
    )


def _shrink(connection: apsw.Connection) -> bool:
    connection.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
    return True


def _name_aside(path: Path, error: Exception) -> Path:
    """What is not ours is never written over; of a damaged cache the last one is kept."""
    if not isinstance(error, _Foreign):
        return path.with_name(path.name + ".damaged")
    names = (path.with_name(f"{path.name}.foreign{end}") for end in ("", *range(2, 10_000)))
    return next(name for name in names if not name.exists())


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
