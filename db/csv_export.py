"""Export of integrations to a file, as CSV, JSON or XLSX (see `db.export_form`).

By default it is CSV in UTF-8 without a byte order mark, CRLF, quotes where RFC 4180 needs them,
the file names of the fields as heading; absent, null and "" are all the empty cell. A file is
written beside its target and takes its place when it is whole, so that an export that fails or is
killed leaves the old file as it was.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from shutil import rmtree
from typing import IO, Any, Final
from uuid import uuid4

import apsw

from db import search
from db.child import Report, Task
from db.connection import READER_BUSY_SECONDS, open_reader, uri
from db.errors import CannotOpen, DiskFull, Invalid, translated
from db.export_form import Form
from db.export_writers import Batch, columns, write_text, write_xlsx
from db.models import Integration, sql_of

_ROWS_AT_ONCE: Final = 500
"""Few enough to stay in the processor's cache: 5,000 take a tenth longer."""
_BUFFER: Final = 1 << 20
_DEFAULT: Final = Form()


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


def export_file(
    connection: apsw.Connection,
    target: Path,
    rows: Rows,
    form: Form = _DEFAULT,
    *,
    progress: Report | None = None,
) -> int:
    """Write integrations to a file.

    Args:
        connection: a reader's, see `db.connection.open_reader`.
        target: replaced when the new file is whole.
        form: how they are written.
        progress: told how many rows are written, of how many.

    Returns:
        how many rows there are.

    Raises:
        CatalogError: the file cannot be written, or the catalogue not be read.
        Invalid: the target is the catalogue itself, or the form cannot hold what there is.
    """
    return _export(connection, target, _partial(target), rows, form, progress)


def export_by_organization(
    connection: apsw.Connection,
    target: Path,
    rows: Rows,
    form: Form = _DEFAULT,
    *,
    progress: Report | None = None,
) -> tuple[int, list[Path]]:
    """Write a file for each organization, named after `target` and its id.

    Returns:
        how many rows there are, and the files.

    None of them takes its place before all are whole.

    Raises:
        CatalogError, Invalid: as `export_file`.
    """
    return _export_split(connection, target, _partial(target), rows, form, progress)


def _partial(target: Path) -> Path:
    target = target.resolve()
    return target.with_name(f".{target.name[:200]}.{uuid4().hex[:8]}.partial")


def _export(
    connection: apsw.Connection,
    target: Path,
    beside: Path,
    rows: Rows,
    form: Form,
    progress: Report | None,
) -> int:
    form.check()
    _check_target(connection, target)
    with _named(target):
        try:
            # What the file refuses must not be taken for an error of the catalogue.
            with _batches(connection, rows, form, progress) as batches, _named(target):
                counted = _Counted(batches)
                _write_file(beside, target, counted, form)
            beside.replace(target.resolve())
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    return counted.count


def _check_target(connection: apsw.Connection, target: Path) -> None:
    if target.is_dir():
        raise CannotOpen("{path} is a folder. Choose a file in it.", path=target)
    if target.resolve() == Path(connection.filename).resolve():
        raise Invalid("The file named is the catalogue itself. Choose another name.")


class _Counted:
    """Batches that are counted as they go by."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self.count = 0
        self._batches = batches

    def __iter__(self) -> Iterator[Batch]:
        for batch in self._batches:
            self.count += len(batch)
            yield batch


def _write_file(path: Path, target: Path, batches: _Counted, form: Form) -> None:
    """Write a file that is on the disk when this returns, with the permissions of the old one."""
    if form.format == "xlsx":
        path.touch(exist_ok=False)
        write_xlsx(path, batches, form)
        with path.open("rb") as written:
            _settle(written.fileno(), target)
        return
    with path.open("x", encoding=form.text_encoding, newline="", buffering=_BUFFER) as file:
        write_text(file, batches, form)
        file.flush()
        _settle(file.fileno(), target)


def _settle(descriptor: int, target: Path) -> None:
    _keep_permissions(descriptor, target)
    os.fsync(descriptor)


def _export_split(
    connection: apsw.Connection,
    target: Path,
    beside: Path,
    rows: Rows,
    form: Form,
    progress: Report | None,
) -> tuple[int, list[Path]]:
    form.check()
    _check_target(connection, target)
    with _named(target):
        try:
            beside.mkdir()
            count, names = _write_parts(connection, target, beside, rows, form, progress)
            for name in names:
                (beside / name).replace(target.resolve().with_name(name))
        finally:
            rmtree(beside, ignore_errors=True)
    return count, [target.with_name(name) for name in names]


def _write_parts(
    connection: apsw.Connection,
    target: Path,
    beside: Path,
    rows: Rows,
    form: Form,
    progress: Report | None,
) -> tuple[int, list[str]]:
    count = 0
    names: list[str] = []
    taken: set[str] = set()
    with (
        _batches(connection, rows, form, progress, by_organization=True) as batches,
        _named(target),
    ):
        every = (row for batch in batches for row in batch)
        for org_id, some in groupby(every, key=lambda row: row[-1]):
            name = _part_name(target, org_id, taken)
            names.append(name)
            cut = (row[:-1] for row in some)
            parts = iter(partial(_batch, cut), [])
            counted = _Counted(parts)
            _write_file(beside / name, target.with_name(name), counted, form)
            count += counted.count
    return count, names


def _batch(rows: Iterator[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(islice(rows, _ROWS_AT_ONCE))


def _part_name(target: Path, org_id: str | None, taken: set[str]) -> str:
    """The name of an organization's file; no other one has it, in upper or lower case."""
    plain = re.sub(r"[^\w.-]+", "_", org_id or "no-organization")[:80]
    name, number = f"{target.stem[:80]}-{plain}{target.suffix}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{target.stem[:80]}-{plain}-{number}{target.suffix}"
    taken.add(name.casefold())
    return name


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


