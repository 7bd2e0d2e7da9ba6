"""The form of an exported file: its format, its columns, and how they are written."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from db import encodings
from db.errors import Invalid
from db.fields import FIELD_BY_NAME, FIELDS

Format = Literal["csv", "json", "jsonl", "xlsx"]
FORMATS: Final[tuple[Format, ...]] = ("csv", "json", "jsonl", "xlsx")
ALL: Final = tuple(field.name for field in FIELDS)

_BY_SUFFIX: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
}


@dataclass(frozen=True, slots=True)
class Form:
    """How integrations are written.

    Attributes:
        format: CSV, a JSON array, JSON Lines, or XLSX.
        fields: the names of the fields, in the order of the columns.
        delimiter, line_end: of CSV; CRLF, LF or CR.
        encoding: of CSV, by Python's name; JSON is UTF-8.
        bom: CSV begins with a byte order mark.
        safe: cells that a spreadsheet would take for formulas begin with an apostrophe, see
            `db.spreadsheet`; of CSV, since cells of XLSX are texts anyway.
        by_id: sorted by id, and not in the order of the rows.
    """

    format: Format = "csv"
    fields: tuple[str, ...] = ALL
    delimiter: str = ","
    line_end: str = "\r\n"
    encoding: str = "utf-8"
    bom: bool = False
    safe: bool = False
    by_id: bool = False

    def check(self) -> None:
        """Raise `Invalid` for a form in which nothing can be written."""
        if not self.fields:
            raise Invalid("No column is chosen. Choose one at least.")
        for name in self.fields:
            if name not in FIELD_BY_NAME:
                raise Invalid("There is no field named “{name}”.", name=name)
            if self.fields.count(name) > 1:
                raise Invalid("{field} is chosen twice.", field=FIELD_BY_NAME[name].key)
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n\0':
            raise Invalid("“{sign}” is not one character.", sign=self.delimiter)
        if self.line_end not in ("\r\n", "\n", "\r"):
            raise Invalid("Lines end with CR LF, LF or CR.")
        encodings.known(self.encoding)

    @property
    def text_encoding(self) -> str:
        """The encoding that the file is opened with, without a mark of its own."""
        return encodings.known(self.encoding) if self.format == "csv" else "utf-8"

    @property
    def mark(self) -> str:
        """What the text begins with."""
        wanted = self.bom and self.format == "csv"
        return codecs.BOM_UTF8.decode() if wanted and self.text_encoding.startswith("utf") else ""


def format_for(path: Path) -> Format:
    """The format that the name of a file means; CSV for any other name."""
    return _BY_SUFFIX.get(path.suffix.lower(), "csv")
