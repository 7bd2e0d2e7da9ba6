"""What the tests of CSV share: small files, whole imports, and what a catalogue holds."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from db.catalog import Catalog
from db.csv_import import Imported, Preview, Reading, RejectedRow, write
from db.csv_match import Counts
from db.csv_options import CsvOptions
from db.csv_stage import Staged
from db.fields import FIELDS
from db.records import add_integration

KEYS = [field.key for field in FIELDS]
NAMES = [field.name for field in FIELDS]


def csv_file(path: Path, rows: Sequence[Mapping[str, str]], keys: Sequence[str] = KEYS) -> Path:
    """A file in the canonical form; cells that a row does not name are empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, keys, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(
    path: Path, catalog: Path | None = None, **options: Any
) -> tuple[Staged, list[RejectedRow]]:
    """What is read of a file, and what is rejected."""
    with closing(Reading(path, catalog, options=CsvOptions(**options))) as reading:
        staged = reading.future.result(60)
        with closing(Preview(staged, catalog)) as preview:
            return staged, preview.rejects(0, 999)


def counts(path: Path, catalog: Catalog) -> Counts:
    """What an import would do."""
    return read(path, catalog.path)[0].counts


def import_file(path: Path, catalog: Catalog, **options: Any) -> Imported:
    """Import a file."""
    with closing(Reading(path, catalog.path, options=CsvOptions(**options))) as reading:
        return write(catalog, reading.future.result(60)).result(60)


def records(catalog: Catalog) -> list[dict[str, Any]]:
    """Every integration, in the order they were added, with its instants."""
    columns = [*NAMES, "created_instant", "updated_instant"]
    with closing(catalog.connect_here(5000)) as connection:
        found = connection.execute(f"SELECT {', '.join(columns)} FROM integration ORDER BY pk")
        return [dict(zip(columns, row, strict=True)) for row in found]


def add(catalog: Catalog, **values: Any) -> None:
    """Add an integration."""
    catalog.edit("Add", lambda edit: void(add_integration(edit, values=values))).result(60)


def void(_: object) -> None:
    """Forget a result."""
