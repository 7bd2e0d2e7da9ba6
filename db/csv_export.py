"""Export as CSV: UTF-8 without a byte order mark, CRLF, quotes where RFC 4180 needs them.

The heading is the file names of the fields. Absent, null and "" are all the empty cell. A file is
written beside its target and takes its place when it is whole, so that an export that fails or is
killed leaves the old file as it was.
"""

from __future__ import annotations

import csv
import errno
import json
import os
import stat
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

import apsw

from db import search
from db.child import Report, Task
from db.connection import READER_BUSY_SECONDS, open_reader, uri
from db.errors import CannotOpen, DiskFull, Invalid, translated
from db.fields import FIELDS
from db.models import Integration, sql_of

_ROWS_AT_ONCE: Final = 500
"""Few enough to stay in the processor's cache: 5,000 take a tenth longer."""
_BUFFER: Final = 1 << 20
# NULL is an empty BLOB; numbers and texts csv.writer writes as `csv_text` does.
_COLUMN: Final = "iif(integration.{0} = x'', NULL, integration.{0})"


@dataclass(frozen=True, slots=True)
class Matching:
    """The integrations that a search finds, in the order they were added; all by default.

    Attributes:
        words: see `db.search.condition`.
        org_id: of this organization only; None for any.
    """

    words: str = ""
    org_id: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Some integrations, in this order; those that are gone by then are left out."""

    pks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """The integrations of an order, as they are shown.

    Attributes:
        path: the finished file of a `db.order.Order`, which the caller keeps until the end.
    """

    path: Path


Rows = Matching | Chosen | Ordered
"""Which integrations to export."""


def export_csv(
    connection: apsw.Connection, target: Path, rows: Rows, *, progress: Report | None = None
) -> int:
    """Write integrations to a file.

    Args:
        connection: a reader's, see `db.connection.open_reader`.
        target: replaced when the new file is whole.
        progress: told how many rows are written, of how many.

    Returns:
        how many rows there are.

    Raises:
        CatalogError: the file cannot be written, or the catalogue not be read.
        Invalid: the target is the catalogue itself.
    """
    return _export(connection, target, _partial(target), rows, progress)


def _partial(target: Path) -> Path:
    target = target.resolve()
    return target.with_name(f".{target.name[:200]}.{uuid4().hex[:8]}.partial")


def _export(
    connection: apsw.Connection, target: Path, beside: Path, rows: Rows, progress: Report | None
) -> int:
    if target.is_dir():
        raise CannotOpen("{path} is a folder. Choose a file in it.", path=target)
    if target.resolve() == Path(connection.filename).resolve():
        raise Invalid("The file named is the catalogue itself. Choose another name.")
    with _named(target):
        try:
            with beside.open("x", encoding="utf-8", newline="", buffering=_BUFFER) as file:
                count = write_csv(connection, file, rows, progress=progress)
                file.flush()
                _keep_permissions(file.fileno(), target)
                os.fsync(file.fileno())
            beside.replace(target.resolve())
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    return count


def _keep_permissions(descriptor: int, target: Path) -> None:
    """A file that is replaced keeps who may read and write it."""
    if target.exists() and hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))


@contextmanager
def _named(target: Path) -> Iterator[None]:
    """Raise what the system refuses as a sentence about `target`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                "There is no room left for {path}. Free some space and try again; "
                "the file is as it was.",
                path=target,
            ) from error
        raise CannotOpen(
            "{path} cannot be written: {reason}. Choose another folder or name.",
            path=target,
            reason=error.strerror or str(error),
        ) from error


def write_csv(
    connection: apsw.Connection, stream: IO[str], rows: Rows, *, progress: Report | None = None
) -> int:
    """Write integrations to a text stream that leaves line ends alone; returns how many."""
    writer = csv.writer(stream)
    writer.writerow([field.key for field in FIELDS])
    done = 0
    with closing(_batches(connection, rows, counted=progress is not None)) as batches:
        for total, batch in batches:
            writer.writerows(batch)
            done += len(batch)
            if progress is not None:
                progress(done, total)
    return done


def _batches(
    connection: apsw.Connection, rows: Rows, *, counted: bool
) -> Generator[tuple[int, list[tuple[Any, ...]]], None, None]:
    """The count of the rows (0 if not wanted) with some rows at a time, all of one moment."""
    # writerows over the cursor itself would be as fast, but could not tell how far it is.
    with (
        translated(Path(connection.filename)),
        _ready(connection, rows),
        connection,
        closing(connection.cursor()) as cursor,
    ):
        total = _count(connection, rows) if counted else 0
        source, parameters = _source(rows)
        columns = ", ".join(_COLUMN.format(field.name) for field in FIELDS)
        found = cursor.execute(f"SELECT {columns} {source}", parameters)
        while batch := list(islice(found, _ROWS_AT_ONCE)):
            yield total, batch


@contextmanager
def _ready(connection: apsw.Connection, rows: Rows) -> Iterator[None]:
    search.register(connection)
    if not isinstance(rows, Ordered):
        yield
        return
    connection.execute("ATTACH ? AS exported", (uri(rows.path, "mode=ro&immutable=1"),))
    try:
        yield
    finally:
        connection.execute("DETACH exported")


def _count(connection: apsw.Connection, rows: Rows) -> int:
    source, parameters = _source(rows)
    return int(connection.execute(f"SELECT count(*) {source}", parameters).get)


def _source(rows: Rows) -> tuple[str, list[Any]]:
    """SQL from FROM on, with its parameters."""
    if isinstance(rows, Ordered):
        joined = "FROM exported.positions CROSS JOIN integration ON integration.pk = positions.pk"
        return f"{joined} ORDER BY positions.rowid", []
    if isinstance(rows, Chosen):
        joined = "FROM json_each(?) CROSS JOIN integration ON integration.pk = json_each.value"
        return f"{joined} ORDER BY json_each.id", [json.dumps(rows.pks)]
    condition = search.condition(rows.words, rows.org_id)
    if condition is None:
        return "FROM integration ORDER BY pk", []
    matching, parameters = sql_of(Integration.select(Integration.pk).where(condition))
    return f"FROM integration WHERE pk IN ({matching}) ORDER BY pk", parameters


class Exporting:
    """An export that runs in a child process.

    Attributes:
        future: how many rows were written; raises `CatalogError` or `Cancelled`.
    """

    def __init__(
        self, catalog: Path, target: Path, rows: Rows, *, progress: Report | None = None
    ) -> None:
        """Start it.

        Args:
            catalog: the catalogue file.
            target, rows, progress: as for `export_csv`; progress comes on another thread.
        """
        beside = _partial(target)
        job = partial(_export_job, catalog=catalog, target=target, beside=beside, rows=rows)
        self._task = Task(job, progress)
        self.future: Future[int] = self._task.future
        self.future.add_done_callback(lambda _: beside.unlink(missing_ok=True))

    def cancel(self) -> None:
        """End it and leave the old file as it was."""
        self._task.cancel()

    def wait(self) -> None:
        """Wait until nothing of it runs or stays."""
        self._task.wait()


def _export_job(report: Report, *, catalog: Path, target: Path, beside: Path, rows: Rows) -> int:
    with (
        translated(catalog),
        closing(open_reader(catalog, READER_BUSY_SECONDS * 1000)) as connection,
    ):
        return _export(connection, target, beside, rows, report)
