"""Connections to a catalogue file: how they are opened, and what they may do."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Final
from weakref import WeakSet

import apsw

from db.errors import CannotOpen, Damaged, Moved

WRITER_BUSY_SECONDS: Final = 10
"""How long a write waits for another program's write before it says "locked"."""
READER_BUSY_SECONDS: Final = 5
_RETRY_SECONDS: Final = 0.01

_NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "9p",
        "afs",
        "ceph",
        "cifs",
        "davfs",
        "fuse.davfs2",
        "fuse.glusterfs",
        "fuse.gvfsd-fuse",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "fuse.vmhgfs-fuse",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
        "vboxsf",
    }
)


def journal_mode_for(path: Path) -> str:
    """The journal mode that is safe where the file lies."""
    return "delete" if is_on_network(path) else "wal"


def set_journal_mode(connection: apsw.Connection, wanted: str) -> object:
    """Set the journal mode; SQLite's own waiting does not cover this."""
    deadline = monotonic() + WRITER_BUSY_SECONDS
    while True:
        try:
            return connection.pragma("journal_mode", wanted)
        except apsw.BusyError:
            if monotonic() > deadline:
                raise
            sleep(_RETRY_SECONDS)


def restrict(connection: apsw.Connection) -> None:
    """Keep the file's own code (triggers, views, functions in its schema) from running."""
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)
    connection.pragma("cell_size_check", True)


def closer_of_cursors(connection: apsw.Connection) -> Callable[[], None]:
    """A function that closes the cursors of `connection` that are still open.

    Called before a rollback: while a statement is under way, SQLite keeps the request to interrupt
    and would interrupt the ROLLBACK too.
    """
    cursors: WeakSet[apsw.Cursor] = WeakSet()

    def cursor_of(connection: apsw.Connection) -> apsw.Cursor:
        cursor = apsw.Cursor(connection)
        cursors.add(cursor)
        return cursor

    def close_cursors() -> None:
        for cursor in list(cursors):
            cursor.close(True)

    connection.cursor_factory = cursor_of
    return close_cursors


def probe(path: Path, *, create: bool = False) -> apsw.Connection:
    """A connection that changes nothing by itself, to look whether the file is ours."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI
    if create:
        flags |= apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(uri(path, "mode=rwc" if create else "mode=rw"), flags=flags)
    connection.set_busy_timeout(int(WRITER_BUSY_SECONDS * 1000))
    restrict(connection)
    return connection


def open_reader(path: Path, busy_milliseconds: int) -> apsw.Connection:
    """A connection that can only read; it may be used from any one thread at a time."""
    connection = _open_to_read(path, "mode=ro", busy_milliseconds)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        connection.close()
        _refuse_waiting_changes(path)
        connection = _open_to_read(path, "mode=ro&immutable=1", busy_milliseconds)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_to_read(path: Path, query: str, busy_milliseconds: int) -> apsw.Connection:
    # The query, "mode=ro", makes the catalogue read-only. The flags bound what may be attached,
    # and a reader attaches scratch files that it writes (see db.order).
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(uri(path, query), flags=flags)
    connection.set_busy_timeout(busy_milliseconds)
    restrict(connection)
    connection.pragma("query_only", True)
    connection.pragma("threads", 2)
    return connection


def _refuse_waiting_changes(path: Path) -> None:
    """Where SQLite cannot put its shared memory beside the file, it cannot read a log there."""
    for suffix in ("-wal", "-journal"):
        log = path.with_name(path.name + suffix)
        if log.exists() and log.stat().st_size:
            raise CannotOpen(
                "{path} has changes waiting in {log}, and its folder cannot be written. "
                "Copy both files to a folder of your own and open the copy.",
                path=path,
                log=log,
            )


Identity = tuple[int, int]
"""Device and inode of a file."""


def identity(path: Path) -> Identity | None:
    """Which file a name leads to; None for none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def check_in_place(path: Path, opened: Identity | None) -> None:
    """Look whether a name still leads to the file that was opened.

    SQLite does not, with a write-ahead log: it goes on writing into a file that nobody finds.

    Raises:
        Moved: it leads to another file, or to none.
    """
    found = identity(path)
    if found is None:
        raise Moved(
            "{path} was moved or deleted by another program; nothing was changed. "
            "Put it back, or open another catalogue.",
            path=path,
        )
    if found != opened:
        raise Moved(
            "{path} was replaced by another program; nothing was changed. Open it again.",
            path=path,
        )


def check_not_emptied(path: Path) -> None:
    """Look whether an open catalogue still has bytes; SQLite takes an empty one for locked.

    Raises:
        Damaged: it has none.
    """
    if not path.stat().st_size:
        raise Damaged(
            "{path} was emptied by another program; nothing was changed. Restore it from a copy.",
            path=path,
        )


def uri(path: Path, query: str) -> str:
    """`path` as SQLite's file URI: any name is taken as it is, ":memory:" and "%20" too."""
    return f"{path.resolve().as_uri()}?{query}"


def is_marked_read_only(path: Path) -> bool:
    """Whether nobody has write permission for the file, the administrator apart."""
    return not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def is_on_network(path: Path) -> bool:
    """Whether the file lies on a network file system, where WAL cannot be used.

    Source: https://www.sqlite.org/wal.html, "WAL does not work over a network filesystem".
    """
    folder = path.resolve().parent
    if str(folder).startswith("\\\\"):
        return True
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return False
    return file_system(folder, mounts.read_bytes()) in _NETWORK_FILE_SYSTEMS


def file_system(folder: Path, mounts: bytes) -> str:
    """The kind of file system that `folder` lies on, by a table in the form of /proc/mounts.

    Mount points have blanks and backslashes as octal escapes; of two mounts on one point the
    later one counts.
    """
    deepest = -1
    found = ""
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(b" ")
        mount = Path(os.fsdecode(_OCTAL.sub(lambda digits: bytes([int(digits[1], 8)]), point)))
        if len(mount.parts) >= deepest and folder.is_relative_to(mount):
            deepest, found = len(mount.parts), os.fsdecode(kind)
    return found


_OCTAL: Final = re.compile(rb"\\([0-3][0-7]{2})")
