"""Integrations written as CSV, JSON or XLSX."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from json.encoder import encode_basestring
from pathlib import Path
from typing import IO, Any, Final

from db.errors import Invalid
from db.export_form import Form
from db.fields import FIELD_BY_NAME, csv_text
from db.metadata import json_problem
from db.spreadsheet import guarded

Row = tuple[Any, ...]
Batch = Sequence[Row]
XLSX_CELL: Final = 32_767
"""Characters that a cell of XLSX can hold."""
XLSX_ROWS: Final = 1_048_575
"""Rows that a sheet can hold below its heading."""

# NULL is an empty BLOB; numbers and texts csv.writer writes as `csv_text` does.
_CSV_COLUMN: Final = "iif(integration.{0} = x'', NULL, integration.{0})"
_JSON_METADATA: Final = "integration.metadata"
_LINE_METADATA: Final = (
    "iif((instr(integration.metadata, char(10)) OR instr(integration.metadata, char(13))) "
    "AND json_valid(integration.metadata), json(integration.metadata), integration.metadata)"
)


def columns(form: Form) -> str:
    """SQL: the columns that the writer of a form takes."""
    if form.format in ("csv", "xlsx"):
        return ", ".join(_CSV_COLUMN.format(name) for name in form.fields)
    metadata = _LINE_METADATA if form.format == "jsonl" else _JSON_METADATA
    return ", ".join(
        metadata if name == "metadata" else f"integration.{name}" for name in form.fields
    )


def write_text(stream: IO[str], batches: Iterable[Batch], form: Form) -> None:
    """Write CSV or JSON to a text stream that leaves line ends alone.

    Raises:
        Invalid: the encoding cannot hold a character.
    """
    write = _write_csv if form.format == "csv" else _write_json
    try:
        write(stream, batches, form)
    except UnicodeEncodeError as error:
        raise Invalid(
            "“{character}” cannot be written in {encoding}. Choose UTF-8. Nothing was written.",
            character=error.object[error.start : error.start + 1],
            encoding=form.encoding.upper(),
        ) from None


def _write_csv(stream: IO[str], batches: Iterable[Batch], form: Form) -> None:
    stream.write(form.mark)
    target: Any = stream if form.line_end == "\r\n" else _LineEnds(stream.write, form.line_end)
    writer = csv.writer(target, delimiter=form.delimiter)
    writer.writerow([FIELD_BY_NAME[name].key for name in form.fields])
    for batch in batches:
        writer.writerows(map(_guarded, batch) if form.safe else batch)


def _guarded(row: Row) -> list[Any]:
    return [guarded(cell) if isinstance(cell, str) else cell for cell in row]


class _LineEnds:
    """A stream for `csv.writer` that writes CR LF as another line end.

    The writer is not told of it, since before Python 3.13 it puts no other line end in quotes.
    """

    def __init__(self, write: Callable[[str], Any], line_end: str) -> None:
        self._write = write
        self._line_end = line_end

    def write(self, row: str) -> None:
        self._write(row[:-2] + self._line_end)


def _write_json(stream: IO[str], batches: Iterable[Batch], form: Form) -> None:
    lines = form.format == "jsonl"
    names = [(name, f'"{FIELD_BY_NAME[name].key}": ') for name in form.fields]
    between = "" if lines else "[\n"
    after = "\n" if lines else ""
    for batch in batches:
        for row in batch:
            stream.write(f"{between}{_object(names, row)}{after}")
            between = "" if lines else ",\n"
    if not lines:
        stream.write("[]\n" if between == "[\n" else "\n]\n")


def _object(names: Sequence[tuple[str, str]], row: Row) -> str:
    """An integration; what is absent is left out."""
    members = [
        key + _json(name, value)
        for (name, key), value in zip(names, row, strict=True)
        if value is not None
    ]
    return "{" + ", ".join(members) + "}"


def _json(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        return "null"
    if not isinstance(value, str):
        return repr(value)
    if name == "metadata" and json_problem(value) is None:
        return value
    return encode_basestring(value)


# -- XLSX --------------------------------------------------------------------------------------

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_DATES: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def escaped(text: str) -> str:
    """A text as cells of XLSX have it: characters that XML cannot hold are _xHHHH_."""
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def has_xlsx() -> bool:
    """Whether the library for XLSX is installed."""
    from importlib.util import find_spec

    return find_spec("openpyxl") is not None


def write_xlsx(path: Path, batches: Iterable[Batch], form: Form) -> None:
    """Write one sheet whose cells are texts.

    Raises:
        Invalid: openpyxl is not installed, or a sheet cannot hold what there is.
    """
    if not has_xlsx():
        raise Invalid(
            "XLSX needs the package openpyxl, which is not installed. Install it, or choose CSV."
        )
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Integrations")
    try:
        _fill(sheet, batches, form)
    except BaseException:
        sheet.close()
        sheet._writer.cleanup()  # its own file of the half-written sheet
        raise
    raw = io.BytesIO()
    book.save(raw)
    _fix(raw, path)


def _fill(sheet: Any, batches: Iterable[Batch], form: Form) -> None:
    keys = [FIELD_BY_NAME[name].key for name in form.fields]
    id_at = form.fields.index("id") if "id" in form.fields else 0
    sheet.append([_cell(sheet, key) for key in keys])
    count = 0
    for batch in batches:
        count += len(batch)
        if count > XLSX_ROWS:
            raise Invalid(
                "A sheet of XLSX holds {limit} rows, and there are more. Choose CSV or JSON. "
                "Nothing was written.",
                limit=XLSX_ROWS,
            )
        for row in batch:
            texts = [escaped(csv_text(value)) for value in row]
            if max(map(len, texts)) > XLSX_CELL:
                raise _too_long(keys, texts, id_at)
            sheet.append([_cell(sheet, text) if text else None for text in texts])


def _cell(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # whatever it looks like: a formula, a number, an error
    return cell


def _too_long(keys: Sequence[str], texts: Sequence[str], id_at: int) -> Invalid:
    place = next(place for place, text in enumerate(texts) if len(text) > XLSX_CELL)
    return Invalid(
        "{field} of “{id}” has {length} characters; a cell of XLSX holds {limit}. Leave the column "
        "out, or choose CSV or JSON. Nothing was written.",
        field=keys[place],
        id=texts[id_at],
        length=len(texts[place]),
        limit=XLSX_CELL,
    )


def _fix(raw: IO[bytes], path: Path) -> None:
    """Copy a workbook without the time at which it was made: the same cells are the same bytes."""
    with (
        zipfile.ZipFile(raw) as made,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed,
    ):
        for name in sorted(made.namelist()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if name == "docProps/core.xml":
                fixed.writestr(entry, _DATES.sub(rb"\g<1>1980-01-01T00:00:00Z", made.read(name)))
                continue
            large = made.getinfo(name).file_size >= 1 << 31
            with made.open(name) as source, fixed.open(entry, "w", force_zip64=large) as target:
                shutil.copyfileobj(source, target, 1 << 20)
