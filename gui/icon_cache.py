"""The cache file of icons: bytes as they came, validators, facts and small thumbnails.

It lives in the user's cache folder, apart from every catalogue. Whatever goes wrong with it is
logged and costs speed, nothing else: a damaged or foreign file is set aside and made anew.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeVar

import apsw

from db.errors import Problem
from gui.icon_facts import IconFacts, IconState, Picture, Size

log = logging.getLogger(__name__)
T = TypeVar("T")

MAX_BYTES: Final = 500 * 1024 * 1024
_KEPT_AFTER_EVICTION: Final = 0.9
_APPLICATION_ID: Final = 0x49634361  # "IcCa"
_VERSION: Final = 1
_LONG_URL: Final = 1024
_SCHEMA: Final = """
CREATE TABLE icon(
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    fetched REAL NOT NULL,
    fresh_until REAL NOT NULL,
    used REAL NOT NULL,
    stored INTEGER NOT NULL,
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


@dataclass(frozen=True, slots=True)
class Entry:
    """What the cache keeps of one address. Times are in seconds since the epoch.

    `problem` is set, and there are neither picture nor thumbnails, when the host or the picture
    itself is at fault; such entries are fresh for a short time only.
    """

    fetched: float
    fresh_until: float
    final_url: str = ""
    status: int | None = None
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    size_bytes: int | None = None
    picture: Picture | None = None
    problem: Problem | None = None

    @property
    def is_fresh(self) -> bool:
        return time.time() < self.fresh_until

    def told(self, url: str, state: IconState, reason: Problem | None) -> IconFacts:
        """The entry as the views are told of it."""
        return IconFacts(
            url,
            state,
            reason,
            picture=self.picture,
            size_bytes=self.size_bytes,
            final_url=self.final_url,
            status=self.status,
            content_type=self.content_type,
            fetched=self.fetched,
        )


def cache_key(url: str) -> str:
    """What an address is filed under: itself, or a digest of a long one (data: URIs)."""
    if len(url) <= _LONG_URL:
        return url
    return "digest:" + blake2b(url.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


class IconCache:
    """The cache file at `path`, used from one thread. No method raises on account of the file."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._used: dict[str, float] = {}
        self._changes: list[Callable[[apsw.Connection], None]] = []
        self._unwritten: set[str] = set()
        self._connection: apsw.Connection | None = None
        self._stored = 0
        self._open()

    def find(self, key: str, sizes: Iterable[Size]) -> tuple[Entry, dict[Size, bytes]] | None:
        """The entry of `key` and those thumbnails of `sizes` that are there."""

        def look(connection: apsw.Connection) -> tuple[Entry, dict[Size, bytes]] | None:
            row = connection.execute(
                "SELECT id, fetched, fresh_until, facts FROM icon WHERE key = ?", (key,)
            ).fetchone()
            if row is None:
                return None
            wanted = set(sizes)
            found = connection.execute(
                "SELECT size, ratio, pixels FROM thumbnail WHERE icon_id = ?", (row[0],)
            )
            pixels = {(size, ratio): data for size, ratio, data in found if (size, ratio) in wanted}
            return _entry(row[1], row[2], row[3]), pixels

        if key in self._unwritten:
            self.flush()
        found = self._read(look)
        if found is not None:
            self._used[key] = time.time()
        return found

    def body(self, key: str) -> bytes | None:
        """The bytes that were fetched, if they are kept."""

        def look(connection: apsw.Connection) -> bytes | None:
            sql = "SELECT data FROM body JOIN icon ON id = icon_id WHERE key = ?"
            data = connection.execute(sql, (key,)).get
            return data if isinstance(data, bytes) else None

        if key in self._unwritten:
            self.flush()
        return self._read(look)

    def put(self, key: str, entry: Entry, body: bytes | None) -> None:
        """Keep an entry instead of the one before; written by the next `flush`."""
        facts = _facts(entry)
        size = len(facts) + len(body or b"")

        def change(connection: apsw.Connection) -> None:
            connection.execute("DELETE FROM icon WHERE key = ?", (key,))
            values = (key, entry.fetched, entry.fresh_until, time.time(), size, facts)
            connection.execute(
                "INSERT INTO icon(key, fetched, fresh_until, used, stored, facts) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
            if body is not None:
                icon_id = connection.last_insert_rowid()
                connection.execute("INSERT INTO body VALUES (?, ?)", (icon_id, body))

        self._stored += size
        self._unwritten.add(key)
        self._changes.append(change)

    def put_thumbnails(self, key: str, thumbnails: Sequence[tuple[Size, bytes]]) -> None:
        """Keep thumbnails with an entry that was put before; written by the next `flush`."""
        size = sum(len(pixels) for _, pixels in thumbnails)

        def change(connection: apsw.Connection) -> None:
            icon_id = connection.execute("SELECT id FROM icon WHERE key = ?", (key,)).get
            if icon_id is None:
                return
            rows = ((icon_id, *size, pixels) for size, pixels in thumbnails)
            connection.executemany("REPLACE INTO thumbnail VALUES (?, ?, ?, ?)", rows)
            connection.execute("UPDATE icon SET stored = stored + ? WHERE id = ?", (size, icon_id))

        self._stored += size
        self._unwritten.add(key)
        self._changes.append(change)

    def refresh(self, key: str, fetched: float, fresh_until: float) -> None:
        """Note that the host says the entry still holds."""

        def change(connection: apsw.Connection) -> None:
            connection.execute(
                "UPDATE icon SET fetched = ?, fresh_until = ? WHERE key = ?",
                (fetched, fresh_until, key),
            )

        self._changes.append(change)

    def forget(self, key: str) -> None:
        """Take one entry out; written at once."""
        self._changes.append(
            lambda connection: _run(connection, "DELETE FROM icon WHERE key = ?", (key,))
        )
        self.flush()

    def flush(self) -> None:
        """Write what was put, in one transaction, and drop the least recently used over the cap."""
        changes, self._changes = self._changes, []
        self._unwritten.clear()
        used, self._used = self._used, {}
        if not changes and not used:
            return

        def write(connection: apsw.Connection) -> None:
            for change in changes:
                change(connection)
            connection.executemany(
                "UPDATE icon SET used = ? WHERE key = ?",
                ((moment, key) for key, moment in used.items()),
            )

        self._write(write)
        if self._stored > self._max_bytes:
            self._write(self._evict)

    def close(self) -> None:
        self.flush()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _evict(self, connection: apsw.Connection) -> None:
        """Count anew, and drop the least recently used entries that are over the cap."""
        self._stored = _total(connection)
        keep = int(self._max_bytes * _KEPT_AFTER_EVICTION)
        if self._stored <= self._max_bytes:
            return
        connection.execute(
            "DELETE FROM icon WHERE id IN (SELECT id FROM (SELECT id, "
            "sum(stored) OVER (ORDER BY used DESC, id DESC) AS total FROM icon) WHERE total > ?)",
            (keep,),
        )
        self._stored = _total(connection)

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connect()
            except (apsw.NotADBError, apsw.CorruptError, _Foreign) as error:
                self._set_aside(error)
                self._connect()
        except (apsw.Error, OSError) as error:
            log.warning("Icons are not cached: %s cannot be used: %s", self._path, error)
            self._connection = None

    def _connect(self) -> None:
        self._connection = _connect(self._path)
        self._stored = _total(self._connection)

    def _set_aside(self, error: Exception) -> None:
        log.warning("The icon cache %s is damaged and is made anew: %s", self._path, error)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._path.replace(self._path.with_name(self._path.name + ".damaged"))
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _read(self, look: Callable[[apsw.Connection], T]) -> T | None:
        if self._connection is None:
            return None
        try:
            return look(self._connection)
        except (apsw.Error, ValueError, TypeError, KeyError) as error:
            self._failed(error)
            return None

    def _write(self, change: Callable[[apsw.Connection], None]) -> None:
        if self._connection is None:
            return
        try:
            with self._connection:
                change(self._connection)
        except apsw.Error as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, apsw.BusyError | apsw.FullError | apsw.ReadOnlyError | apsw.IOError):
            log.warning("The icon cache cannot be used just now: %s", error)
            return
        try:
            self._set_aside(error)
        except (apsw.Error, OSError) as worse:
            log.warning("The icon cache cannot be set aside: %s", worse)
            self._connection = None
            return
        self._open()


class _Foreign(Exception):
    """The file is a database, but not of this program, or of another version of it."""


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(1000)
        version = connection.pragma("user_version")
        if connection.execute("SELECT count(*) FROM sqlite_schema").get == 0:
            connection.pragma("auto_vacuum", "FULL")
            connection.pragma("application_id", _APPLICATION_ID)
            connection.pragma("journal_mode", "WAL")
            with connection:
                connection.execute(_SCHEMA)
                connection.pragma("user_version", _VERSION)
        elif connection.pragma("application_id") != _APPLICATION_ID or version != _VERSION:
            raise _Foreign(f"version {version}")
        connection.pragma("synchronous", "NORMAL")
        connection.pragma("foreign_keys", 1)
    except (apsw.Error, _Foreign):
        connection.close()
        raise
    return connection


def _run(connection: apsw.Connection, sql: str, bindings: tuple[str, ...]) -> None:
    connection.execute(sql, bindings)


def _total(connection: apsw.Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(stored), 0) FROM icon").get)


def _facts(entry: Entry) -> str:
    picture = entry.picture
    problem = entry.problem
    return json.dumps(
        {
            "final_url": entry.final_url,
            "status": entry.status,
            "content_type": entry.content_type,
            "etag": entry.etag,
            "last_modified": entry.last_modified,
            "size_bytes": entry.size_bytes,
            "picture": picture and astuple(picture),
            "problem": problem and (problem.template, problem.values),
        }
    )


def _entry(fetched: float, fresh_until: float, facts: str) -> Entry:
    values = json.loads(facts)
    picture, problem = values.pop("picture"), values.pop("problem")
    return Entry(
        fetched,
        fresh_until,
        **values,
        picture=None if picture is None else Picture(*picture),
        problem=None if problem is None else Problem(problem[0], **problem[1]),
    )
