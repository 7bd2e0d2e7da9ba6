"""The rejected rows of an import as a file of their own, to be mended and imported again.

It has the columns (or members) of the file that they come from and, behind them, `reason`, `line`
and `row`. What could not be split into cells stands in `row` as it was written, under no id: were
it imported without being mended, it would be rejected again, and clear nothing.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Final
from uuid import uuid4

import apsw

from db.child import Report
from db.connection import uri
from db.csv_file import opened, unpacking
from db.csv_reader import CsvReader, numbered_rows, read_csv
from db.csv_stage import Staged
from db.errors import CannotOpen, Invalid, Problem, translated
from db.json_reader import JsonReader

ADDED: Final = ("reason", "line", "row")
_EVERY: Final = 1_000
_LINE_ENDS: Final = re.compile("[\r\n]+")

Rejected = Iterator[tuple[int, str]]


def write_rejects(report: Report, *, staged: Staged, target: Path) -> int:
    """Write the rejected rows of a file that was read; returns how many.

    Args:
        report: told how many are written, of how many.
        staged: what was read; its source is read once more.
        target: replaced when the new file is whole; CSV, or JSON Lines for a JSON file.

    Raises:
        CatalogError: the file cannot be written, or its source not be read again.
    """
    if target.resolve() == staged.source.resolve():
        raise Invalid("The file named is the one that is imported. Choose another name.")
    beside = target.with_name(f".{target.name[:200]}.{uuid4().hex[:8]}.partial")
    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            count = _write(report, staged, file)
        beside.replace(target)
    except OSError as error:
        raise CannotOpen(
            "{path} cannot be written: {reason}. Choose another folder or name.",
            path=target,
            reason=error.strerror or str(error),
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return count


def _write(report: Report, staged: Staged, file: IO[str]) -> int:
    connection = apsw.Connection(uri(staged.stage, "mode=ro"), flags=_FLAGS)
    with translated(staged.stage), closing(connection):
        total = int(connection.execute("SELECT count(*) FROM reject").get)
        found = connection.execute("SELECT line, template, filling FROM reject ORDER BY line")
        rejected = (
            (line, str(Problem(template, **json.loads(filling))))
            for line, template, filling in found
        )
        written = _write_json if staged.exact else _write_csv
        count = 0
        for count in written(staged, file, rejected):
            if not count % _EVERY:
                report(count, total)
    report(total, total)
    return count


_FLAGS: Final = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


def _write_csv(staged: Staged, file: IO[str], rejected: Rejected) -> Iterator[int]:
    headings = [column.heading for column in staged.columns]
    kept = len(headings)
    if tuple(headings[-len(ADDED) :]) == ADDED:  # rejected before: not one reason behind another
        kept -= len(ADDED)
    writer = csv.writer(file, delimiter=staged.options.delimiter or ",")
    writer.writerow([*headings[:kept], *ADDED])
    with read_csv(staged.source, staged.options) as reader:
        rows = _rows(reader)
        line, row = 0, None
        for count, (wanted, reason) in enumerate(rejected, 1):
            while line != wanted:
                line, row = next(rows)
            if row is not None and len(row) == len(headings):
                writer.writerow([*row[:kept], reason, wanted, ""])
            else:
                text = "" if row is None else (staged.options.delimiter or ",").join(row)
                writer.writerow([*[""] * kept, reason, wanted, text])
            yield count


def _rows(reader: CsvReader) -> Iterator[tuple[int, list[str] | None]]:
    """The rows with their lines; None for what cannot be split."""
    wrong: list[int] = []
    for line, row in numbered_rows(reader, lambda line, _: wrong.append(line)):
        yield from ((earlier, None) for earlier in wrong)
        wrong.clear()
        yield line, row
    yield from ((earlier, None) for earlier in wrong)


def _write_json(staged: Staged, file: IO[str], rejected: Rejected) -> Iterator[int]:
    with opened(staged.source) as source, unpacking(staged.source):
        items = iter(JsonReader(source, staged.source))
        for count, (wanted, reason) in enumerate(rejected, 1):
            item = next(item for item in items if item.number == wanted)
            members = {
                key: member.text for key, member in (item.members or {}).items() if key not in ADDED
            }
            members["reason"] = json.dumps(reason, ensure_ascii=False)
            members["line"] = str(wanted)
            # Line ends stand between values only: in a text of JSON they are escaped.
            texts = (
                f"{json.dumps(key)}: {_LINE_ENDS.sub(' ', text)}" for key, text in members.items()
            )
            file.write("{" + ", ".join(texts) + "}\n")
            yield count
