"""The tables of a catalogue file, and the steps that bring an older file up to date."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Final

import apsw

from db.errors import CannotOpen, Damaged, NotACatalog, TooNew

APPLICATION_ID: Final = 0x49436F6E
"""SQLite's application_id of a catalogue: "ICon" in ASCII."""

RECORDED_TABLES: Final = ("organization", "integration", "setting")
"""The tables whose changes are edits: recorded, and undone."""

BASE_URL: Final = "base_url"
"""The key of the setting that completes relative icon URLs."""

Progress = Callable[[int, int], None]
"""Told how much is done and how much there is in all, in the same unit."""

INTEGRATION_INDEXES: Final = {
    "integration_name": "CREATE INDEX integration_name ON integration(name COLLATE NOCASE)",
    "integration_type": "CREATE INDEX integration_type ON integration(type COLLATE NOCASE)",
    "integration_org_id": "CREATE INDEX integration_org_id ON integration(org_id)",
    "integration_icon_url": "CREATE INDEX integration_icon_url ON integration(icon_url)",
    "integration_created": "CREATE INDEX integration_created ON integration(created_instant)",
    "integration_updated": "CREATE INDEX integration_updated ON integration(updated_instant)",
}

_VERSION_1 = """
CREATE TABLE organization(
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    base_url TEXT
);
CREATE TABLE integration(
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    type TEXT,
    org_id TEXT REFERENCES organization(id) DEFERRABLE INITIALLY DEFERRED,
    icon_url TEXT,
    creator TEXT,
    created_at,
    updated_at,
    updated_by TEXT,
    client_id TEXT,
    created_instant INTEGER,
    updated_instant INTEGER,
    metadata TEXT
);
CREATE TABLE setting(
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT
);
CREATE TABLE edit(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    at TEXT NOT NULL,
    author TEXT NOT NULL,
    count INTEGER NOT NULL,
    state INTEGER NOT NULL
);
CREATE TABLE edit_data(
    edit INTEGER NOT NULL REFERENCES edit(id),
    part INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY(edit, part)
);
"""


def _create(connection: apsw.Connection) -> None:
    connection.execute(_VERSION_1)
    for statement in INTEGRATION_INDEXES.values():
        connection.execute(statement)


Step = Callable[[apsw.Connection], None]

STEPS: tuple[Step, ...] = (_create,)
"""Step n brings a file of version n to version n + 1; a new file starts at version 0."""


def version_of(connection: apsw.Connection, path: Path) -> int:
    """The schema version of an opened file; 0 for an empty one.

    Raises:
        NotACatalog: the file belongs to another program.
        TooNew: a newer version of this program wrote it.
    """
    # The tables first: another program that is just making the file commits all of it at once.
    empty = not connection.execute("SELECT count(*) FROM sqlite_schema").get
    application = connection.pragma("application_id")
    version = int(connection.pragma("user_version"))
    if application == 0 and version == 0 and empty:
        if path.stat().st_size and not connection.pragma("page_count"):
            raise apsw.NotADBError("a file that is too short to be a database")
        return 0
    if application != APPLICATION_ID or version < 1:
        raise NotACatalog(
            "{path} is a database of another program, not a catalogue of Integration Icons. "
            "Choose another file.",
            path=path,
        )
    if version > len(STEPS):
        raise TooNew(
            "{path} was written by a newer version of Integration Icons (file version {found}, "
            "this program knows {known}). Update the program to open it.",
            path=path,
            found=version,
            known=len(STEPS),
        )
    return version


