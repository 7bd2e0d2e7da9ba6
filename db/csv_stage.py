"""The first half of an import: a CSV file read into a stage, a scratch database.

It runs in a child process (see `db.child`). The stage holds

- `row`: what can be stored, a text per field ("" is the empty cell, NULL a field that no column
  holds), the instants of the dates, and the line where the row starts as its key;
- `reject`: what cannot, with line, field, value and reason.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Literal

import apsw

from db.child import Report
from db.connection import restrict, uri
from db.csv_checks import NO_ID, Rejects, check, reject_left_out
from db.csv_dialect import (
    CELL_LIMIT,
    CELLS_LIMIT,
    Column,
    cell_count_problem,
    columns_by_position,
    map_columns,
)
from db.csv_match import Counts, Match
from db.csv_match import match as match_rows
from db.csv_options import CsvOptions
from db.csv_reader import CsvReader, numbered_rows, read_csv, refined, settled
from db.dates import instant_of
from db.errors import Invalid, Problem, translated
from db.fields import FIELDS, INSTANTS
from db.spreadsheet import unguarded

SCHEMA: Final = f"""
CREATE TABLE row(
    line INTEGER PRIMARY KEY,
    {", ".join(field.name for field in FIELDS)},
    {", ".join(INSTANTS.values())}
);
CREATE TABLE reject(
    position INTEGER PRIMARY KEY,
    line INTEGER NOT NULL,
    id, field, value,
    template TEXT NOT NULL,
    filling TEXT NOT NULL
);
"""
MATCH_CACHE: Final = -64_000
"""Page cache in KB (negative: SQLite's way to say KB) while ids are looked up in any order."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A CSV file that was read.

    Attributes:
        source: the file.
        stage: the scratch database with its rows.
        options: what it was read with; what was to be detected is filled in.
        columns: what each column holds, in the order of the file.
        counts: what importing it would do.
        exact: its values are absent, null, texts or numbers, and not cells that say nothing of it.
        unit: what `line` counts.
        match: how its rows were matched.
    """

    source: Path
    stage: Path
    options: CsvOptions
    columns: tuple[Column, ...]
    counts: Counts
    exact: bool = False
    unit: Literal["line", "item"] = "line"
    match: Match = dataclasses.field(default_factory=Match)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The headings of the columns that hold no field."""
        return tuple(column.heading for column in self.columns if column.field is None)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that the file has, in the order of `FIELDS`."""
        held = {column.field for column in self.columns}
        return tuple(field.name for field in FIELDS if field.name in held)


def stage_csv(
    report: Report,
    *,
    source: Path,
    stage: Path,
    catalog: Path | None = None,
    options: CsvOptions = CsvOptions(),  # noqa: B008
    match: Match = Match(),  # noqa: B008
) -> Staged:
    """Read a CSV file into a new stage.

    Args:
        report: told how many bytes are read, of how many.
        source: the file, plain or gzip.
        stage: where to make the scratch database.
        catalog: the catalogue that the rows are matched with; None for an empty one.
        options: how to read it.
        match: how the rows are matched.

    Raises:
        Invalid: the file cannot be read with the options, is empty, or has no usable heading.
        CatalogError: it cannot be opened, or the stage cannot be written.
    """
    total = source.stat().st_size if source.is_file() else 0
    how = settled(source, options)
    while True:  # twice at most: a chosen encoding that does not fit is refused
        with translated(stage), read_csv(source, how) as reader:
            try:
                return _stage(report, reader, source, total, stage, catalog, match)
            except UnicodeDecodeError:
                tried = reader.options.encoding or "utf-8"
        how = refined(source, how, tried)


def _stage(
    report: Report,
    reader: CsvReader,
    source: Path,
    total: int,
    stage: Path,
    catalog: Path | None,
    match: Match,
) -> Staged:
    file = reader.source
    file.on_read = lambda: report(file.consumed, total)
    with new_stage(stage) as connection:
        rejects = Rejects(connection)
        records = numbered_rows(
            reader, lambda line, error: rejects.add(line, _syntax_problem(error))
        )
        columns, records = _read_heading(records, source, reader.options, rejects, match)
        rows = _Rows(records, columns, rejects, safe=reader.options.safe, need_id=match.by_id)
        connection.executemany(insert_sql(columns), rows)
        report(total, total)
        staged = Staged(source, stage, reader.options, columns, Counts(), match=match)
        return replace(
            staged, counts=finish(connection, staged, rejects, catalog, has_nul=file.has_nul)
        )


@contextmanager
def new_stage(stage: Path) -> Iterator[apsw.Connection]:
    """A stage to be filled, in a transaction that has begun."""
    with closing(_create(stage)) as connection:
        connection.execute("BEGIN")
        yield connection


def finish(
    connection: apsw.Connection,
    staged: Staged,
    rejects: Rejects,
    catalog: Path | None,
    *,
    has_nul: bool,
) -> Counts:
    """Reject what cannot be stored, and match the rest with the catalogue.

    Raises:
        Invalid: the file lacks what its rows are to be compared by.
    """
    if staged.match.newer and "updated_at" not in staged.fields:
        raise Invalid(
            "The file has no updatedAt, so which of its rows are newer cannot be told. "
            "Import it whatever its age, or add that column."
        )
    check(
        connection,
        rejects,
        staged.fields,
        staged.match,
        has_nul=has_nul,
        has_json=not staged.exact,
    )
    connection.execute("COMMIT")
    _attach(connection, catalog)
    connection.execute("BEGIN")

    def reject() -> int:
        if not staged.match.by_id:
            reject_left_out(connection, rejects, staged.match)
        return rejects.count

    counts = match_rows(connection, staged.fields, staged.match, exact=staged.exact, reject=reject)
    connection.execute("COMMIT")
    return counts


def _attach(connection: apsw.Connection, catalog: Path | None) -> None:
    if catalog is None:
        names = [field.name for field in FIELDS if field.name != "id"]
        columns = ", ".join([*names, *INSTANTS.values()])
        connection.execute(
            f"CREATE TEMP TABLE integration(pk INTEGER PRIMARY KEY, id UNIQUE, {columns})"
        )
        return
    with translated(catalog):
        connection.execute("ATTACH ? AS catalog", (uri(catalog, "mode=ro"),))
        connection.pragma("cache_size", MATCH_CACHE, schema="catalog")


Records = Iterator[tuple[int, list[str]]]


def _read_heading(
    records: Records,
    source: Path,
    options: CsvOptions,
    rejects: Rejects,
    match: Match,
) -> tuple[tuple[Column, ...], Records]:
    """The columns by the first row, and the rows that follow."""
    line, first = next(records, (0, []))
    if rejects.count:
        raise Invalid(
            "The first line of {path} cannot be read as a heading: {reason}",
            path=source,
            reason=rejects.last,
        )
    if not first:
        raise Invalid(
            "{path} is empty. The first line of a CSV file names its columns.", path=source
        )
    if len(first) > CELLS_LIMIT:
        raise Invalid(
            "Line {line} has {count} columns; at most {limit} are read. Choose the delimiter that "
            "the file uses.",
            line=line,
            count=len(first),
            limit=CELLS_LIMIT,
        )
    if not options.header:
        fields = options.fields or tuple(field.name for field in FIELDS)
        columns = columns_by_position(len(first), fields, key=match.key)
        return columns, chain([(line, first)], records)
    if options.fields is not None:
        return columns_by_position(len(first), options.fields, first, key=match.key), records
    return map_columns(first, key=match.key), records


def _create(stage: Path) -> apsw.Connection:
    """A new stage: made in one go, and worth nothing unless whole, so without a journal."""
    stage.unlink(missing_ok=True)
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(uri(stage, "mode=rwc"), flags=flags)
    restrict(connection)
    # Of the stage alone: without a schema they would hold for the catalogue too.
    connection.pragma("journal_mode", "OFF", schema="main")
    connection.pragma("synchronous", "OFF", schema="main")
    connection.pragma("locking_mode", "EXCLUSIVE", schema="main")
    connection.pragma("threads", 2)
    connection.execute(SCHEMA)
    return connection


def insert_sql(columns: Sequence[Column]) -> str:
    """The INSERT whose parameters are the cells of fields, the line, and the dates' instants."""
    names = [column.field for column in columns if column.field is not None]
    into = [*names, "line", *(INSTANTS[name] for name in names if name in INSTANTS)]
    return f"INSERT INTO row({', '.join(into)}) VALUES({', '.join('?' * len(into))})"


class _Rows:
    """The rows of a file as parameters of `insert_sql`; what cannot be one goes to the rejects."""

    def __init__(
        self,
        records: Records,
        columns: Sequence[Column],
        rejects: Rejects,
        *,
        safe: bool,
        need_id: bool,
    ) -> None:
        self._records = records
        self._columns = columns
        self._rejects = rejects
        self._safe = safe
        self._need_id = need_id

    def __iter__(self) -> Iterator[list[Any]]:
        names = [column.field for column in self._columns]
        width = len(names)
        id_at = names.index("id") if self._need_id else -1
        dates = [position for position, name in enumerate(names) if name in INSTANTS]
        pick = _picker([position for position, name in enumerate(names) if name is not None], width)
        for line, row in self._records:
            if len(row) != width and not self._is_padded(line, row):
                continue
            if self._safe:
                row[:] = map(unguarded, row)
            if id_at >= 0 and not row[id_at]:
                self._rejects.add(line, Problem(NO_ID), field="id")
                continue
            cells = pick(row)
            cells.append(line)
            for position in dates:
                cells.append(instant_of(row[position]))
            yield cells

    def _is_padded(self, line: int, row: list[str]) -> bool:
        """Whether a row of the wrong length only has empty cells too many; they are cut off.

        A row that is too short is never completed: what lacks may have been cut off, or stand in
        the next line, and an empty cell would clear what the catalogue has.
        """
        width = len(self._columns)
        found = len(row)
        if found > width and not any(row[width:]):
            del row[width:]
            return True
        self._rejects.add(line, cell_count_problem(found, width), value=", ".join(row[:50]))
        return False


def _picker(held: Sequence[int], width: int) -> Callable[[list[str]], list[Any]]:
    """A function that takes the cells of fields out of a row, which it may change."""
    if len(held) == width:
        return lambda row: row
    if len(held) == 1:
        return lambda row: [row[held[0]]]
    getter = itemgetter(*held)
    return lambda row: list(getter(row))


def _syntax_problem(error: csv.Error) -> Problem:
    text = str(error)
    if "unexpected end of data" in text:
        return Problem(
            "A quote that opens in this row is never closed; everything after it is missing. "
            "Close it."
        )
    if "field larger" in text:
        return Problem(
            "A cell of this row is longer than {limit} characters. A quote may not be closed.",
            limit=CELL_LIMIT,
        )
    if "expected after" in text:
        return Problem(
            "Text follows a closing quote. A quote inside a quoted cell must be doubled."
        )
    return Problem("The row cannot be read: {reason}.", reason=text)
