"""Connections to a catalogue file: how they are opened, and what they may do."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import apsw
from playhouse.apsw_ext import APSWDatabase

from db.errors import CannotOpen

WRITER_BUSY_SECONDS: Final = 10
"""How long a write waits for another program's write before it says "locked"."""
READER_BUSY_SECONDS: Final = 5

_NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "fuse.rclone", "davfs"}
)


class CatalogDatabase(APSWDatabase):  # type: ignore[misc]
    """peewee's view of one catalogue file: a connection per thread that connects.

    The thread that writes connects with `CatalogDatabase.connect`; readers get bare, query-only
    connections from `open_reader`.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), timeout=WRITER_BUSY_SECONDS, lock_type="IMMEDIATE")
        self.path = path

    def _add_conn_hooks(self, conn: apsw.Connection) -> None:
        super()._add_conn_hooks(conn)
        restrict(conn)
        if is_on_network(self.path):
            conn.pragma("journal_mode", "DELETE")
            conn.pragma("synchronous", "EXTRA")
        else:
            conn.pragma("journal_mode", "WAL")
            conn.pragma("synchronous", "FULL")
        conn.pragma("foreign_keys", True)
        conn.pragma("threads", 2)


def restrict(connection: apsw.Connection) -> None:
    """Keep the file's own code (triggers, views, functions in its schema) from running."""
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)


def open_reader(path: Path, busy_milliseconds: int) -> apsw.Connection:
    """A connection that can only read; it may be used from any one thread at a time."""
    connection = apsw.Connection(_uri(path, "mode=ro"), flags=_READ_FLAGS)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        connection.close()
        connection = _open_immutable(path)
    connection.set_busy_timeout(busy_milliseconds)
    restrict(connection)
    connection.pragma("query_only", True)
    connection.pragma("threads", 2)
    return connection


_READ_FLAGS: Final = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


def _open_immutable(path: Path) -> apsw.Connection:
    """Open a file in a folder where SQLite cannot put its shared-memory file beside it."""
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise CannotOpen(
            "{path} has changes waiting in {log}, and its folder cannot be written. "
            "Copy both files to a folder of your own and open the copy.",
            path=path,
            log=log,
        )
    return apsw.Connection(_uri(path, "mode=ro&immutable=1"), flags=_READ_FLAGS)


def _uri(path: Path, query: str) -> str:
    return f"{path.resolve().as_uri()}?{query}"


def is_marked_read_only(path: Path) -> bool:
    """Whether nobody has write permission for the file, the administrator apart."""
    return not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def is_on_network(path: Path) -> bool:
    """Whether the file lies on a network file system, where WAL cannot be used.

    Source: https://www.sqlite.org/wal.html, "WAL does not work over a network filesystem".
    """
    mounts = Path("/proc/self/mounts")
    folder = path.resolve().parent
    if str(folder).startswith("\\\\"):
        return True
    if not mounts.exists():
        return False
    best: tuple[int, str] = (-1, "")
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        mount = Path(point.encode().decode("unicode_escape"))
        if folder.is_relative_to(mount):
            best = max(best, (len(mount.parts), kind))
    return best[1] in _NETWORK_FILE_SYSTEMS
