"""The rows of a CSV file, as they are, with the lines that they stand in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from db import encodings
from db.csv_dialect import CELL_LIMIT, detect_delimiter, shorten
from db.csv_file import ROW_LIMIT, SAMPLE, RowTooLongError, Source, buffered, opened, unpacking
from db.csv_options import CsvOptions
from db.errors import Invalid

PEEK_ROWS: Final = 100
PEEK_CELLS: Final = 200
_SEP: Final = re.compile(r'\ufeff?"?sep=(.)"?[ \t]*(\r\n|\r|\n|$)')


class CsvReader:
    """Iterates over the rows of a CSV file; blank lines are empty rows.

    Attributes:
        options: what it is read with, what was to be detected filled in.
        source: its bytes.
        counter: has `line_num`, the lines that were read after the `lines_before` skipped ones.
    """

    def __init__(self, source: Source, options: CsvOptions) -> None:
        """Read from `source`.

        Raises:
            Invalid: the options do not go together.
        """
        options.check()
        csv.field_size_limit(CELL_LIMIT)
        self.source = source
        self._buffered = buffered(source)
        head = self._buffered.read(SAMPLE)
        encoding = encodings.known(options.encoding or encodings.told_by_head(head))
        marked, mark = encodings.mark_of(head)
        start = mark if marked == encoding else 0
        self._buffered.seek(start)
        sample = _sample(head[start:], encoding, options.skip)
        sep = _SEP.match(sample)
        if sep:
            sample = sample[sep.end() :]
        delimiter = options.delimiter or (sep[1] if sep else None)
        if delimiter is None:
            delimiter = detect_delimiter(_uncommented(sample, options.comment), options)
        self.options = replace(options, encoding=encoding, delimiter=delimiter)
        self.options.check()
        source.has_nul |= encodings.is_wide(encoding)
        self._text = io.TextIOWrapper(self._buffered, encoding=encoding, newline="")
        self.lines_before = options.skip + bool(sep)
        for _ in range(self.lines_before):
            self._text.readline()
        self._lines = _Lines(self._text, options.comment) if options.comment else None
        self.counter: Any = csv.reader(
            self._lines or self._text, strict=True, **options.reader(delimiter)
        )

    @property
    def line_num(self) -> int:
        """How many lines are read, as an editor counts them."""
        return int(self.counter.line_num) + self.lines_before

    def __iter__(self) -> Iterator[list[str]]:
        # Bare, since a million rows through a method of Python's take half a second longer.
        return iter(self.counter) if self._lines is None else self._lines.rows(self.counter)

    def too_long(self, line: int) -> Invalid:
        """Why a `RowTooLongError` ended the reading in a row that begins in `line`."""
        return Invalid(
            "The row that begins in line {line} is longer than {limit} MB. A quote may not be "
            "closed, or the file is no CSV file. Nothing was read.",
            line=line,
            limit=ROW_LIMIT >> 20,
        )


class _Lines:
    """The lines of a text; a comment where a row could begin is a blank line."""

    def __init__(self, text: IO[str], comment: str) -> None:
        self._text = text
        self._comment = comment
        self._fresh = True

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            if self._fresh and line.startswith(self._comment):
                yield "\n"
            else:
                self._fresh = False
                yield line

    def rows(self, reader: Any) -> Iterator[list[str]]:
        """The rows of the reader of these lines."""
        while True:
            self._fresh = True
            row = next(reader, None)
            if row is None:
                return
            yield row


def _sample(head: bytes, encoding: str, skip: int) -> str:
    """The first whole lines of a file after those that are skipped."""
    text = head.decode(encoding, errors="replace")
    if len(head) >= SAMPLE - 4:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    lines = io.StringIO(text, newline="")
    for _ in range(skip):
        lines.readline()
    return lines.read()


def _uncommented(sample: str, comment: str) -> str:
    if not comment:
        return sample
    lines = io.StringIO(sample, newline="")
    return "".join(line for line in lines if not line.startswith(comment))


@contextmanager
def read_csv(path: Path, options: CsvOptions) -> Iterator[CsvReader]:
    """Open a CSV file.

    An encoding that is to be detected is taken from the first `SAMPLE` bytes; see `refined` for a
    file that turns out not to be in it.

    Raises:
        Invalid: a row is longer than memory allows, or the file cannot be unpacked or decoded.
        CannotOpen: it cannot be opened.
    """
    with opened(path) as source, unpacking(path):
        reader = CsvReader(source, options)
        try:
            yield reader
        except RowTooLongError:
            raise reader.too_long(reader.line_num + 1) from None


def settled(path: Path, options: CsvOptions) -> CsvOptions:
    """The options with the encoding filled in by the whole of a file that does not begin as UTF-8.

    Its first lines may have no character that tells one encoding of a language from another.
    """
    if options.encoding is not None:
        return options
    with opened(path) as source, unpacking(path):
        head = _unlimited(source).read(SAMPLE)
        told: str | None = encodings.told_by_head(head)
        if told == "utf-8" or encodings.mark_of(head)[0] or encodings.is_wide(told or ""):
            return options
        source.seek(0)
        told = encodings.told_by_all(_unlimited(source)) or told
    return replace(options, encoding=told)


def refined(path: Path, options: CsvOptions, tried: str) -> CsvOptions:
    """The options to read a file with that was not in the encoding that was tried.

    Raises:
        Invalid: the encoding was chosen, or no other can be told: where the file differs from it.
    """
    if options.encoding is None:
        with opened(path) as source, unpacking(path):
            told = encodings.told_by_all(_unlimited(source))
        if told is not None and told != tried:
            return replace(options, encoding=told)
    with opened(path) as source, unpacking(path):
        raise encodings.undecodable(_unlimited(source), path, tried)


def _unlimited(source: Source) -> IO[bytes]:
    """The bytes of a source that is read in blocks, not by rows."""
    return _Blocks(source)  # type: ignore[return-value]


class _Blocks:
    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        self._source.rows += 1
        buffer = bytearray(size)
        return bytes(buffer[: self._source.readinto(buffer)])


@dataclass(frozen=True, slots=True)
class Peek:
    """The first rows of a CSV file, as they will be read.

    Attributes:
        options: what they were read with.
        heading: the names of the columns; empty without a heading.
        rows: at most `PEEK_ROWS`, each with the line where it begins.
    """

    options: CsvOptions
    heading: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def peek(path: Path, options: CsvOptions) -> Peek:
    """Read the first rows of a file, however large it is; what cannot be a row is left out.

    Raises:
        Invalid, CannotOpen: as `read_csv`.
    """
    with read_csv(path, options) as reader:
        try:
            return _peek(reader)
        except UnicodeDecodeError:
            tried = reader.options.encoding or "utf-8"
    with read_csv(path, refined(path, options, tried)) as reader:
        return _peek(reader)


def _peek(reader: CsvReader) -> Peek:
    found = islice(numbered_rows(reader, lambda *_: None), PEEK_ROWS + reader.options.header)
    rows = [(line, tuple(shorten(cell) for cell in row[:PEEK_CELLS])) for line, row in found]
    heading = rows.pop(0)[1] if reader.options.header and rows else ()
    return Peek(reader.options, heading, tuple(rows))


def numbered_rows(
    reader: CsvReader, rejected: Callable[[int, csv.Error], None]
) -> Iterator[tuple[int, list[str]]]:
    """The rows with the lines they begin in, without the empty ones.

    Args:
        rejected: told the line of what is no row, and why.
    """
    source, counter, next_line = reader.source, reader.counter, reader.lines_before + 1
    while True:
        line = counter.line_num + next_line
        try:
            for number, row in enumerate(reader, source.rows + 1):
                source.rows = number
                if row:
                    yield line, row
                line = counter.line_num + next_line
        except csv.Error as error:
            source.rows += 1
            rejected(line, error)
        except RowTooLongError:
            raise reader.too_long(line) from None
        else:
            return
