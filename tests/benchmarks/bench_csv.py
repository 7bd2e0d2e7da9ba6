"""Import and export of a million rows, beside the least that any program has to do for them.

python -m tests.benchmarks csv
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw

from db import schema
from db.catalog import Catalog
from db.csv_export import Exporting, Matching
from db.csv_import import Reading, write
from db.csv_match import Counts
from db.database import CatalogDatabase
from db.dates import instant
from db.fields import FIELDS, INSTANTS, csv_text
from tests.benchmarks.data import ORGANIZATIONS, ROWS, organizations, records

Report = Callable[[str, float, float, float], None]
IMPORT_TO_REACH = 1.7
EXPORT_TO_REACH = 1.2

_COLUMNS = [field.name for field in FIELDS]
_DATES = [_COLUMNS.index(name) for name in INSTANTS]


def run(report: Report, workdir: Path, rows: int = ROWS) -> None:
    """Measure import and export; prints two figures.

    Args:
        report: is given name, value and limit in seconds, and the ratio to reach.
        workdir: a folder with 2 GB of room.
    """
    file = workdir / "bench.csv"
    _write_file(file, rows)
    catalog = workdir / "import.db"
    limits, values = [], []
    for _ in range(2):  # in turn, the better one of each: the disk's speed comes and goes
        _remove(workdir / "limit.db", catalog)
        _settle()
        limits.append(_executemany(workdir / "limit.db", file))
        _settle()
        values.append(_import(catalog, file, rows))
    limit, value = min(limits), min(values)
    report(
        "import of all rows as new, undoable, s; "
        "limit: executemany of parsed tuples, indexes after",
        value,
        limit,
        IMPORT_TO_REACH,
    )
    _settle()
    limit = min(_bare_export(catalog, workdir / "bare.csv") for _ in range(2))
    value = min(_export(catalog, workdir / "out.csv", rows) for _ in range(2))
    report(
        "export of all rows, s; limit: csv.writer over a bare cursor",
        value,
        limit,
        EXPORT_TO_REACH,
    )
    for path in workdir.glob("*.*"):
        path.unlink()


def _remove(*catalogs: Path) -> None:
    for catalog in catalogs:
        for path in catalog.parent.glob(f"{catalog.name}*"):
            path.unlink()


def _settle() -> None:
    """Let the disk finish what earlier steps wrote, so that no one pays for another."""
    os.sync()


def _write_file(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([field.key for field in FIELDS])
        writer.writerows(map(csv_text, record) for record in records(rows))


def _executemany(path: Path, file: Path) -> float:
    """Parsed rows into the same schema, on a connection with the same pragmas."""
    Catalog.create(path).close()
    parsed = list(_parsed(file))
    columns = [*_COLUMNS, *INSTANTS.values()]
    insert = (
        f"INSERT INTO integration({', '.join(columns)}) VALUES({', '.join('?' * len(columns))})"
    )
    with closing(CatalogDatabase(path)) as database:
        connection: apsw.Connection = database.connection()
        start = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        schema.drop_indexes(connection)
        connection.executemany(
            "INSERT INTO organization(id, name) VALUES(?, ?)", organizations(ORGANIZATIONS)
        )
        connection.executemany(insert, parsed)
        schema.build_indexes(connection)
        connection.execute("COMMIT")
        return time.perf_counter() - start


def _parsed(file: Path) -> Iterator[tuple[str | int | None, ...]]:
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        for row in reader:
            yield (*(cell or None for cell in row), *(instant(row[place]) for place in _DATES))


def _import(path: Path, file: Path, rows: int) -> float:
    """Read in the child process, matched for the preview, written as an edit."""
    with closing(Catalog.create(path)) as catalog:
        start = time.perf_counter()
        with closing(Reading(file, path)) as reading:
            done = write(catalog, reading.future.result()).result()
            seconds = time.perf_counter() - start
        assert done.counts == Counts(new=rows), done.counts
        assert catalog.undo_label() == done.change.label
    return seconds


def _bare_export(path: Path, target: Path) -> float:
    connection = apsw.Connection(str(path))
    start = time.perf_counter()
    with target.open("w", encoding="utf-8", newline="") as stream:
        found = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM integration ORDER BY pk")
        csv.writer(stream).writerows(found)
    seconds = time.perf_counter() - start
    connection.close()
    return seconds


def _export(path: Path, target: Path, rows: int) -> float:
    """As the window does it: in a child process, with progress, whole or not at all."""
    start = time.perf_counter()
    count = Exporting(path, target, Matching(), progress=lambda *_: None).future.result().count
    seconds = time.perf_counter() - start
    assert count == rows, count
    return seconds


if __name__ == "__main__":
    import tempfile

    from tests.benchmarks.__main__ import Report as Printer

    with tempfile.TemporaryDirectory(prefix="integration-icons-bench-") as folder:
        run(Printer(), Path(folder))
