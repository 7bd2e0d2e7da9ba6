"""The cache file of icons: bytes as they came, validators, facts and small thumbnails.

It lives in the user's cache folder, apart from every catalogue. Whatever goes wrong with it is
logged and costs speed, nothing else: a damaged, foreign or locked file is set aside and made anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from db.errors import Problem
from gui.icon_cache_file import DEFAULT_LIMIT, CacheFile, Change
from gui.icon_facts import IconFacts, IconState, Picture, Size
from gui.icon_wire import picture_data, picture_from, problem_data, problem_from


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


class IconCache:
    """The cache file at `path`, used from one thread. No method raises on account of the file.

    Args:
        limit: bytes that the file may have; over it, the least recently used entries go.
    """

    def __init__(self, path: Path, limit: int = DEFAULT_LIMIT) -> None:
        self._file = CacheFile(path, limit)
        self._used: dict[str, float] = {}
        self._changes: list[Change] = []
        self._unwritten: set[str] = set()

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
            pixels = {
                (size, ratio): data
                for size, ratio, data in found
                if (size, ratio) in wanted and isinstance(data, bytes)
            }
            return _entry(row[1], row[2], row[3]), pixels

        if key in self._unwritten:
            self.flush()
        found = self._file.read(look)
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
        return self._file.read(look)

    def put(self, key: str, entry: Entry, body: bytes | None) -> None:
        """Keep an entry instead of the one before; written by the next `flush`."""
        facts = _facts(entry)

        def change(connection: apsw.Connection) -> None:
            connection.execute("DELETE FROM icon WHERE key = ?", (key,))
            connection.execute(
                "INSERT INTO icon(key, fetched, fresh_until, used, facts) VALUES (?, ?, ?, ?, ?)",
                (key, entry.fetched, entry.fresh_until, time.time(), facts),
            )
            if body is not None:
                icon_id = connection.last_insert_rowid()
                connection.execute("INSERT INTO body VALUES (?, ?)", (icon_id, body))

        self._unwritten.add(key)
        self._changes.append(change)

    def put_thumbnails(self, key: str, thumbnails: Sequence[tuple[Size, bytes]]) -> None:
        """Keep thumbnails with an entry that was put before; written by the next `flush`."""

        def change(connection: apsw.Connection) -> None:
            icon_id = connection.execute("SELECT id FROM icon WHERE key = ?", (key,)).get
            if icon_id is None:
                return
            rows = ((icon_id, *size, pixels) for size, pixels in thumbnails)
            connection.executemany("REPLACE INTO thumbnail VALUES (?, ?, ?, ?)", rows)

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

    def flush(self) -> bool:
        """Write what was put, in one transaction, and drop old entries for `EVICTION_SECONDS`.

        Returns:
            whether the file is still over its limit: `flush` again soon.
        """
        self._file.reopen_if_gone()
        changes, self._changes = self._changes, []
        self._unwritten.clear()
        used, self._used = self._used, {}

        def write(connection: apsw.Connection) -> None:
            for change in changes:
                change(connection)
            connection.executemany(
                "UPDATE icon SET used = ? WHERE key = ?",
                ((moment, key) for key, moment in used.items()),
            )

        if changes or used:
            self._file.write(write)
        return self._file.evict()

    def set_limit(self, limit: int) -> None:
        """Let the file have that many bytes; the next calls of `flush` make it as small."""
        self._file.set_limit(limit)

    def empty(self) -> None:
        """Forget everything, with what was put and not yet written; the file is made anew."""
        self._changes.clear()
        self._unwritten.clear()
        self._used.clear()
        self._file.remove()

    def size(self) -> int:
        """Bytes that the cache takes on disk."""
        return self._file.size()

    def close(self) -> None:
        self.flush()
        self._file.close()


def _facts(entry: Entry) -> str:
    return json.dumps(
        {
            "final_url": entry.final_url,
            "status": entry.status,
            "content_type": entry.content_type,
            "etag": entry.etag,
            "last_modified": entry.last_modified,
            "size_bytes": entry.size_bytes,
            "picture": picture_data(entry.picture),
            "problem": problem_data(entry.problem),
        }
    )


def _entry(fetched: float, fresh_until: float, facts: str) -> Entry:
    values = json.loads(facts)
    picture, problem = picture_from(values.pop("picture")), problem_from(values.pop("problem"))
    return Entry(fetched, fresh_until, **values, picture=picture, problem=problem)