def check(connection: apsw.Connection, path: Path) -> None:
    """Look whether an opened file has the tables of today's version, and nothing in their place.

    Raises:
        NotACatalog, TooNew: as `version_of`.
        CannotOpen: the file is empty or of an older version, and was opened read-only.
        Damaged: the tables are others than this program makes.
    """
    if version_of(connection, path) < len(STEPS):
        raise CannotOpen(
            "{path} has to be brought up to date before it can be shown, and it cannot be "
            "written. Copy it to a folder of your own and open the copy.",
            path=path,
        )
    if _columns(connection) != _columns_made_by(STEPS):
        raise Damaged(
            "{path} is damaged, or another program has altered its tables. Restore it from a copy.",
            path=path,
        )
    for table in _TABLES:
        # To compile a write tells whether foreign checks or indexes call what they may not.
        connection.execute(f"EXPLAIN INSERT OR REPLACE INTO {table} DEFAULT VALUES").fetchall()


_TABLES: Final = ("organization", "integration", "setting", "edit", "edit_data")


def _columns(connection: apsw.Connection) -> list[object]:
    """The columns of every table; none for a view or a virtual table, whose code would run."""
    plain = {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
        )
    }
    return [
        connection.execute(f"PRAGMA main.table_xinfo({table})").fetchall()
        for table in _TABLES
        if table in plain
    ]


@lru_cache(maxsize=1)
def _columns_made_by(steps: tuple[Step, ...]) -> list[object]:
    connection = apsw.Connection(":memory:")
    try:
        for step in steps:
            step(connection)
        return _columns(connection)
    finally:
        connection.close()


def upgrade(connection: apsw.Connection, path: Path) -> Path | None:
    """Bring the file to the newest version in one exclusive transaction.

    Returns:
        the copy that was made beside the file before an older one was changed, or None.
    """
    version = version_of(connection, path)
    if version == len(STEPS):
        return None
    copy = _copy_before_upgrade(connection, path, version) if version else None
    # A step may rebuild a table that others refer to.
    connection.pragma("foreign_keys", False)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        for step in STEPS[version_of(connection, path) :]:
            step(connection)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", len(STEPS))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.pragma("foreign_keys", True)
    return copy


def _copy_before_upgrade(connection: apsw.Connection, path: Path, version: int) -> Path:
    for number in count(1):
        mark = f"version-{version}" if number == 1 else f"version-{version}-{number}"
        copy = path.with_name(f"{path.stem}.{mark}{path.suffix}")
        if not copy.exists():
            break
    copy_database(connection, copy)
    return copy


def copy_database(
    connection: apsw.Connection, target: Path, progress: Progress = lambda done, total: None
) -> None:
    """Copy the open database to `target` with SQLite's backup API; `target` appears whole.

    Args:
        progress: told the pages copied and those in all; what it raises breaks the copy off.

    The copy is of one moment, whatever others write meanwhile: of that at which a transaction of
    `connection` began to read, if there is one. A log that an earlier file left
    beside `target` is removed: SQLite would replay it into the copy.
    """
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        _back_up(connection, partial, progress)
        for suffix in ("-wal", "-shm", "-journal"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _back_up(connection: apsw.Connection, target: Path, progress: Progress) -> None:
    copy = apsw.Connection(
        target.resolve().as_uri(),
        flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI,
    )
    has_snapshot = connection.in_transaction
    if not has_snapshot:
        connection.execute("BEGIN")
    try:
        # The first read begins the transaction. Without one, the backup would start anew after
        # every commit of another connection.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        with copy.backup("main", connection, "main") as backup:
            while not backup.done:
                backup.step(_BACKUP_PAGES)
                progress(backup.page_count - backup.remaining, backup.page_count)
        copy.pragma("journal_mode", "DELETE")
    finally:
        if not has_snapshot:
            connection.execute("ROLLBACK")
        copy.close()


_BACKUP_PAGES: Final = 1000


def drop_indexes(connection: apsw.Connection) -> None:
    """Drop the integration indexes: a bulk write builds them anew afterwards, 4 times faster."""
    for name in INTEGRATION_INDEXES:
        connection.execute(f"DROP INDEX IF EXISTS {name}")


def build_indexes(connection: apsw.Connection) -> None:
    """Build the integration indexes that are missing."""
    for statement in INTEGRATION_INDEXES.values():
        connection.execute(statement.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS"))