def write(
    connection: apsw.Connection,
    stream: IO[str],
    rows: Rows,
    form: Form = _DEFAULT,
    *,
    progress: Report | None = None,
) -> int:
    """Write integrations to a text stream that leaves line ends alone; returns how many.

    Raises:
        Invalid: the form is none of texts, or cannot hold what there is.
    """
    form.check()
    if form.format == "xlsx":
        raise Invalid("XLSX is no text. Name a file to write it to.")
    failed: OSError | None = None
    with _batches(connection, rows, form, progress) as batches:
        counted = _Counted(batches)
        try:
            write_text(stream, counted, form)
        except OSError as error:  # the stream's, which says nothing of the catalogue
            failed = error
    if failed is not None:
        raise failed
    return counted.count


@contextmanager
def _batches(
    connection: apsw.Connection,
    rows: Rows,
    form: Form,
    progress: Report | None,
    *,
    by_organization: bool = False,
) -> Iterator[Iterator[Batch]]:
    """Some rows at a time, all of one moment; by organization its id comes last in each."""
    # writerows over the cursor itself would be as fast, but could not tell how far it is.
    with (
        translated(Path(connection.filename)),
        _ready(connection, rows),
        connection,
        closing(connection.cursor()) as cursor,
    ):
        source, order, parameters = _source(rows)
        chosen = columns(form)
        if form.by_id:
            order = "integration.id"
        if by_organization:
            chosen += ", integration.org_id"
            order = f"integration.org_id, {order}"
        total = 0
        if progress is not None:
            total = int(cursor.execute(f"SELECT count(*) {source}", parameters).get)
        found = cursor.execute(f"SELECT {chosen} {source} ORDER BY {order}", parameters)
        yield _told(found, total, progress)


def _told(
    found: Iterator[Any], total: int, progress: Report | None
) -> Generator[list[Any], None, None]:
    done = 0
    while batch := list(islice(found, _ROWS_AT_ONCE)):
        yield batch
        done += len(batch)
        if progress is not None:
            progress(done, total)


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


def _source(rows: Rows) -> tuple[str, str, list[Any]]:
    """SQL from FROM on, the order of the rows, and the parameters."""
    if isinstance(rows, Ordered):
        joined = "FROM exported.positions CROSS JOIN integration ON integration.pk = positions.pk"
        return joined, "positions.rowid", []
    if isinstance(rows, Chosen):
        joined = "FROM json_each(?) CROSS JOIN integration ON integration.pk = json_each.value"
        return joined, "json_each.id", [json.dumps(rows.pks)]
    condition = search.condition(rows.words, rows.org_id)
    if condition is None:
        return "FROM integration", "integration.pk", []
    matching, parameters = sql_of(Integration.select(Integration.pk).where(condition))
    return f"FROM integration WHERE pk IN ({matching})", "integration.pk", parameters


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: how many rows, and the files."""

    count: int
    files: tuple[Path, ...]


class Exporting:
    """An export that runs in a child process.

    Attributes:
        future: what was written; raises `CatalogError`, `Invalid` or `Cancelled`.
    """

    def __init__(
        self,
        catalog: Path,
        target: Path,
        rows: Rows,
        form: Form = _DEFAULT,
        *,
        split: bool = False,
        progress: Report | None = None,
    ) -> None:
        """Start it.

        Args:
            catalog: the catalogue file.
            target, rows, form, progress: as for `export_file`; progress comes on another thread.
            split: write a file for each organization, see `export_by_organization`.
        """
        beside = _partial(target)
        job = partial(
            _export_job,
            catalog=catalog,
            target=target,
            beside=beside,
            rows=rows,
            form=form,
            split=split,
        )
        self._task = Task(job, progress)
        self.future: Future[Exported] = self._task.future
        self.future.add_done_callback(lambda _: _remove(beside))

    def cancel(self) -> None:
        """End it and leave the old file as it was."""
        self._task.cancel()

    def wait(self) -> None:
        """Wait until nothing of it runs or stays."""
        self._task.wait()


def _remove(beside: Path) -> None:
    if beside.is_dir():
        rmtree(beside, ignore_errors=True)
    else:
        beside.unlink(missing_ok=True)


def _export_job(
    report: Report,
    *,
    catalog: Path,
    target: Path,
    beside: Path,
    rows: Rows,
    form: Form,
    split: bool,
) -> Exported:
    with (
        translated(catalog),
        closing(open_reader(catalog, READER_BUSY_SECONDS * 1000)) as connection,
    ):
        if split:
            count, files = _export_split(connection, target, beside, rows, form, report)
            return Exported(count, tuple(files))
        written = _export(connection, target, beside, rows, form, report)
        return Exported(written, (target,))
