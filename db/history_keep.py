"""How much history is kept, and how large the file is. Nothing is forgotten unasked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import apsw

from db.edits import UNDONE

MEGABYTE: Final = 1024 * 1024
"""In bytes, as sizes are shown."""


class Retention(NamedTuple):
    """What to keep of the history; None is for ever, and as much as there is."""

    days: int | None = None
    megabytes: int | None = None


class Usage(NamedTuple):
    """How large a catalogue's file is, in bytes, and its history.

    Attributes:
        free: of the file, what holds nothing any more.
        history: of the file, the changesets as they are stored.
        last_old: the newest edit that a `Retention` lets go; 0 for none.
        old, old_bytes: how many these are, and how much of `history` is theirs.
    """

    file: int
    free: int
    edits: int
    history: int
    last_old: int = 0
    old: int = 0
    old_bytes: int = 0


class Compacted(NamedTuple):
    """What compacting did: how many edits were forgotten, and the sizes before and after."""

    forgotten: int
    before: Usage
    after: Usage


def usage(connection: apsw.Connection, keep: Retention = Retention()) -> Usage:  # noqa: B008
    """Measure the file, and what of its history is older than is to be kept."""
    page_size = int(connection.pragma("page_size"))
    history = "SELECT ifnull(sum(length(data)), 0) FROM edit_data WHERE edit <= ?"
    everything = 2**63 - 1
    last_old = _last_old(connection, keep)
    return Usage(
        file=int(connection.pragma("page_count")) * page_size,
        free=int(connection.pragma("freelist_count")) * page_size,
        edits=connection.execute("SELECT count(*) FROM edit").get,
        history=connection.execute(history, (everything,)).get,
        last_old=last_old,
        old=connection.execute("SELECT count(*) FROM edit WHERE id <= ?", (last_old,)).get,
        old_bytes=connection.execute(history, (last_old,)).get,
    )


def _last_old(connection: apsw.Connection, keep: Retention) -> int:
    """The newest edit to let go: those before it go too, since undo goes backwards one by one.

    What can be redone stays, and so does the newest edit.
    """
    last = 0
    if keep.days is not None:
        until = (datetime.now(UTC) - timedelta(days=keep.days)).isoformat(timespec="milliseconds")
        last = connection.execute("SELECT ifnull(max(id), 0) FROM edit WHERE at < ?", (until,)).get
    if keep.megabytes is not None:
        last = max(last, _last_beyond(connection, keep.megabytes * MEGABYTE))
    newest = connection.execute(
        "SELECT ifnull(min(iif(state = ?, id, NULL)), max(id)) FROM edit", (UNDONE,)
    ).get
    return min(last, (newest or 1) - 1)


def _last_beyond(connection: apsw.Connection, most: int) -> int:
    rows = connection.execute(
        "SELECT edit, sum(length(data)) FROM edit_data GROUP BY edit ORDER BY edit DESC"
    )
    total = 0
    for edit_id, size in rows:
        total += size
        if total > most:
            return int(edit_id)
    return 0


def forget(connection: apsw.Connection, last: int) -> int:
    """Forget an edit and all before it, within a transaction; returns how many."""
    connection.execute("DELETE FROM edit_data WHERE edit <= ?", (last,))
    connection.execute("DELETE FROM edit WHERE id <= ?", (last,))
    return connection.changes()
