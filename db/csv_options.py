"""How a CSV file is to be read: what its reader chooses, and what is detected instead."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any

from db import encodings
from db.errors import Invalid


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How to read a CSV file.

    Attributes:
        encoding: Python's name; None to detect it.
        delimiter: one character; None to detect it.
        quote: the character around cells; "" for none.
        escape: the character that takes the meaning of the next one; "" for none. A quote in
            quotes may be doubled in any case.
        header: whether the first row names the columns.
        skip: lines before the first row.
        comment: what a line begins with that is not read; "" for none.
        safe: take off the apostrophes of an export that is safe for spreadsheets.
        fields: the names of the fields that the columns hold, by position (None: ignored); None
            to find them by the headings, or without any in the order of an export.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    escape: str = ""
    header: bool = True
    skip: int = 0
    comment: str = ""
    safe: bool = False
    fields: tuple[str | None, ...] | None = None

    def check(self) -> None:
        """Raise `Invalid` for what cannot be read with."""
        if self.encoding is not None:
            encodings.known(self.encoding)
        signs = [sign for sign in (self.delimiter, self.quote, self.escape) if sign]
        for sign in signs:
            if len(sign) != 1 or sign in "\r\n\0":
                raise Invalid("“{sign}” is not one character.", sign=sign)
        if len(set(signs)) != len(signs):
            raise Invalid("Delimiter, quote and escape must be different characters.")
        if self.skip < 0:
            raise Invalid("The number of lines to skip cannot be negative.")

    def reader(self, delimiter: str) -> dict[str, Any]:
        """Arguments of `csv.reader`."""
        return {
            "delimiter": delimiter,
            "quotechar": self.quote or None,
            "escapechar": self.escape or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        }
