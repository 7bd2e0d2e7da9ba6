"""Which addresses have the same picture, as far as the icon cache knows it."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import apsw

from db.connection import restrict, uri
from db.duplicates import Hash

_BUSY_MILLISECONDS = 2_000
_SQL = "SELECT icon.key, body.data FROM body JOIN icon ON icon.id = body.icon_id"


def picture_hashes(cache: Path) -> list[Hash]:
    """A hash of every picture in the cache file, by its address; nothing without a file.

    Blocks while it reads: for a thread in the background. Long addresses are filed under a digest
    and match no integration.
    """
    if not cache.is_file():
        return []
    try:
        connection = apsw.Connection(
            uri(cache, "mode=ro"), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
        try:
            restrict(connection)
            connection.set_busy_timeout(_BUSY_MILLISECONDS)
            return [
                (str(key), blake2b(data, digest_size=16).digest())
                for key, data in connection.execute(_SQL)
                if isinstance(data, bytes)
            ]
        finally:
            connection.close()
    except apsw.Error:
        return []  # a cache: what cannot be read is as good as not there
