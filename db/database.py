"""The writing connection as peewee sees it; what only reads does without peewee."""

from __future__ import annotations

from pathlib import Path

import apsw
from playhouse.apsw_ext import APSWDatabase

from db import connection as connections
from db.connection import journal_mode_for, restrict, set_journal_mode, uri


class CatalogDatabase(APSWDatabase):  # type: ignore[misc]
    """peewee's view of one catalogue file: a connection per thread that connects.

    The thread that writes connects with `CatalogDatabase.connect`; readers get bare, query-only
    connections from `db.connection.open_reader`.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            uri(path, "mode=rw"),
            timeout=connections.WRITER_BUSY_SECONDS,
            lock_type="IMMEDIATE",
            flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI,
        )
        self.path = path

    def _add_conn_hooks(self, conn: apsw.Connection) -> None:
        super()._add_conn_hooks(conn)
        restrict(conn)
        found = set_journal_mode(conn, journal_mode_for(self.path))
        conn.pragma("synchronous", "FULL" if found == "wal" else "EXTRA")
        conn.pragma("foreign_keys", True)
        conn.pragma("threads", 2)
